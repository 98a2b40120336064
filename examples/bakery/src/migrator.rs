//! The shop's migrations, with those of the trail among them.

use sea_orm_migration::{prelude::*, schema};

pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut migrations = audit_migration::migrations();
        migrations.push(Box::new(CreateShop));
        migrations
    }
}

struct CreateShop;

impl MigrationName for CreateShop {
    fn name(&self) -> &str {
        "m20261124_000001_create_shop"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateShop {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [bakers(), cakes(), orders(), order_lines()] {
            manager.create_table(table).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["order_line", "cake_order", "cake", "baker"] {
            manager
                .drop_table(Table::drop().table(table).take())
                .await?;
        }
        Ok(())
    }
}

fn bakers() -> TableCreateStatement {
    Table::create()
        .table("baker")
        .if_not_exists()
        .col(schema::pk_auto("id"))
        .col(schema::string_len("username", 50).unique_key())
        .col(schema::string("name"))
        .col(schema::string("password_hash"))
        .take()
}

fn cakes() -> TableCreateStatement {
    Table::create()
        .table("cake")
        .if_not_exists()
        .col(schema::pk_auto("id"))
        .col(schema::string("name"))
        .col(schema::integer("price"))
        .col(schema::text("secret_recipe"))
        .col(schema::integer("baker_id"))
        .foreign_key(
            ForeignKey::create()
                .from("cake", "baker_id")
                .to("baker", "id"),
        )
        .take()
}

fn orders() -> TableCreateStatement {
    Table::create()
        .table("cake_order")
        .if_not_exists()
        .col(schema::pk_auto("id"))
        .col(schema::string("customer"))
        .col(schema::boolean("is_delivered"))
        .take()
}

fn order_lines() -> TableCreateStatement {
    Table::create()
        .table("order_line")
        .if_not_exists()
        .col(schema::integer("order_id"))
        .col(schema::integer("cake_id"))
        .col(schema::integer("quantity"))
        .primary_key(Index::create().col("order_id").col("cake_id"))
        // No cascade: the database would delete lines that no hook sees.
        .foreign_key(
            ForeignKey::create()
                .from("order_line", "order_id")
                .to("cake_order", "id"),
        )
        .foreign_key(
            ForeignKey::create()
                .from("order_line", "cake_id")
                .to("cake", "id"),
        )
        .take()
}
