//! A trail that cannot be written: missing, read-only, full or locked. Under `Fail` the caller learns which
//! record and why; under `Log` the change stands, and the loss is counted and traced.

mod fault;
mod given_up;
mod locked;
mod write;

use audit_sea_orm::{capture, prelude::*};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, IntoActiveModel,
    Set, Statement, TransactionTrait,
};

use crate::{
    Backend, Outcome, Test, carried,
    entity::{cake, tart},
    losses::losses_of,
};
use fault::{Fault, elsewhere};
use write::{WRITES, Write, bake, dearer, rows};

pub use given_up::*;
pub use locked::{
    locked_row_ends_a_transaction_with_an_error, locked_trail_is_reported_or_counted,
};

fn under_log() -> AuditConfig {
    AuditConfig::new().on_failure(OnFailure::Log)
}

fn assert_names(text: &str, event: &str, cause: &str) {
    assert!(
        text.contains("audit: ") && text.contains(event),
        "{text} does not name {event}"
    );
    assert!(text.contains(cause), "{text} does not say {cause}");
}

/// Under `Fail` the error names the record and the cause, and a transaction takes the change back.
pub async fn under_fail_the_caller_learns_of_it(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    for fault in Fault::all(t) {
        fault.inflict(t).await?;
        for write in WRITES {
            let cake = bake(t, &format!("{fault:?} {write:?}")).await?;
            assert_fails(t, *fault, write, &cake).await?;
        }
        fault.mend(t).await?;
    }
    assert_eq!(t.records().await?, []);
    Ok(())
}

async fn assert_fails(t: &Test, fault: Fault, write: Write, cake: &cake::Model) -> Outcome {
    let (event, cause) = (write.event(cake), fault.cause(t));
    let before = rows(t).await?;
    let transaction = t.db.begin_write().await?;
    let error = write
        .run(&transaction, cake)
        .await
        .expect_err("the record fails");
    assert_names(&error.to_string(), &event, cause);
    transaction.rollback().await?;
    assert_eq!(rows(t).await?, before);

    let error = write
        .run_audited(t, cake)
        .await
        .expect_err("the record fails");
    assert_names(&error.to_string(), &event, cause);
    assert_eq!(rows(t).await?, before);

    // On the pool the change was committed before its record was tried.
    let error = write.run(&t.db, cake).await.expect_err("the record fails");
    assert_names(&error.to_string(), &event, cause);
    assert_ne!(rows(t).await?, before);
    Ok(())
}

/// Under `Log` the change stands, on the pool and in a transaction that goes on; each loss is counted and traced.
pub async fn under_log_the_change_stands(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    for fault in Fault::all(t) {
        fault.inflict(t).await?;
        for write in WRITES {
            under_log().scope(assert_stands(t, *fault, write)).await?;
        }
        fault.mend(t).await?;
        assert_eq!(t.records().await?, []);
    }
    let (written, lost) = losses_of(under_log().scope(cake_again(t))).await;
    written?;
    assert_eq!(
        (lost.len(), t.records().await?.len()),
        (0, 1),
        "the trail is whole again"
    );
    Ok(())
}

/// The switches of the configuration are for hooks and events. A captured table whose trail cannot be written takes no
/// write, whatever they say.
pub async fn triggers_know_no_log(t: &mut Test) -> Outcome {
    t.create_table(tart::Entity).await?;
    capture::install(&t.db, tart::Entity).await?;
    let audited = t.db.audited_as(AuditContext::new().reason("switches"));
    let strict = AuditConfig::new().require_transaction(true);
    strict.scope(tart::priced(1, 1).insert(&t.db)).await?;
    let off = || AuditConfig::new().enabled(false);
    off().scope(tart::repriced(1, 2).update(&t.db)).await?;
    off().scope(tart::repriced(1, 3).update(&audited)).await?;
    let actions: Vec<String> = t.story().await?.into_iter().map(|entry| entry.0).collect();
    assert_eq!(actions, ["CREATE", "UPDATE", "SKIPPED"]);

    let before = carried::tarts(&t.db).await?;
    Fault::ReadOnly.inflict(t).await?;
    assert_refused(&t.db).await?;
    Fault::ReadOnly.mend(t).await?;
    elsewhere(t, "DROP TABLE audit_log").await?;
    assert_refused(&t.db).await?;
    assert_eq!(carried::tarts(&t.db).await?, before);
    Ok(())
}

