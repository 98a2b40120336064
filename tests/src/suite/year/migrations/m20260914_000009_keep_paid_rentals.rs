//! A foreign key does something else: a rental that was paid stays. Before, its payment lost it, by a change that no trigger
//! of MariaDB and MySQL sees.

use audit_migration::capture::CaptureExt as _;
use sea_orm::{ConnectionTrait, DbBackend};
use sea_orm_migration::prelude::*;

use crate::suite::year::new::payment;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Sqlite {
            let rebuild = async |manager: &SchemaManager<'_>| rebuild(manager).await;
            return manager.alter_captured(payment::Entity, rebuild).await;
        }
        // The triggers stay: the columns do.
        let mut old = ForeignKey::drop();
        old.table("payment").name("payment_rental");
        manager.drop_foreign_key(old).await?;
        let new = ForeignKey::create()
            .name("payment_rental")
            .from("payment", "rental_id")
            .to("rental", "rental_id")
            .on_update(ForeignKeyAction::Restrict)
            .on_delete(ForeignKeyAction::Restrict)
            .take();
        manager.create_foreign_key(new).await
    }
}

/// SQLite gives no table another foreign key: another table takes its place, and the triggers go with the old one.
async fn rebuild(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let sql = "CREATE TABLE new_payment (
            payment_id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
            customer_id integer NOT NULL REFERENCES customer (customer_id) ON UPDATE CASCADE ON DELETE RESTRICT,
            staff_id integer NOT NULL REFERENCES staff (staff_id) ON UPDATE CASCADE ON DELETE RESTRICT,
            rental_id integer REFERENCES rental (rental_id) ON UPDATE RESTRICT ON DELETE RESTRICT,
            amount real NOT NULL,
            payment_date timestamp NOT NULL
        );
        INSERT INTO new_payment SELECT payment_id, customer_id, staff_id, rental_id, amount, payment_date FROM payment;
        DROP TABLE payment;
        ALTER TABLE new_payment RENAME TO payment";
    manager
        .get_connection()
        .execute_unprepared(sql)
        .await
        .map(drop)
}
