use audit_sea_orm::{
    __private::{Own as _, PresentTable, in_savepoint, install_capture_if_ready},
    Audited, AuditedWrite as _,
};
use sea_orm_migration::{
    SchemaManager, SchemaManagerConnection,
    prelude::DbErr,
    sea_orm::{ConnectionTrait, DbBackend},
};

use super::{CaptureOptions, lock::Lock};
use crate::reborrow::reborrow;

/// MariaDB's and MySQL's error for a table that is not among those which the session locked.
const NOT_LOCKED: &str = "1100 ";

/// MariaDB's error for a statement that it refuses while the session has locked tables: `RENAME TABLE` is one.
const NOT_UNDER_LOCK: &str = "1192 ";

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
    if db.get_database_backend() != DbBackend::MySql {
        return in_transaction(db, entity, alter).await;
    }
    match PresentTable::of(db, &entity).await? {
        Some(table) if !table.is_former() => locked(manager, entity, table, alter).await,
        present => as_it_is(manager, entity, present, alter).await,
    }
}

/// All of it or nothing, also in a transaction of the caller's, which goes on.
async fn in_transaction<E, F>(
    db: &SchemaManagerConnection<'_>,
    entity: E,
    alter: F,
) -> Result<(), DbErr>
where
    E: Audited,
    F: AsyncFnOnce(&SchemaManager<'_>) -> Result<(), DbErr>,
{
    if let Some(ours) = db.begin_ours().await? {
        let altered = between(&SchemaManager::new(ours.connection()), entity, alter).await;
        let ended = ours.end(altered.is_ok()).await;
        return altered.and(ended);
    }
    let manager = SchemaManager::new(reborrow(db));
    in_savepoint(db, |error| error, between(&manager, entity, alter)).await
}

/// Removes the triggers of the table, which the closure may be going to give the name that its entity has, alters, and installs.
async fn between<E, F>(manager: &SchemaManager<'_>, entity: E, alter: F) -> Result<(), DbErr>
where
    E: Audited,
    F: AsyncFnOnce(&SchemaManager<'_>) -> Result<(), DbErr>,
{
    let db = manager.get_connection();
    let mut options = None;
    if let Some(table) = PresentTable::of(db, &entity).await? {
        options = table.installed_options(db).await?;
        table.remove_triggers(db).await?;
    }
    alter(manager).await?;
    install_again(db, entity, options).await
}

/// With the options that the triggers had. A table that has not got the name of its entity yet is left to a later migration, and
/// to the installation after it.
async fn install_again<E: Audited>(
    db: &SchemaManagerConnection<'_>,
    entity: E,
    options: Option<CaptureOptions>,
) -> Result<(), DbErr> {
    let present = PresentTable::of(db, &entity).await?;
    if present.is_some_and(|table| table.is_former()) {
        return Ok(());
    }
    install_capture_if_ready(db, entity, options).await
}

/// MariaDB and MySQL have no transactions for their schema: who else writes to the table waits for its lock instead.
async fn locked<E, F>(
    manager: &SchemaManager<'_>,
    entity: E,
    table: PresentTable,
    alter: F,
) -> Result<(), DbErr>
where
    E: Audited,
    F: AsyncFnOnce(&SchemaManager<'_>) -> Result<(), DbErr>,
{
    let db = manager.get_connection();
    let SchemaManagerConnection::Connection(pool) = db else {
        // In a transaction: it has one connection already.
        return in_lock(manager, entity, table, alter).await;
    };
    let lock = Lock::new(pool, entity, &table).await?;
    let altered = in_lock(&SchemaManager::new(lock.connection()), entity, table, alter).await;
    lock.end().await?;
    altered
}

async fn in_lock<E, F>(
    manager: &SchemaManager<'_>,
    entity: E,
    table: PresentTable,
    alter: F,
) -> Result<(), DbErr>
where
    E: Audited,
    F: AsyncFnOnce(&SchemaManager<'_>) -> Result<(), DbErr>,
{
    let db = manager.get_connection();
    let options = table.lock_and_remove(db).await?;
    let altered = alter(manager).await;
    // Nothing is rolled back there, so triggers that were there are installed for what was altered.
    let installed = if altered.is_ok() || options.is_some() {
        install_again(db, entity, options).await
    } else {
        Ok(())
    };
    let unlocked = db.execute_unprepared("UNLOCK TABLES").await;
    altered.map_err(|error| of_lock(table.name(), error))?;
    installed.and(unlocked.map(drop))
}

/// A table that has not got the name of its entity is not locked, as MariaDB refuses to rename one that is, or forgets the lock.
/// Its triggers stay: they go along with it, and record under its former name until those of the entity take their place.
async fn as_it_is<E, F>(
    manager: &SchemaManager<'_>,
    entity: E,
    present: Option<PresentTable>,
    alter: F,
) -> Result<(), DbErr>
where
    E: Audited,
    F: AsyncFnOnce(&SchemaManager<'_>) -> Result<(), DbErr>,
{
    let db = manager.get_connection();
    let options = match present {
        Some(table) => table.installed_options(db).await?,
        None => None,
    };
    let altered = alter(manager).await;
    if altered.is_err() && options.is_none() {
        return altered;
    }
    let installed = install_again(db, entity, options).await;
    altered.and(installed)
}

/// Says what the lock forbids, and how else it is done.
fn of_lock(table: &str, error: DbErr) -> DbErr {
    let text = error.to_string();
    let why = if text.contains(NOT_LOCKED) {
        format!("may use the table `{table}` alone: do the rest before or after it")
    } else if text.contains(NOT_UNDER_LOCK) {
        format!(
            "locks the table `{table}`, so it cannot be renamed there: rename it by itself, which its triggers survive, and run \
             `audit_migration::up` then"
        )
    } else {
        return error;
    };
    DbErr::Migration(format!(
        "on MariaDB and MySQL `alter_captured` {why} ({error})"
    ))
}
