//! Writers that are killed, or whose server is.

use std::time::Duration;

use audit_sea_orm::prelude::*;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Unchanged, ColumnTrait, DatabaseConnection, DbBackend, DbErr,
    EntityTrait, ModelTrait, QueryFilter, QuerySelect, Set,
};
use tokio::time::timeout;

use crate::{
    entity::{pie, tart},
    random::Random,
};

/// So few rows that writers meet.
const ROWS: u64 = 30;

/// Waits for a write; for one of four only so long, and then drops it wherever it is, as where a client goes away.
///
/// Not on MariaDB and MySQL: with sqlx 0.9.0 a statement that is dropped while they prepare it leaves its connection out of step, so
/// that the next one on it waits for ever, audited or not.
///
/// # Errors
/// Those of the write.
pub async fn unless_dropped(
    db: &DatabaseConnection,
    random: &mut Random,
    write: impl Future<Output = Result<bool, DbErr>>,
) -> Result<bool, DbErr> {
    if db.get_database_backend() == DbBackend::MySql || random.below(4) > 0 {
        return write.await;
    }
    let microseconds = random.below(4_000);
    let written = timeout(Duration::from_micros(microseconds), write).await;
    written.unwrap_or(Ok(false))
}

/// Writes a pie, which hooks record, at random; whether it now has that price.
///
/// # Errors
/// What the database reports. Keys that are taken or gone, and deadlocks, are part of the life that is tested.
pub async fn write_pie(
    db: &DatabaseConnection,
    random: &mut Random,
    price: i32,
) -> Result<bool, DbErr> {
    let mut number = |bound| i32::try_from(random.below(bound)).unwrap_or_default();
    let (kind, id) = (number(4), number(ROWS));
    let pie = pie::ActiveModel {
        id: Unchanged(id),
        price: Set(price),
        stock: Set(number(10)),
    };
    match kind {
        0 => {
            let pie = pie::ActiveModel { id: Set(id), ..pie };
            pie.audited_insert(db).await?;
        }
        1 => return delete(db, id).await.map(|()| false),
        _ => {
            pie.audited_update(db).await?;
        }
    }
    Ok(true)
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

/// Writes a tart, which triggers record, at random; whether one now has that price.
///
/// # Errors
/// As [`write_pie`].
pub async fn write_tart(
    db: &DatabaseConnection,
    random: &mut Random,
    price: i32,
) -> Result<bool, DbErr> {
    let db = db.audited_as(AuditContext::new().reason("until it is killed"));
    let mut number = |bound| i32::try_from(random.below(bound)).unwrap_or_default();
    let (kind, id) = (number(5), number(ROWS));
    match kind {
        0 => {
            tart::priced(id, price).insert(&db).await?;
        }
        1 => {
            tart::Entity::delete_by_id(id).exec(&db).await?;
            return Ok(false);
        }
        2 => {
            let some = tart::Entity::update_many()
                .col_expr(tart::Column::Price, price.into())
                .filter(tart::Column::Id.between(id, id + 3));
            return Ok(some.exec(&db).await?.rows_affected > 0);
        }
        3 => {
            let transaction = db.begin_write().await?;
            tart::repriced(id, price).update(&transaction).await?;
            tart::priced(number(ROWS), price)
                .insert(&transaction)
                .await?;
            transaction.commit().await?;
        }
        _ => {
            tart::repriced(id, price).update(&db).await?;
        }
    }
    Ok(true)
}
