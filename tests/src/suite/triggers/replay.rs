//! The oracle: from the trail alone every table is rebuilt.

use std::collections::BTreeMap;

use audit_sea_orm::{encoding, prelude::*};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait,
    ExprTrait, IdenStatic, IntoActiveModel, Iterable, ModelTrait, QueryFilter, Set,
    TransactionTrait,
    prelude::Json,
    sea_query::{Expr, OnConflict},
};
use serde_json::{Map, json};

use super::ledger;
use crate::{
    Backend, Outcome, Test,
    entity::ledger::{account, entry},
    random::{Random, scaled},
};

/// How many writes a long run makes.
const STEPS: usize = 5_000;
/// So few keys that writes meet.
const KEYS: u64 = 12;

/// The objects of a table, each by its key, with its columns.
type Rows = BTreeMap<String, Map<String, Json>>;

/// Writes at random: single and bulk, upserts of both outcomes, changed keys, raw SQL, cascades, savepoints and
/// rollbacks. Whatever was committed can be rebuilt, and nothing else is in the trail.
pub async fn every_table_can_be_rebuilt(t: &mut Test) -> Outcome {
    ledger(t).await?;
    let seed = std::env::var("AUDIT_TEST_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(|| u64::from(std::process::id()));
    let mut random = Random::new(seed);
    let mut done = 0;
    let mut written = 0;
    while done < scaled(STEPS) {
        let transaction = t.db.begin().await?;
        for _ in 0..=random.below(8) {
            done += 1;
            written += usize::from(step(t.backend, &transaction, &mut random).await?);
        }
        if random.below(4) == 0 {
            transaction.rollback().await?;
        } else {
            transaction.commit().await?;
        }
        if done % 100 < 8 {
            compare(t, seed, done).await?;
        }
    }
    assert!(
        written > done / 3,
        "most writes succeed: {written} of {done}"
    );
    compare(t, seed, done).await
}

/// A write, or a few, in a savepoint, which may be rolled back; whether it succeeded.
async fn step(
    backend: Backend,
    transaction: &DatabaseTransaction,
    random: &mut Random,
) -> Result<bool, DbErr> {
    let savepoint = transaction.begin().await?;
    for _ in 0..=random.below(2) {
        // A key or a name that is taken, or an account that is not there: the savepoint ends as it began.
        if write(backend, &savepoint, random).await.is_err() {
            savepoint.rollback().await?;
            return Ok(false);
        }
    }
    if random.below(6) == 0 {
        savepoint.rollback().await?;
        return Ok(false);
    }
    savepoint.commit().await?;
    Ok(true)
}

fn key(random: &mut Random) -> i32 {
    i32::try_from(random.below(KEYS)).expect("it is small") + 1
}

fn account(random: &mut Random) -> account::ActiveModel {
    let id = key(random);
    account::ActiveModel {
        balance: Set(i64::from(key(random))),
        note: Set((key(random) % 2 == 0).then(|| format!("note \"{id}\""))),
        pin: Set(format!("pin {}", key(random))),
        draft: Set(format!("draft {}", key(random))),
        ..account::numbered(id)
    }
}

async fn write(
    backend: Backend,
    db: &DatabaseTransaction,
    random: &mut Random,
) -> Result<(), DbErr> {
    let id = key(random);
    match random.below(12) {
        0 => account::Entity::insert(account(random))
            .exec_without_returning(db)
            .await
            .map(drop),
        1 => {
            let rows: Vec<_> = (0..4).map(|_| account(random)).collect();
            account::Entity::insert_many(rows)
                .exec_without_returning(db)
                .await
                .map(drop)
        }
        2 => update_one(db, account(random)).await,
        3 => {
            let more = Expr::col(account::Column::Balance).add(1);
            let rows = account::Entity::update_many().col_expr(account::Column::Balance, more);
            rows.filter(account::Column::Id.lt(id))
                .exec(db)
                .await
                .map(drop)
        }
        4 => {
            let by_key = OnConflict::column(account::Column::Id)
                .update_columns([account::Column::Balance, account::Column::Note])
                .to_owned();
            let mut rows: Vec<_> = (0..3).map(|_| account(random)).collect();
            rows.dedup_by_key(|row| row.id.clone());
            let rows = account::Entity::insert_many(rows).on_conflict(by_key);
            rows.exec_without_returning(db).await.map(drop)
        }
        5 => move_key(backend, db, id, random).await,
        6..=10 => write_entries(db, id, random).await,
        _ => delete_account(backend, db, id).await,
    }
}

async fn write_entries(
    db: &DatabaseTransaction,
    id: i32,
    random: &mut Random,
) -> Result<(), DbErr> {
    let sql = match random.below(5) {
        0 | 1 => {
            let entry = entry::ActiveModel {
                id: Set(key(random) * 7 + key(random)),
                account_id: Set(id),
                cents: Set(key(random)),
            };
            let entry = entry::Entity::insert(entry);
            return entry.exec_without_returning(db).await.map(drop);
        }
        2 => format!(
            "UPDATE ledger_entry SET cents = cents + {id} WHERE account_id = {id} OR cents = {id}"
        ),
        3 => format!("DELETE FROM ledger_entry WHERE id % 7 = {}", id % 7),
        _ => format!(
            "UPDATE ledger_entry SET id = id + 1000 WHERE id % 5 = {}",
            id % 5
        ),
    };
    db.execute_unprepared(&sql).await.map(drop)
}

async fn update_one(db: &DatabaseTransaction, row: account::ActiveModel) -> Result<(), DbErr> {
    let id = row.id.clone().unwrap();
    let Some(found) = account::Entity::find_by_id(id).one(db).await? else {
        return Ok(());
    };
    let mut edit = found.into_active_model();
    edit.balance = row.balance;
    edit.pin = row.pin;
    edit.draft = row.draft;
    edit.update(db).await.map(drop)
}

/// One key, or all of them at once. MariaDB's cascades fire no trigger: there the entries go first.
async fn move_key(
    backend: Backend,
    db: &DatabaseTransaction,
    id: i32,
    random: &mut Random,
) -> Result<(), DbErr> {
    if backend == Backend::MySql {
        db.execute_unprepared("DELETE FROM ledger_entry").await?;
    }
    let sql = if random.below(4) == 0 {
        "UPDATE ledger_account SET id = id + 100, balance = balance - 1 WHERE id < 100".to_owned()
    } else {
        format!(
            "UPDATE ledger_account SET id = {}, name = 'account {id} moved' WHERE id = {id}",
            key(random)
        )
    };
    db.execute_unprepared(&sql).await.map(drop)
}

/// With its entries, which the foreign key takes along where that is seen.
async fn delete_account(backend: Backend, db: &DatabaseTransaction, id: i32) -> Result<(), DbErr> {
    if backend == Backend::MySql {
        let entries = entry::Entity::delete_many().filter(entry::Column::AccountId.eq(id));
        entries.exec(db).await?;
    }
    let doomed = account::Entity::delete_many().filter(
        account::Column::Id
            .eq(id)
            .or(account::Column::Id.gt(200 + id)),
    );
    if backend == Backend::MySql {
        return account::Entity::delete_by_id(id).exec(db).await.map(drop);
    }
    doomed.exec(db).await.map(drop)
}

/// The trail says of each table what the table says.
async fn compare(t: &Test, seed: u64, done: usize) -> Outcome {
    let mut rebuilt: BTreeMap<String, Rows> = BTreeMap::new();
    for record in t.records().await? {
        let table = record
            .table_name
            .clone()
            .ok_or("a record names its table")?;
        apply(rebuilt.entry(table).or_default(), record)?;
    }
    let real = [
        ("ledger_account", rows(account::Entity, &t.db).await?),
        ("ledger_entry", rows(entry::Entity, &t.db).await?),
    ];
    for (table, real) in real {
        let rebuilt = rebuilt.remove(table).unwrap_or_default();
        assert_eq!(
            rebuilt, real,
            "{table} after {done} writes of AUDIT_TEST_SEED={seed}"
        );
    }
    Ok(())
}

fn apply(rows: &mut Rows, record: audit_log::Model) -> Outcome {
    let id = record.object_id.ok_or("a record names its object")?;
    let values = |json: Option<Json>| match json {
        Some(Json::Object(map)) => Ok(map),
        _ => Err("an image is an object"),
    };
    match record.action.as_str() {
        "CREATE" => {
            let there = rows.insert(id, values(record.new_values)?);
            assert_eq!(there, None, "what is created was not there");
        }
        "UPDATE" => {
            let row = rows.get_mut(&id).ok_or("what is updated is there")?;
            for (column, old) in values(record.old_values)? {
                assert_eq!(row[&column], old, "before is what was after");
            }
            row.extend(values(record.new_values)?);
        }
        "DELETE" => {
            let row = rows.remove(&id);
            assert_eq!(
                row,
                Some(values(record.old_values)?),
                "what is deleted was there"
            );
        }
        other => return Err(format!("no write is a {other}").into()),
    }
    Ok(())
}

/// The rows that a table has, as records show them.
async fn rows<E: Audited>(entity: E, db: &impl ConnectionTrait) -> Result<Rows, DbErr> {
    let _ = entity;
    let mut rows = Rows::new();
    for row in E::find().all(db).await? {
        let mut shown = Map::new();
        for column in E::Column::iter() {
            let value = match E::field_policy(column) {
                audit_sea_orm::FieldPolicy::Mask => json!("***"),
                audit_sea_orm::FieldPolicy::Record => encoding::to_json(&row.get(column))
                    .map_err(|error| DbErr::Custom(error.to_string()))?,
                _ => continue,
            };
            shown.insert(column.as_str().to_owned(), value);
        }
        rows.insert(shown["id"].to_string(), shown);
    }
    Ok(rows)
}
