//! The tail: every row once, in order. It misses none that commits late.

mod consumers;
mod hostile;
mod refused;

pub use consumers::{
    a_consumer_ahead_of_its_table_is_refused, a_consumer_goes_on_where_it_acknowledged,
    an_acknowledgement_is_part_of_its_transaction, names_that_do_not_fit_are_refused,
    the_second_consumer_of_a_name_gets_an_error,
};
pub use hostile::hostile_writers_lose_nothing;
pub use refused::{
    a_list_that_stands_still_proves_nothing, a_role_without_the_right_gets_an_error,
    numbers_kept_by_sessions_are_refused,
};

use std::time::Duration;

use audit_sea_orm::{
    TrailCursor,
    prelude::*,
    tail::{Tail, TailBatch},
};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, Statement, TransactionTrait,
};
use tokio::time::sleep;

use crate::{Backend, Outcome, Test, cancelled::Points, entity::cake, wire};

type Batch = TailBatch<audit_log::Model>;

fn tail(db: &DatabaseConnection) -> Tail {
    Tail::after(TrailCursor::from(0), db)
}

async fn write<C: ConnectionTrait>(action: &'static str, db: &C) -> Result<(), DbErr> {
    AuditEvent::custom(action).record(db).await.map(drop)
}

/// A number that no row has, and a row behind it.
async fn gap(action: &'static str, db: &DatabaseConnection) -> Result<(), DbErr> {
    let gone = db.begin().await?;
    write("GONE", &gone).await?;
    gone.rollback().await?;
    write(action, db).await
}

/// The text that a statement selects.
async fn text<C: ConnectionTrait>(sql: &str, db: &C) -> Result<String, DbErr> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound(sql.to_owned()))?;
    row.try_get_by_index(0)
}

fn actions(batch: &Batch) -> Vec<&str> {
    batch.rows.iter().map(|row| row.action.as_str()).collect()
}

/// The next batch that is awaited. A minute without it is a failure, which says what the tail waits for.
async fn until(tail: &mut Tail, is_awaited: impl Fn(&Batch) -> bool) -> Result<Batch, DbErr> {
    let mut delay = None;
    for _ in 0..3_000 {
        let batch = tail.next(100).await?;
        if is_awaited(&batch) {
            return Ok(batch);
        }
        delay = batch.delay.or(delay);
        sleep(Duration::from_millis(20)).await;
    }
    Err(DbErr::Custom(format!("it never comes: {delay:?}")))
}

/// The next rows, once there are some.
async fn awaited(tail: &mut Tail) -> Result<Batch, DbErr> {
    until(tail, |batch| !batch.rows.is_empty()).await
}

/// The sessions that a tail without rows waits for, once it knows them.
async fn delayed(tail: &mut Tail) -> Result<Vec<String>, DbErr> {
    let knows = |batch: &Batch| {
        let sessions = batch.delay.as_ref().map(|delay| &delay.sessions);
        sessions.is_some_and(Option::is_some) || !batch.rows.is_empty()
    };
    let batch = until(tail, knows).await?;
    assert!(batch.rows.is_empty(), "{batch:?}");
    let delay = batch.delay.and_then(|delay| delay.sessions);
    delay.ok_or_else(|| DbErr::Custom("it waits for nobody".to_owned()))
}

/// Without missing numbers each batch is one statement.
pub async fn rows_come_in_order_and_once(t: &mut Test) -> Outcome {
    for action in ["ONE", "TWO", "THREE"] {
        write(action, &t.db).await?;
    }
    let mut tail = tail(&t.db);
    let (first, sent) = t.sent(tail.next(2)).await;
    let first = first?;
    assert_eq!((actions(&first), sent.len()), (vec!["ONE", "TWO"], 1));
    assert_eq!((first.start, first.end), (0.into(), 2.into()));
    let (second, sent) = t.sent(tail.next(2)).await;
    assert_eq!((actions(&second?), sent.len()), (vec!["THREE"], 1));
    let (none, sent) = t.sent(tail.next(2)).await;
    let none = none?;
    assert_eq!((none.rows.len(), none.delay, sent.len()), (0, None, 1));
    assert_eq!((none.start, none.end), (3.into(), 3.into()));
    write("FOUR", &t.db).await?;
    assert_eq!(actions(&tail.next(2).await?), ["FOUR"]);
    Ok(())
}

/// Other tables of the audit log have a tail as well.
pub async fn each_table_has_a_tail(t: &mut Test) -> Outcome {
    SystemEvent::info("begun").record(&t.db).await?;
    LoginAttempt::success("ada").record(&t.db).await?;
    let mut events = Tail::<system_event::Entity>::after(0.into(), &t.db);
    let mut logins = Tail::<login_attempt::Entity>::after(0.into(), &t.db);
    assert_eq!(events.next(10).await?.rows[0].title, "begun");
    assert_eq!(logins.next(10).await?.rows[0].username, "ada");
    Ok(())
}

