//! A table is split: telephone numbers leave `address`.

use audit_migration::capture::CaptureExt as _;
use sea_orm::ConnectionTrait;
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{integer, pk_auto, string_len};

use crate::suite::year::new::{address, phone};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut address = ForeignKey::create()
            .from("phone", "address_id")
            .to("address", "address_id")
            .take();
        let mut phone = Table::create();
        phone
            .table("phone")
            .col(pk_auto("phone_id"))
            .col(integer("address_id"))
            .col(string_len("number", 20))
            .foreign_key(&mut address);
        manager.create_table(phone).await?;
        // Captured before it is filled, so that the trail knows each row's beginning.
        manager.install_capture(phone::Entity).await?;
        let fill = "INSERT INTO phone (address_id, number) SELECT address_id, phone FROM address";
        manager.get_connection().execute_unprepared(fill).await?;

        let remove = Table::alter().table("address").drop_column("phone").take();
        manager
            .alter_captured(address::Entity, async move |manager| {
                manager.alter_table(remove).await
            })
            .await
    }
}
