//! Triggers and audited connections together: what the application writes stands in the trail, under load too.

use audit_sea_orm::{capture, prelude::*};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait,
    QueryFilter, RuntimeErr, prelude::Json, sqlx::mysql::MySqlDatabaseError,
};
use tokio::task::JoinSet;

use crate::{
    Backend, Outcome, Test,
    entity::tart::{self, priced, repriced},
    random::{Random, scaled},
};

const WRITERS: u64 = 16;
const ROWS: usize = 10;

async fn with_tarts(t: &Test) -> Result<(), DbErr> {
    t.create_table(tart::Entity).await?;
    capture::install(&t.db, tart::Entity).await?;
    let tarts = (0..ROWS).map(|row| priced(key(row), 0));
    tart::Entity::insert_many(tarts)
        .exec_without_returning(&t.db)
        .await
        .map(drop)
}

/// Single and bulk updates of few rows by many writers: each that was committed has its one record of each of its
/// rows, which begins with what the one before left and has the context of its own writer.
pub async fn many_writers_leave_unbroken_chains(t: &mut Test) -> Outcome {
    with_tarts(t).await?;
    let rounds = i32::try_from(scaled(60_000))? / i32::try_from(WRITERS)?;
    let db = with_short_deadlocks(t).await?;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let context = AuditContext::new().actor(Actor::new(writer));
        writers.spawn(write(db.audited_as(context), writer, rounds));
    }
    // The first record of each row is that of its insert.
    let mut expected = [1; ROWS];
    while let Some(counts) = writers.join_next().await {
        for (expected, count) in expected.iter_mut().zip(counts??) {
            *expected += count;
        }
    }
    db.close().await?;
    assert_chains(t, expected).await
}

/// A pool whose deadlocks end soon: PostgreSQL looks for one after a second, of which there would be thousands.
async fn with_short_deadlocks(t: &Test) -> Result<DatabaseConnection, DbErr> {
    if t.backend == Backend::Postgres {
        let soon = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = 20', \
            current_database()); END $$";
        t.db.execute_unprepared(soon).await?;
    }
    t.isolated.connect(10).await
}

/// Updates at random, and counts how often it changed each row.
async fn write(db: AuditedConnection, writer: u64, rounds: i32) -> Result<[usize; ROWS], DbErr> {
    let mut random = Random::new(writer);
    let mut counts = [0; ROWS];
    for round in 0..rounds {
        // It tells the writer, and no two updates set the same, so that each changes every row that it finds.
        let price = round * 100 + i32::try_from(writer).unwrap_or_default() + 1;
        let kind = random.below(4);
        let id = usize::try_from(random.below(10)).unwrap_or_default();
        for row in update(&db, kind, id, price).await? {
            counts[row] += 1;
        }
    }
    Ok(counts)
}

/// Updates one row or several, again where the database undid it to end a deadlock, and tells which.
async fn update(
    db: &AuditedConnection,
    kind: u64,
    id: usize,
    price: i32,
) -> Result<Vec<usize>, DbErr> {
    let rows: Vec<usize> = match kind {
        0 => (id..ROWS.min(id + 3)).collect(),
        1 => vec![id % 5, id % 5 + 5],
        _ => vec![id],
    };
    loop {
        match try_update(db, kind, &rows, price).await {
            Ok(()) => return Ok(rows),
            Err(error) if was_undone(&error) => {}
            Err(error) => return Err(error),
        }
    }
}

async fn try_update(
    db: &AuditedConnection,
    kind: u64,
    rows: &[usize],
    price: i32,
) -> Result<(), DbErr> {
    match kind {
        0 => {
            let some = tart::Entity::update_many()
                .col_expr(tart::Column::Price, price.into())
                .filter(tart::Column::Id.is_in(rows.iter().copied().map(key)));
            some.exec(db).await.map(drop)
        }
        1 => {
            let transaction = db.begin_write().await?;
            for row in rows {
                repriced(key(*row), price).update(&transaction).await?;
            }
            transaction.commit().await
        }
        _ => repriced(key(rows[0]), price).update(db).await.map(drop),
    }
}

fn key(row: usize) -> i32 {
    i32::try_from(row).unwrap_or(-1)
}

/// Whether a transaction was rolled back for others' sake: a deadlock, or, with MariaDB 11.8 by default, a row that changed
/// since the transaction's snapshot.
fn was_undone(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
        error
    else {
        return false;
    };
    let Some(error) = error.as_database_error() else {
        return false;
    };
    let number = error
        .try_downcast_ref::<MySqlDatabaseError>()
        .map(MySqlDatabaseError::number);
    let code = error.code();
    number == Some(1020) || code.is_some_and(|code| ["40001", "40P01"].contains(&code.as_ref()))
}

async fn assert_chains(t: &Test, expected: [usize; ROWS]) -> Outcome {
    let price = |values: Option<&Json>| values.and_then(|values| values["price"].as_i64());
    assert_eq!(t.records().await?.len(), expected.iter().sum::<usize>());
    for tart in tart::Entity::find().all(&t.db).await? {
        let records = audit_log::Entity::for_key("tart", &tart.id.to_string());
        let mut records = records.all(&t.db).await?;
        records.sort_by_key(|record| record.id);
        assert_eq!(
            records.len(),
            expected[usize::try_from(tart.id)?],
            "of {tart:?}"
        );
        let mut last = None;
        for record in records {
            assert_eq!(price(record.old_values.as_ref()), last, "{record:?}");
            last = price(record.new_values.as_ref());
            let writer = last
                .filter(|price| *price > 0)
                .map(|price| (price - 1) % 100);
            let actor = record.actor_id.and_then(|actor| actor.parse().ok());
            assert_eq!(actor, writer);
        }
        assert_eq!(last, Some(i64::from(tart.price)));
    }
    Ok(())
}

/// Every field of a context arrives in the record of a trigger; without one there is a record all the same.
pub async fn records_of_triggers_have_the_whole_context(t: &mut Test) -> Outcome {
    t.create_table(tart::Entity).await?;
    capture::install(&t.db, tart::Entity).await?;
    let context = AuditContext::new()
        .actor(Actor::new(7).with_name("Ada"))
        .on_behalf_of(Actor::new(8).with_name("Grace"))
        .tenant_id("acme")
        .ip([192, 0, 2, 1])
        .user_agent("agent")
        .session_id("s")
        .request_id("q")
        .reason("why")
        .module("m")
        .metadata(serde_json::json!({"a": 1}));
    priced(1, 1).insert(&t.db.audited_as(context)).await?;
    priced(2, 1).insert(&t.db).await?;
    let records = t.records().await?;
    assert_eq!(records.len(), 2);
    let texts = |record: &audit_log::Model| {
        [
            &record.actor_id,
            &record.actor_name,
            &record.on_behalf_of_id,
            &record.on_behalf_of_name,
            &record.tenant_id,
            &record.ip_address,
            &record.user_agent,
            &record.session_id,
            &record.request_id,
            &record.reason,
            &record.module,
        ]
        .map(|text| text.clone().unwrap_or_default())
    };
    let expected = [
        "7",
        "Ada",
        "8",
        "Grace",
        "acme",
        "192.0.2.1",
        "agent",
        "s",
        "q",
        "why",
        "m",
    ];
    assert_eq!(texts(&records[0]), expected);
    assert_eq!(
        records[0].metadata.as_ref().map(|json| &json["a"]),
        Some(&1.into())
    );
    assert_eq!(texts(&records[1]), [""; 11]);
    Ok(())
}
