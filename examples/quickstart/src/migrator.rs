//! The application's migrations, with those of the trail among them.

use sea_orm_migration::{prelude::*, schema};

pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut migrations = audit_migration::migrations();
        migrations.push(Box::new(CreateAirport));
        migrations
    }
}

struct CreateAirport;

impl MigrationName for CreateAirport {
    fn name(&self) -> &str {
        "m20261122_000002_create_airport"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateAirport {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let airport = Table::create()
            .table("airport")
            .col(schema::string_len("iata", 4).primary_key())
            .col(schema::string("name"))
            .col(schema::string_null("city"))
            .col(schema::string_null("state"))
            .col(schema::string("country"))
            .col(schema::double("latitude"))
            .col(schema::double("longitude"))
            .col(schema::string_null("contact_phone"))
            .col(schema::integer("page_views"))
            .take();
        manager.create_table(airport).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("airport").take())
            .await
    }
}
