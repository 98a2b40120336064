//! A trail, or a row, that somebody else holds locked for longer than the application waits.

use audit_sea_orm::prelude::*;
use sea_orm::{ActiveModelTrait, ConnectionTrait, DatabaseConnection, DbErr};

use super::{
    assert_names, assert_one_loss, under_log,
    write::{Write, bake, dearer, rows},
};
use crate::{Backend, Outcome, Test, entity::cake, losses::losses_of};

/// A pool of one connection that does not wait long for a lock.
async fn impatient(t: &Test) -> Result<DatabaseConnection, DbErr> {
    let pool = t.isolated.connect(1).await?;
    let settings = match t.backend {
        Backend::Sqlite => "PRAGMA busy_timeout = 100",
        Backend::Postgres => "SET lock_timeout = '100ms'",
        Backend::MySql => "SET lock_wait_timeout = 1, innodb_lock_wait_timeout = 1",
    };
    pool.execute_unprepared(settings).await?;
    Ok(pool)
}

fn cause(t: &Test) -> &'static str {
    match t.backend {
        Backend::Sqlite => "database is locked",
        Backend::Postgres => "lock timeout",
        Backend::MySql => "Lock wait timeout exceeded",
    }
}

/// While somebody holds the trail an event cannot be written: reported under `Fail`, counted under `Log`.
pub async fn locked_trail_is_reported_or_counted(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let cake = bake(t, "Sacher").await?;
    let pool = impatient(t).await?;
    let holder = t.isolated.connect(1).await?;
    let (lock, unlock) = match t.backend {
        Backend::Sqlite => ("BEGIN IMMEDIATE", "ROLLBACK"),
        Backend::Postgres => ("BEGIN; LOCK TABLE audit_log", "ROLLBACK"),
        Backend::MySql => ("LOCK TABLES audit_log WRITE", "UNLOCK TABLES"),
    };
    holder.execute_unprepared(lock).await?;
    let error = AuditEvent::view(&cake)
        .record(&pool)
        .await
        .expect_err("it is locked");
    let event = format!(
        "the record of VIEW of cake {} could not be written",
        cake.id
    );
    assert_names(&error.to_string(), &event, cause(t));
    let viewed = under_log().scope(AuditEvent::view(&cake).record(&pool));
    let (recorded, lost) = losses_of(viewed).await;
    recorded?;
    assert_one_loss(&lost, &event, cause(t));
    if t.backend == Backend::Sqlite {
        // There the lock is the whole file's: the application's own write is what fails.
        let error = dearer(&cake)
            .update(&pool)
            .await
            .expect_err("it is locked")
            .to_string();
        assert!(
            error.contains(cause(t)) && !error.contains("audit: "),
            "{error}"
        );
    } else {
        assert_changes(t, &pool, &cake).await?;
    }
    holder.execute_unprepared(unlock).await?;
    assert_eq!(t.records().await?, []);
    for pool in [holder, pool] {
        pool.close().await?;
    }
    Ok(())
}

async fn assert_changes(t: &Test, pool: &DatabaseConnection, cake: &cake::Model) -> Outcome {
    let event = Write::Update.event(cake);
    let before = rows(t).await?;
    let error = dearer(cake)
        .audited_update(pool)
        .await
        .expect_err("the trail is locked");
    assert_names(&error.to_string(), &event, cause(t));
    assert_eq!(rows(t).await?, before);

    let transaction = pool.begin_write().await?;
    let (updated, lost) = losses_of(under_log().scope(Write::Update.run(&transaction, cake))).await;
    updated?;
    assert_one_loss(&lost, &event, cause(t));
    transaction.commit().await?;
    assert_ne!(rows(t).await?, before);
    Ok(())
}

/// A row that cannot be read before its update: an error, which on PostgreSQL, where nothing can follow in that
/// transaction, names the read even under `Log`, and is no loss, as nothing changed.
pub async fn locked_row_ends_a_transaction_with_an_error(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let cake = bake(t, "Sacher").await?;
    let pool = impatient(t).await?;
    let holder = t.db.begin_write().await?;
    AuditContext::unaudited("holds the row", dearer(&cake).update(&holder)).await?;
    let update = async {
        let transaction = pool.begin_write().await?;
        Write::Update.run(&transaction, &cake).await
    };
    let (updated, lost) = losses_of(under_log().scope(update)).await;
    let error = updated.expect_err("the row is locked").to_string();
    assert!(error.contains(cause(t)), "{error}");
    if t.backend == Backend::Postgres {
        assert_names(&error, "the values before UPDATE of cake", cause(t));
        assert!(lost.is_empty(), "{lost:?}");
    }
    holder.rollback().await?;
    assert_eq!(rows(t).await?, [cake]);
    assert_eq!(t.records().await?, []);
    pool.close().await?;
    Ok(())
}