/// Servers: a row that commits late comes before those with higher numbers, which wait for it.
pub async fn what_commits_late_is_not_missed(t: &mut Test) -> Outcome {
    if t.backend == Backend::Sqlite {
        return Ok(());
    }
    write("FIRST", &t.db).await?;
    let late = t.db.begin().await?;
    write("LATE", &late).await?;
    write("EARLY", &t.db).await?;
    let mut tail = tail(&t.db);
    assert_eq!(actions(&tail.next(100).await?), ["FIRST"]);
    let (sessions, ours) = (delayed(&mut tail).await?, session_of(&late).await?);
    assert!(sessions.contains(&ours), "{ours}: {sessions:?}");
    // On MariaDB a tail waits for the writers of the whole server.
    assert!(sessions.len() == 1 || t.is_mariadb().await?, "{sessions:?}");
    assert_eq!(tail.next(100).await?.rows, []);
    late.commit().await?;
    let batch = awaited(&mut tail).await?;
    assert_eq!(
        (actions(&batch), &batch.delay),
        (vec!["LATE", "EARLY"], &None)
    );
    Ok(())
}

/// How a tail names the session of a connection.
async fn session_of<C: ConnectionTrait>(db: &C) -> Result<String, DbErr> {
    let asked = match db.get_database_backend() {
        sea_orm::DbBackend::Postgres => {
            "SELECT concat('session ', pg_backend_pid(), ' of ', current_user::text, ' (', current_setting('application_name'), ')')"
        }
        _ => {
            "SELECT CONCAT('session ', CONNECTION_ID(), ' of ', SUBSTRING_INDEX(CURRENT_USER(), '@', 1))"
        }
    };
    Ok(text(asked, db).await?.replace(" ()", ""))
}

/// No row has the numbers of those that were rolled back, so the tail goes on behind them.
pub async fn rows_behind_a_rollback_come(t: &mut Test) -> Outcome {
    let mut tail = tail(&t.db);
    gap("ONE", &t.db).await?;
    assert_eq!(actions(&awaited(&mut tail).await?), ["ONE"]);

    let partly = t.db.begin().await?;
    let inner = partly.begin().await?;
    write("GONE", &inner).await?;
    inner.rollback().await?;
    write("TWO", &partly).await?;
    partly.commit().await?;
    assert_eq!(actions(&awaited(&mut tail).await?), ["TWO"]);
    Ok(())
}

/// Servers: the rows of a killed session never come, and the tail does not wait for them.
pub async fn a_killed_session_is_not_waited_for(t: &mut Test) -> Outcome {
    if t.backend == Backend::Sqlite {
        return Ok(());
    }
    let victim = t.isolated.connect(1).await?;
    let transaction = victim.begin().await?;
    write("GONE", &transaction).await?;
    write("ONE", &t.db).await?;
    let mut tail = tail(&t.db);
    let ours = session_of(&transaction).await?;
    assert!(delayed(&mut tail).await?.contains(&ours), "{ours}");
    kill_of(&transaction).await?.run(&t.db).await?;
    assert_eq!(actions(&awaited(&mut tail).await?), ["ONE"]);
    drop(transaction);
    Ok(())
}

/// How a session is killed.
pub(super) struct Kill(String);

pub(super) async fn kill_of<C: ConnectionTrait>(db: &C) -> Result<Kill, DbErr> {
    let asked = match db.get_database_backend() {
        sea_orm::DbBackend::Postgres => {
            "SELECT concat('SELECT pg_terminate_backend(', pg_backend_pid(), ')')"
        }
        _ => "SELECT CONCAT('KILL ', CONNECTION_ID())",
    };
    text(asked, db).await.map(Kill)
}

impl Kill {
    pub(super) async fn run(self, db: &DatabaseConnection) -> Result<(), DbErr> {
        db.execute_unprepared(&self.0).await.map(drop)
    }
}

/// Servers: a transaction that only reads holds back nothing, however long it stays open. On PostgreSQL a transaction that writes to
/// another table holds back nothing either.
pub async fn transactions_that_record_nothing_delay_nothing(t: &mut Test) -> Outcome {
    if t.backend == Backend::Sqlite {
        return Ok(());
    }
    t.create_table(cake::Entity).await?;
    let reader = t.db.begin().await?;
    audit_log::Entity::find().all(&reader).await?;
    if t.backend == Backend::Postgres {
        reader.execute_unprepared("DELETE FROM cake").await?;
    }
    gap("ONE", &t.db).await?;
    assert_eq!(actions(&awaited(&mut tail(&t.db)).await?), ["ONE"]);
    reader.rollback().await?;
    Ok(())
}

