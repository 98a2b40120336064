//! A table more. Nothing here captures it: what runs after the migrations does.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{integer, pk_auto, small_integer, text_null};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut film = ForeignKey::create()
            .from("review", "film_id")
            .to("film", "film_id")
            .take();
        let mut customer = ForeignKey::create()
            .from("review", "customer_id")
            .to("customer", "customer_id")
            .take();
        let mut review = Table::create();
        review
            .table("review")
            .col(pk_auto("review_id"))
            .col(integer("film_id"))
            .col(integer("customer_id"))
            .col(small_integer("stars"))
            .col(text_null("body"))
            .foreign_key(&mut film)
            .foreign_key(&mut customer);
        manager.create_table(review).await
    }
}
