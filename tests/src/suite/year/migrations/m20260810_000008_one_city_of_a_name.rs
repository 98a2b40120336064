//! A unique key more, which triggers need not know.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::create()
            .name("city_of_country")
            .table("city")
            .col("city")
            .col("country_id")
            .unique()
            .take();
        manager.create_index(index).await
    }
}