/// Servers: a transaction that is prepared to commit in two phases belongs to no session any more, and may still commit.
pub async fn a_prepared_transaction_is_waited_for(t: &mut Test) -> Outcome {
    let name = t
        .isolated
        .url
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned();
    let (begin, prepare, commit) = match t.backend {
        Backend::Sqlite => return Ok(()),
        Backend::Postgres => (
            "BEGIN".to_owned(),
            vec![format!("PREPARE TRANSACTION '{name}'")],
            format!("COMMIT PREPARED '{name}'"),
        ),
        Backend::MySql => (
            format!("XA START '{name}'"),
            vec![format!("XA END '{name}'"), format!("XA PREPARE '{name}'")],
            format!("XA COMMIT '{name}'"),
        ),
    };
    let session = t.isolated.connect(1).await?;
    session.execute_unprepared(&begin).await?;
    write("PREPARED", &session).await?;
    write("ONE", &t.db).await?;
    let mut tail = tail(&t.db);
    let sessions = delayed(&mut tail).await?;
    assert!(!sessions.is_empty());
    for statement in prepare {
        session.execute_unprepared(&statement).await?;
    }
    session.close().await?;
    if t.is_mysql().await? {
        // MySQL still names the session, which is gone.
        for _ in 0..10 {
            assert!(!delayed(&mut tail).await?.is_empty());
        }
    } else {
        let is_named = |batch: &Batch| {
            let sessions = batch
                .delay
                .iter()
                .filter_map(|delay| delay.sessions.as_ref());
            let names_it = |session: &String| session.starts_with("prepared transaction");
            sessions.flatten().any(names_it) || !batch.rows.is_empty()
        };
        assert_eq!(until(&mut tail, is_named).await?.rows, []);
    }
    t.db.execute_unprepared(&commit).await?;
    assert_eq!(actions(&awaited(&mut tail).await?), ["PREPARED", "ONE"]);
    Ok(())
}

/// MariaDB: a statement may have its number already while its transaction is not listed yet.
pub async fn a_statement_that_runs_is_waited_for(t: &mut Test) -> Outcome {
    if !t.is_mariadb().await? {
        return Ok(());
    }
    let session = t.isolated.connect(1).await?;
    let name = session_of(&session).await?;
    gap("ONE", &t.db).await?;
    let number = name.split(' ').nth(1).ok_or("a number")?;
    let sleeper = session.clone();
    // Longer than the test: it is ended below.
    let running = tokio::spawn(async move { sleeper.execute_unprepared("DO SLEEP(600)").await });
    let named = waits_for(&name, number, &t.db).await;
    let kill = format!("KILL QUERY {number}");
    t.db.execute_unprepared(&kill).await?;
    running.await??;
    let mut tail = named?;
    assert_eq!(actions(&awaited(&mut tail).await?), ["ONE"]);
    Ok(())
}

/// A tail that says it waits for a session, once that executes its statement.
async fn waits_for(name: &str, number: &str, db: &DatabaseConnection) -> Result<Tail, DbErr> {
    let runs = format!(
        "SELECT ID FROM information_schema.PROCESSLIST WHERE ID = {number} AND INFO = 'DO SLEEP(600)'"
    );
    let runs = Statement::from_string(db.get_database_backend(), runs);
    while db.query_one_raw(runs.clone()).await?.is_none() {
        sleep(Duration::from_millis(20)).await;
    }
    let mut tail = tail(db);
    let is_named = |batch: &Batch| {
        let sessions = batch
            .delay
            .as_ref()
            .and_then(|delay| delay.sessions.as_ref());
        sessions.is_some_and(|sessions| sessions.iter().any(|session| session == name))
            || !batch.rows.is_empty()
    };
    let batch = until(&mut tail, is_named).await?;
    if batch.rows.is_empty() {
        return Ok(tail);
    }
    Err(DbErr::Custom(format!(
        "rows before the statement ends: {batch:?}"
    )))
}

/// A call that is dropped anywhere loses no row.
pub async fn a_dropped_call_loses_nothing(t: &mut Test) -> Outcome {
    let db = wire::slow(t).await?;
    let mut tail = tail(&db);
    let (mut seen, mut points) = (Vec::new(), Points::default());
    while let Some(point) = points.step() {
        gap("KEPT", &t.db).await?;
        let batch = point.cut(tail.next(1)).await.transpose()?;
        points.saw_end(batch.is_some());
        seen.extend(batch.into_iter().flat_map(|batch| batch.rows));
    }
    let kept = t.records().await?;
    while seen.len() < kept.len() {
        seen.extend(awaited(&mut tail).await?.rows);
    }
    assert_eq!(seen, kept);
    Ok(())
}
