//! A column less.

use audit_migration::capture::CaptureExt as _;
use sea_orm_migration::prelude::*;

use crate::suite::year::new::staff;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let remove = Table::alter().table("staff").drop_column("picture").take();
        manager
            .alter_captured(staff::Entity, async move |manager| {
                manager.alter_table(remove).await
            })
            .await
    }
}
