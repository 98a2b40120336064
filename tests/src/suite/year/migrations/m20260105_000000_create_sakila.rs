//! The sixteen tables of Sakila, with its own triggers.

use sea_orm::{ConnectionTrait, DbBackend};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = match manager.get_database_backend() {
            DbBackend::Postgres => include_str!("../schema/postgres.sql"),
            DbBackend::MySql => include_str!("../schema/mysql.sql"),
            _ => include_str!("../schema/sqlite.sql"),
        };
        let db = manager.get_connection();
        db.execute_unprepared(sql).await.map(drop)
    }
}
