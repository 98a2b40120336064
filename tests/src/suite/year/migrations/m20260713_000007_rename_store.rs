//! A table gets another name.

use audit_migration::capture::CaptureExt as _;
use sea_orm_migration::prelude::*;

use crate::suite::year::{new::shop, old::store};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.remove_capture(store::Entity).await?;
        let rename = Table::rename().table("store", "shop").take();
        manager.rename_table(rename).await?;
        manager.install_capture(shop::Entity).await
    }
}
