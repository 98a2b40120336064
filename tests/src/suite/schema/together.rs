//! Installations beside each other, and beside writers.

use std::collections::BTreeSet;

use audit_migration::capture::CaptureExt;
use audit_sea_orm::capture::{self, CaptureOptions, OnSkip, check};
use futures_util::future::try_join_all;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, TransactionTrait};
use sea_orm_migration::{SchemaManager, prelude::Table, schema::string_null};
use tokio::{task::JoinSet, time::timeout};

use super::{FOR_EVER, lines, of_muffins, writers::Writers};
use crate::{Backend, Outcome, Test, entity::growing::after};

/// Eight tasks that install five times each, while others write: none fails, no write fails, and none is recorded twice.
pub async fn installations_at_once(t: &mut Test) -> Outcome {
    t.create_table(after::Entity).await?;
    let writers = Writers::start(t).await?;
    let pool = t.isolated.connect(8).await?;
    let mut tasks = JoinSet::new();
    for number in 0..8 {
        tasks.spawn(install_five_times(pool.clone(), number));
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    pool.close().await?;
    capture::install(&t.db, after::Entity).await?;
    assert_eq!(of_muffins(&check(&t.db).await?), []);
    let written = writers.stop().await?;
    let records = t.records().await?;
    let values: BTreeSet<String> = records
        .iter()
        .map(|record| format!("{:?}", record.new_values))
        .collect();
    assert_eq!(values.len(), records.len(), "each once");
    assert!(!records.is_empty() && records.len() <= written);
    let update = "UPDATE growing_muffin SET name = 'at last' WHERE id = 0";
    t.db.execute_unprepared(update).await?;
    assert_eq!(t.records().await?.len(), records.len() + 1);
    Ok(())
}

/// Installations while others alter the table: none fails, and in the end the triggers are what they should be.
pub async fn installations_beside_alterations(t: &mut Test) -> Outcome {
    t.create_table(after::Entity).await?;
    capture::install(&t.db, after::Entity).await?;
    let pool = t.isolated.connect(8).await?;
    let mut tasks = JoinSet::new();
    for number in 0..4 {
        tasks.spawn(install_five_times(pool.clone(), number));
    }
    let mut alterations = Vec::new();
    for number in 0..2 {
        alterations.push(alter_four_times(&pool, number));
    }
    try_join_all(alterations).await?;
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    pool.close().await?;
    capture::install(&t.db, after::Entity).await?;
    assert_eq!(of_muffins(&check(&t.db).await?), []);
    let insert = "INSERT INTO growing_muffin (id, name) VALUES (1, 'lemon')";
    t.db.execute_unprepared(insert).await?;
    t.only_record().await?;
    Ok(())
}

async fn alter_four_times(db: &DatabaseConnection, number: usize) -> Result<(), DbErr> {
    let manager = SchemaManager::new(db);
    let name = format!("note_{number}");
    for round in 0..4 {
        let table = Table::alter().table("growing_muffin").take();
        let alter = if round % 2 == 0 {
            table.clone().add_column(string_null(name.clone())).take()
        } else {
            table.clone().drop_column(name.clone()).take()
        };
        manager
            .alter_captured(after::Entity, async |manager| {
                manager.alter_table(alter).await
            })
            .await?;
    }
    Ok(())
}

/// Each installation finds what another left, and wants something else.
async fn install_five_times(db: DatabaseConnection, number: usize) -> Result<(), DbErr> {
    for round in 0..5 {
        let on_skip = if (number + round).is_multiple_of(2) {
            OnSkip::Leave
        } else {
            OnSkip::Record
        };
        let options = CaptureOptions::new().on_skip(on_skip);
        capture::install_with(&db, after::Entity, options).await?;
    }
    Ok(())
}

/// What is up to date is not touched: not even somebody who holds the whole table is waited for.
pub async fn an_installation_that_changes_nothing_waits_for_nobody(t: &mut Test) -> Outcome {
    t.create_table(after::Entity).await?;
    capture::install(&t.db, after::Entity).await?;
    let other = t.isolated.connect(1).await?;
    let transaction = other.begin().await?;
    let lock = match t.backend {
        Backend::Sqlite => "UPDATE growing_muffin SET name = 'a' WHERE id = 0",
        Backend::Postgres => "LOCK TABLE growing_muffin IN ACCESS EXCLUSIVE MODE",
        Backend::MySql => "LOCK TABLES growing_muffin WRITE",
    };
    transaction.execute_unprepared(lock).await?;
    let report = timeout(FOR_EVER, capture::install(&t.db, after::Entity)).await??;
    assert_eq!(lines(&report, "growing"), ["growing_muffin: up to date"]);
    timeout(FOR_EVER, capture::install_all(&t.db)).await??;
    drop(transaction);
    other.close().await?;
    Ok(())
}
