//! A column gets another name.

use audit_migration::capture::CaptureExt as _;
use sea_orm_migration::prelude::*;

use crate::suite::year::new::category;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let rename = Table::alter()
            .table("category")
            .rename_column("name", "label")
            .take();
        manager
            .alter_captured(category::Entity, async move |manager| {
                manager.alter_table(rename).await
            })
            .await
    }
}
