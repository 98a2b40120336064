use std::iter;

use audit_sea_orm::{__private::install_capture_if_ready, Audited};
use sea_orm_migration::{
    SchemaManager, SchemaManagerConnection,
    prelude::DbErr,
    sea_orm::{
        ConnectionTrait, DatabaseTransaction, DbBackend, SqliteTransactionMode, TransactionOptions,
        TransactionTrait,
    },
};

use super::{CaptureOptions, installed_options, remove};

/// MariaDB's and MySQL's error for a table that is not among those which the session locked.
const NOT_LOCKED: &str = "1100 ";

pub(super) async fn alter_captured<E, F>(
    manager: &SchemaManager<'_>,
    entity: E,
    alter: F,
) -> Result<(), DbErr>
where
    E: Audited,
    F: AsyncFnOnce(&SchemaManager<'_>) -> Result<(), DbErr>,
{
    let db = manager.get_connection();
    let options = installed_options(db, entity).await?;
    let is_mysql = db.get_database_backend() == DbBackend::MySql;
    if is_mysql && !matches!(db, SchemaManagerConnection::Connection(_)) {
        // In a transaction: it has one connection already.
        return in_lock(manager, entity, options, alter).await;
    }
    let transaction = begin(db).await?;
    let inner = SchemaManager::new(&transaction);
    if is_mysql {
        in_lock(&inner, entity, options, alter).await?;
    } else {
        between(&inner, entity, options, alter).await?;
    }
    transaction.commit().await
}

/// SQLite takes the write lock at once.
async fn begin(db: &SchemaManagerConnection<'_>) -> Result<DatabaseTransaction, DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    db.begin_with_options(options).await
}

/// Removes the triggers, alters, and installs.
async fn between<E, F>(
    manager: &SchemaManager<'_>,
    entity: E,
    options: Option<CaptureOptions>,
    alter: F,
) -> Result<(), DbErr>
where
    E: Audited,
    F: AsyncFnOnce(&SchemaManager<'_>) -> Result<(), DbErr>,
{
    let db = manager.get_connection();
    remove(db, entity).await?;
    alter(manager).await?;
    install_again(db, entity, options).await
}

/// With the options that the triggers had.
async fn install_again<E: Audited>(
    db: &SchemaManagerConnection<'_>,
    entity: E,
    options: Option<CaptureOptions>,
) -> Result<(), DbErr> {
    install_capture_if_ready(db, entity, options).await
}

/// MariaDB and MySQL have no transactions for their schema: who else writes to the table waits for its lock instead.
async fn in_lock<E, F>(
    manager: &SchemaManager<'_>,
    entity: E,
    options: Option<CaptureOptions>,
    alter: F,
) -> Result<(), DbErr>
where
    E: Audited,
    F: AsyncFnOnce(&SchemaManager<'_>) -> Result<(), DbErr>,
{
    let db = manager.get_connection();
    let name = present_name::<E>(manager, entity.table_name()).await?;
    let table = ticked(entity.schema_name(), name);
    let lock = format!("LOCK TABLES {table} WRITE");
    db.execute_unprepared(&lock).await?;
    let altered = between(manager, entity, options, alter).await;
    if altered.is_err() && options.is_some() {
        // Nothing is rolled back there. OK to ignore: what failed first is reported.
        let _installed = install_again(db, entity, options).await;
    }
    let unlocked = db.execute_unprepared("UNLOCK TABLES").await;
    altered.map_err(|error| not_locked(&table, error))?;
    unlocked.map(drop)
}

/// What the table is called now: the closure may be going to give it the name that the entity has.
async fn present_name<'e, E: Audited>(
    manager: &SchemaManager<'_>,
    name: &'e str,
) -> Result<&'e str, DbErr> {
    for name in iter::once(name).chain(E::former_tables().iter().copied()) {
        if manager.has_table(name).await? {
            return Ok(name);
        }
    }
    Err(DbErr::Migration(format!(
        "there is no table `{name}` to alter"
    )))
}

fn not_locked(table: &str, error: DbErr) -> DbErr {
    if !error.to_string().contains(NOT_LOCKED) {
        return error;
    }
    DbErr::Migration(format!(
        "on MariaDB and MySQL `alter_captured` may use the table {table} alone: do the rest before or after it ({error})"
    ))
}

fn ticked(schema: Option<&str>, table: &str) -> String {
    let quoted = |name: &str| format!("`{}`", name.replace('`', "``"));
    let schema = schema.map(|schema| format!("{}.", quoted(schema)));
    format!("{}{}", schema.unwrap_or_default(), quoted(table))
}
