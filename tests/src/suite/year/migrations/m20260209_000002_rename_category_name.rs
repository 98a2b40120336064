//! A column gets another name.

use sea_orm_migration::prelude::*;

use crate::suite::year::{interim::CaptureExt as _, new::category};

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
