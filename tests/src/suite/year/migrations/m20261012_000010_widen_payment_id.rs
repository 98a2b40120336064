//! A primary key gets another type.

use audit_migration::capture::CaptureExt as _;
use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

use crate::suite::year::new::payment;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut id = ColumnDef::new("payment_id").big_integer().not_null().take();
        match manager.get_database_backend() {
            DbBackend::Postgres => {}
            DbBackend::MySql => {
                id.auto_increment();
            }
            // SQLite's keys have 64 bits from the start.
            _ => return Ok(()),
        }
        let widen = Table::alter().table("payment").modify_column(id).take();
        manager
            .alter_captured(payment::Entity, async move |manager| {
                manager.alter_table(widen).await
            })
            .await
    }
}
