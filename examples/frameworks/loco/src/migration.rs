//! The tables of the trail, then those of the bakery.

use sea_orm::Schema;
use sea_orm_migration::prelude::*;

use crate::cake;

pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut migrations = audit_migration::migrations();
        migrations.push(Box::new(CreateCakes));
        audit_migration::unaudited(migrations)
    }
}

struct CreateCakes;

impl MigrationName for CreateCakes {
    fn name(&self) -> &str {
        "m20261129_000001_create_cakes"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateCakes {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let schema = Schema::new(manager.get_database_backend());
        manager
            .create_table(schema.create_table_from_entity(cake::Entity))
            .await
    }
}
