//! A column gets another type.

use audit_migration::capture::CaptureExt as _;
use sea_orm::{ConnectionTrait, DbBackend};
use sea_orm_migration::prelude::*;

use crate::suite::year::new::film;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_captured(film::Entity, async |manager| widen(manager).await)
            .await
    }
}

async fn widen(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Sqlite {
        let length = ColumnDef::new("length").integer().null().take();
        let widen = Table::alter().table("film").modify_column(length).take();
        return manager.alter_table(widen).await;
    }
    // SQLite gives no column another type: another column takes its place.
    let db = manager.get_connection();
    for sql in [
        "ALTER TABLE film ADD COLUMN wide_length integer",
        "UPDATE film SET wide_length = length",
        "ALTER TABLE film DROP COLUMN length",
        "ALTER TABLE film RENAME COLUMN wide_length TO length",
    ] {
        db.execute_unprepared(sql).await?;
    }
    Ok(())
}
