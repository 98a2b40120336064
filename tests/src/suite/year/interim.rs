//! Stands in for `audit_migration::up` and for `CaptureExt::alter_captured`, with their signatures, on what there is.
//!
//! When they are there: use them instead, and remove this file, [`Known::install`](super::tables::Known) and the rule in
//! [`drifts`] on ignored columns.

use audit_migration::capture;
use audit_sea_orm::{Audited, CheckReport, capture::Drift, check};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, IdenStatic, Iterable, TransactionTrait,
};
use sea_orm_migration::{MigratorTrait, SchemaManager};

use super::tables;

/// Migrates, and brings the triggers of every entity up to date.
pub(super) async fn up<M: MigratorTrait>(db: &DatabaseConnection) -> Result<(), DbErr> {
    M::up(db, None).await?;
    let changes = M::migrations().len() - audit_migration::migrations().len() - 1;
    let drifts = drifts(&check(db).await?);
    for known in tables::known(changes) {
        if drifts.iter().any(|(table, _)| *table == known.table) {
            let moment = db.begin().await?;
            take_the_lock(&moment, &known.table).await?;
            (known.install)(&moment).await?;
            moment.commit().await?;
        }
    }
    Ok(())
}

/// On SQLite the lock of writers: what begins to read cannot wait for it.
async fn take_the_lock<C: ConnectionTrait>(db: &C, table: &str) -> Result<(), DbErr> {
    let sql = match db.get_database_backend() {
        DbBackend::Sqlite => &format!("DELETE FROM {table} WHERE 0"),
        _ => "SELECT 1",
    };
    db.execute_unprepared(sql).await.map(drop)
}

/// What is wrong with the tables of Sakila that are there. Of the suite's other entities none has a table here, and
/// neither has what a release will make, or had.
pub(super) fn drifts(report: &CheckReport) -> Vec<(String, String)> {
    let mut drifts = Vec::new();
    for table in &report.tables {
        for drift in &table.drifts {
            let is_ignored = matches!(drift, Drift::UnknownColumn(column)
                if ["fulltext", "special_features", "location"].contains(&column.as_str()));
            if !drift.is_warning() && !is_ignored && !matches!(drift, Drift::NoTable(_)) {
                drifts.push((table.table.clone(), drift.to_string()));
            }
        }
    }
    drifts
}

/// What `audit_migration::capture::CaptureExt` has and will have. What is there already stands here as well, as on SQLite
/// it does not wait for a writer.
pub(super) trait CaptureExt {
    async fn install_capture<E: Audited>(&self, entity: E) -> Result<(), DbErr>;

    async fn remove_capture<E: Audited>(&self, entity: E) -> Result<(), DbErr>;

    /// Removes the triggers of a table, alters it, and installs them, in one transaction, or on MariaDB and MySQL while
    /// nobody else can write the table.
    async fn alter_captured<E, F>(&self, entity: E, alter: F) -> Result<(), DbErr>
    where
        E: Audited,
        F: for<'m> AsyncFnOnce(&'m SchemaManager<'_>) -> Result<(), DbErr> + Send;
}

impl CaptureExt for SchemaManager<'_> {
    async fn install_capture<E: Audited>(&self, entity: E) -> Result<(), DbErr> {
        let own = self.begin().await?;
        take_the_lock(own.get_connection(), entity.table_name()).await?;
        capture::install(own.get_connection(), entity).await?;
        own.commit().await
    }

    async fn remove_capture<E: Audited>(&self, entity: E) -> Result<(), DbErr> {
        let own = self.begin().await?;
        take_the_lock(own.get_connection(), entity.table_name()).await?;
        capture::remove(own.get_connection(), entity).await?;
        own.commit().await
    }

    async fn alter_captured<E, F>(&self, entity: E, alter: F) -> Result<(), DbErr>
    where
        E: Audited,
        F: for<'m> AsyncFnOnce(&'m SchemaManager<'_>) -> Result<(), DbErr> + Send,
    {
        let own = self.begin().await?;
        let (db, table) = (own.get_connection(), entity.table_name());
        let is_mysql = db.get_database_backend() == DbBackend::MySql;
        if is_mysql {
            let lock = format!("LOCK TABLES {table} WRITE");
            db.execute_unprepared(&lock).await?;
        }
        take_the_lock(db, table).await?;
        capture::remove(db, entity).await?;
        alter(&own).await?;
        let mut is_whole = true;
        for column in E::Column::iter() {
            is_whole &= own.has_column(table, column.as_str()).await?;
        }
        // Of an entity that is ahead of the table, `up` installs what it can.
        if is_whole {
            capture::install(db, entity).await?;
        }
        if is_mysql {
            db.execute_unprepared("UNLOCK TABLES").await?;
        }
        own.commit().await
    }
}
