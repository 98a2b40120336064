//! A column more. Rows that were there have none: what a default filled in, no trigger would see.

use audit_migration::capture::CaptureExt as _;
use sea_orm_migration::prelude::*;

use crate::suite::year::new::customer;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let points = ColumnDef::new("loyalty_points").integer().null().take();
        let add = Table::alter().table("customer").add_column(points).take();
        manager
            .alter_captured(customer::Entity, async move |manager| {
                manager.alter_table(add).await
            })
            .await
    }
}