/// A connection that was open while another program dropped a table answers its writes with the database's error, and goes
/// on. Were a write in one text with others, the thread of sqlx 0.9.0 for a connection to SQLite would end.
pub async fn a_table_dropped_elsewhere_is_an_error(t: &mut Test) -> Outcome {
    t.create_table(tart::Entity).await?;
    capture::install(&t.db, tart::Entity).await?;
    let pool = t.isolated.connect(1).await?;
    let audited = pool.audited_as(AuditContext::new().reason("r"));
    bake_two(&audited).await?;
    assert_eq!(successes(&audited, 2).await, [true; 3]);
    tart::Entity::delete_many().exec(&audited).await?;
    bake_two(&audited).await?;
    for table in ["audit_log", "tart"] {
        elsewhere(t, &format!("DROP TABLE {table}")).await?;
        for price in 3..6 {
            assert_eq!(successes(&audited, price).await, [false; 3], "{table}");
        }
    }
    t.create_table(tart::Entity).await?;
    bake_two(&audited).await?;
    assert_eq!(successes(&audited, 2).await, [true; 3]);
    pool.close().await?;
    Ok(())
}

async fn bake_two(audited: &AuditedConnection) -> Result<(), DbErr> {
    tart::priced(1, 1).insert(audited).await?;
    tart::priced(3, 1).insert(audited).await.map(drop)
}

/// The same of hooks, which read a row before it changes, and of a column.
pub async fn a_column_dropped_elsewhere_is_an_error(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let pool = t.isolated.connect(1).await?;
    let cake = cake::named("a").audited_insert(&pool).await?;
    let renamed = |name: &str| {
        let mut cake = cake.clone().into_active_model();
        cake.name = Set(name.to_owned());
        cake
    };
    // A transaction that SeaORM began takes SQLite's write lock first, one of the library's own has it.
    let updated = async |name: &str| {
        let transaction = pool.begin().await?;
        let updated = renamed(name).update(&transaction).await;
        transaction.commit().await?;
        updated.map(drop)
    };
    updated("b").await?;
    renamed("c").audited_update(&pool).await?;
    elsewhere(t, "ALTER TABLE cake RENAME COLUMN note TO remark").await?;
    for _ in 0..3 {
        assert_answered(updated("d").await);
        assert_answered(renamed("d").audited_update(&pool).await);
        let transaction = pool.begin().await?;
        assert_answered(renamed("c").delete(&transaction).await);
        transaction.rollback().await?;
        assert_answered(renamed("c").audited_delete(&pool).await);
    }
    elsewhere(t, "ALTER TABLE cake RENAME COLUMN remark TO note").await?;
    updated("e").await?;
    let actions: Vec<String> = t.story().await?.into_iter().map(|entry| entry.0).collect();
    assert_eq!(actions, ["CREATE", "UPDATE", "UPDATE", "UPDATE"]);
    pool.close().await?;
    Ok(())
}

/// The database refused it, so the connection works.
fn assert_answered<R>(refused: Result<R, DbErr>) {
    let error = refused.err().map(|error| error.to_string());
    let is_answer = |error: &String| error.contains("error returned from database");
    assert!(error.as_ref().is_some_and(is_answer), "{error:?}");
}

/// Which of an insert, an update and a delete succeed, each of which changes a row.
async fn successes(audited: &AuditedConnection, price: i32) -> [bool; 3] {
    [
        tart::priced(2, price).insert(audited).await.is_ok(),
        tart::repriced(1, price).update(audited).await.is_ok(),
        tart::repriced(3, price).delete(audited).await.is_ok(),
    ]
}

async fn assert_refused(db: &DatabaseConnection) -> Outcome {
    let audited = &db.audited_as(AuditContext::new().reason("switches"));
    for config in [under_log(), under_log().enabled(false)] {
        let writes = async {
            let plain = tart::repriced(1, 4).update(db).await.is_err();
            let atomic = tart::priced(2, 4).audited_insert(db).await.is_err();
            let carried = tart::repriced(1, 4).update(audited).await.is_err();
            let deleted = tart::repriced(1, 4).delete(audited).await.is_err();
            [plain, atomic, carried, deleted]
        };
        let (refused, lost) = losses_of(config.scope(writes)).await;
        assert_eq!((refused, lost), ([true; 4], Vec::new()));
    }
    Ok(())
}

async fn cake_again(t: &Test) -> Result<(), DbErr> {
    let cake = bake(t, "last").await?;
    Write::Update.run_audited(t, &cake).await
}

async fn assert_stands(t: &Test, fault: Fault, write: Write) -> Outcome {
    let name = |place: &str| format!("{fault:?} {write:?} {place}");
    let cake = bake(t, &name("pool")).await?;
    let before = rows(t).await?;
    let (written, lost) = losses_of(write.run(&t.db, &cake)).await;
    written?;
    assert_one_loss(&lost, &write.event(&cake), fault.cause(t));
    assert_ne!(rows(t).await?, before);

    let cake = bake(t, &name("audited")).await?;
    let before = rows(t).await?;
    let (written, lost) = losses_of(write.run_audited(t, &cake)).await;
    written?;
    assert_one_loss(&lost, &write.event(&cake), fault.cause(t));
    assert_ne!(rows(t).await?, before);

    let (first, second) = (
        bake(t, &name("first")).await?,
        bake(t, &name("second")).await?,
    );
    let transaction = t.db.begin_write().await?;
    let (written, lost) = losses_of(write.run(&transaction, &first)).await;
    written?;
    assert_one_loss(&lost, &write.event(&first), fault.cause(t));
    let (written, lost) = losses_of(Write::Delete.run(&transaction, &second)).await;
    written?;
    assert_one_loss(&lost, &Write::Delete.event(&second), fault.cause(t));
    transaction.commit().await?;
    let after = rows(t).await?;
    assert!(
        !after.contains(&second),
        "what follows in the transaction stands too"
    );
    assert_eq!(after.contains(&first), write == Write::Insert);
    Ok(())
}

