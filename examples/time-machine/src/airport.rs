//! An airport of the public data set of the quickstart: see its `data/README.md`.

use sea_orm::entity::prelude::*;
use sea_orm_migration::prelude::*;
use serde::Deserialize;

/// Triggers record it, so the import by one statement is recorded row by row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Deserialize, audit_sea_orm::Audited)]
#[sea_orm(table_name = "airport")]
#[audited(capture = "triggers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub iata: String,
    pub name: String,
    pub city: String,
    pub state: String,
    pub country: String,
    pub latitude: f64,
    pub longitude: f64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut migrations = audit_migration::migrations();
        migrations.push(Box::new(CreateAirport));
        migrations
    }
}

#[derive(DeriveMigrationName)]
struct CreateAirport;

#[async_trait::async_trait]
impl MigrationTrait for CreateAirport {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let schema = sea_orm::Schema::new(manager.get_database_backend());
        manager
            .create_table(schema.create_table_from_entity(Entity))
            .await
    }
}
