//! A program that the suite starts, to kill it or to give it an environment of its own.
//!
//! `child edit URL` writes to pies until it is killed, saying `written` after every few writes; `child capture URL`
//! does so to tarts, through an audited connection. `child once
//! URL` writes one pie, with the configuration of its environment.

use std::{env, error::Error, io::Write};

use audit_sea_orm::prelude::*;
use audit_tests::{
    entity::{pie, tart},
    random::Random,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Unchanged, ColumnTrait, ConnectOptions, Database,
    DatabaseConnection, DbErr, EntityTrait, ModelTrait, QueryFilter, QuerySelect, Set,
    TransactionSession,
};

/// As many writers as fit a small pool, over few rows, so that they meet.
const WRITERS: u64 = 6;
const ROWS: u64 = 30;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (task, url) = (arguments.next(), arguments.next().ok_or("which database?")?);
    let mut options = ConnectOptions::new(url);
    options.max_connections(8).sqlx_logging(false);
    let db = Database::connect(options).await?;
    match task.as_deref() {
        Some("edit") => edit(&db, false).await,
        Some("capture") => edit(&db, true).await,
        Some("once") => {
            let pie = pie::ActiveModel {
                id: Set(1),
                price: Set(1),
                stock: Set(1),
            };
            pie.insert(&db).await?;
        }
        _ => return Err("`edit`, `capture` or `once`?".into()),
    }
    Ok(())
}

async fn edit(db: &DatabaseConnection, through_triggers: bool) {
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let (db, seed) = (db.clone(), u64::from(std::process::id()) * WRITERS + writer);
        writers.spawn(async move {
            let mut random = Random::new(seed);
            loop {
                for _ in 0..10 {
                    // Keys that are taken or gone, and deadlocks, are part of the life that is tested.
                    let _outcome = if through_triggers {
                        write_captured(&db, &mut random).await
                    } else {
                        write(&db, &mut random).await
                    };
                }
                say("written");
            }
        });
    }
    while writers.join_next().await.is_some() {}
}

async fn write(db: &DatabaseConnection, random: &mut Random) -> Result<(), DbErr> {
    let mut number = |bound| i32::try_from(random.below(bound)).unwrap_or_default();
    let (kind, id) = (number(4), number(ROWS));
    let (price, stock) = (number(1_000_000), number(10));
    let pie = pie::ActiveModel {
        id: Unchanged(id),
        price: Set(price),
        stock: Set(stock),
    };
    match kind {
        0 => {
            let pie = pie::ActiveModel { id: Set(id), ..pie };
            pie.audited_insert(db).await.map(drop)
        }
        1 => delete(db, id).await,
        _ => pie.audited_update(db).await.map(drop),
    }
}

async fn write_captured(db: &DatabaseConnection, random: &mut Random) -> Result<(), DbErr> {
    let db = db.audited_as(AuditContext::new().reason("until it is killed"));
    let mut number = |bound| i32::try_from(random.below(bound)).unwrap_or_default();
    let (kind, id, price) = (number(5), number(ROWS), number(1_000_000));
    match kind {
        0 => tart::priced(id, price).insert(&db).await.map(drop),
        1 => tart::Entity::delete_by_id(id).exec(&db).await.map(drop),
        2 => {
            let some = tart::Entity::update_many()
                .col_expr(tart::Column::Price, price.into())
                .filter(tart::Column::Id.between(id, id + 3));
            some.exec(&db).await.map(drop)
        }
        3 => {
            let transaction = db.begin_write().await?;
            tart::repriced(id, price).update(&transaction).await?;
            tart::priced(number(ROWS), price)
                .insert(&transaction)
                .await?;
            transaction.commit().await
        }
        _ => tart::repriced(id, price).update(&db).await.map(drop),
    }
}

/// Reads, and locks, the row first: PostgreSQL locks none that is not there, and another writer may insert it.
async fn delete(db: &DatabaseConnection, id: i32) -> Result<(), DbErr> {
    let transaction = db.begin_write().await?;
    if let Some(pie) = pie::Entity::find_by_id(id)
        .lock_exclusive()
        .one(&transaction)
        .await?
    {
        pie.delete(&transaction).await?;
    }
    transaction.commit().await
}

fn say(word: &str) {
    // OK to ignore: who listened has gone, and a kill follows.
    let _said = writeln!(std::io::stdout(), "{word}");
}