fn assert_one_loss(lost: &[String], event: &str, cause: &str) {
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert_names(&lost[0], event, cause);
}

/// Events written by hand fail, or are lost and counted, as records of changes are; none leaves half of itself.
pub async fn events_by_hand_fail_or_are_counted(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let cake = bake(t, "Sacher").await?;
    for fault in Fault::all(t) {
        fault.inflict(t).await?;
        for kind in 0..EVENTS {
            let error = event(kind, &t.db, &cake)
                .await
                .expect_err("it cannot be written");
            assert_names(&error.to_string(), "the record of", fault.cause(t));
            let (written, lost) = losses_of(under_log().scope(event(kind, &t.db, &cake))).await;
            written?;
            assert_one_loss(&lost, "the record of", fault.cause(t));
        }
        under_log()
            .scope(assert_transaction_goes_on(t, &cake))
            .await?;
        fault.mend(t).await?;
    }
    assert!(login_attempt::Entity::find().one(&t.db).await?.is_none());
    assert!(data_export::Entity::find().one(&t.db).await?.is_none());
    Ok(())
}

const EVENTS: usize = 4;

async fn event<C: AuditedWrite>(kind: usize, db: &C, cake: &cake::Model) -> Result<(), DbErr> {
    match kind {
        0 => AuditEvent::view(cake).record(db).await,
        1 => LoginAttempt::failed("ada").record(db).await,
        2 => DataExport::new("cakes").record(db).await,
        _ => SystemEvent::error("oven").record(db).await,
    }
}

/// In one transaction every kind of event is lost, and what the application writes between them stands.
async fn assert_transaction_goes_on(t: &Test, cake: &cake::Model) -> Outcome {
    let before = rows(t).await?.len();
    let transaction = t.db.begin_write().await?;
    for kind in 0..EVENTS {
        let (written, lost) = losses_of(event(kind, &transaction, cake)).await;
        written?;
        assert_eq!(lost.len(), 1, "{lost:?}");
        let name = format!("{kind} of {before}");
        AuditContext::unaudited("application", async {
            sea_orm::ActiveModelTrait::insert(cake::named(&name), &transaction).await
        })
        .await?;
    }
    transaction.commit().await?;
    assert_eq!(rows(t).await?.len(), before + EVENTS);
    Ok(())
}

/// A full disk, on SQLite: no error is hidden where the database gave up the transaction.
pub async fn full_disk_is_never_a_silent_success(t: &mut Test) -> Outcome {
    if t.backend != Backend::Sqlite {
        return Ok(()); // Servers are made to say so by `Fault::Full`; their disks are everybody's.
    }
    t.create_table(cake::Entity).await?;
    let cake = bake(t, "Sacher").await?;
    let small = t.isolated.connect(1).await?;
    let pages = small.query_one_raw(Statement::from_string(
        sea_orm::DbBackend::Sqlite,
        "PRAGMA page_count",
    ));
    let pages: i64 = pages.await?.ok_or("it has pages")?.try_get_by_index(0)?;
    small
        .execute_unprepared(&format!("PRAGMA max_page_count = {pages}"))
        .await?;

    let mut cake = cake;
    let error = loop {
        match dearer(&cake).audited_update(&small).await {
            Ok(updated) => cake = updated,
            Err(error) => break error.to_string(),
        }
    };
    assert_names(&error, &Write::Update.event(&cake), "full");
    assert_eq!(rows(t).await?, [cake.clone()]);
    let records = t.records().await?.len();

    let (updated, _) = losses_of(under_log().scope(dearer(&cake).audited_update(&small))).await;
    let error = updated
        .expect_err("nobody knows what the database kept")
        .to_string();
    assert_names(&error, &Write::Update.event(&cake), "full");
    assert_eq!(rows(t).await?, [cake.clone()]);

    let (updated, lost) = losses_of(under_log().scope(Write::Update.run(&small, &cake))).await;
    updated?;
    assert_one_loss(&lost, &Write::Update.event(&cake), "full");
    assert_ne!(rows(t).await?, [cake]);
    assert_eq!(t.records().await?.len(), records);
    small.close().await?;
    Ok(())
}
