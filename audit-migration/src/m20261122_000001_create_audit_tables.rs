use audit_sea_orm::entity::TABLES;
use sea_orm_migration::prelude::*;

use crate::{
    MigrationOptions,
    tables::{self, Dialect},
};

/// Creates the four tables and their indexes.
///
/// Each step is left out where it was done before, as MySQL commits every one by itself: a migration that was
/// interrupted there goes on where it stopped.
pub(crate) struct CreateAuditTables {
    pub(crate) options: MigrationOptions,
}

impl MigrationName for CreateAuditTables {
    fn name(&self) -> &'static str {
        "m20261122_000001_create_audit_tables"
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "async_trait needs the signature as the trait has it"
)]
#[async_trait::async_trait]
impl MigrationTrait for CreateAuditTables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let dialect = Dialect::of(manager).await?;
        for table in tables::all(dialect) {
            manager.create_table(table).await?;
        }
        for index in tables::indexes(dialect) {
            if !manager.has_index(index.table, index.name).await? {
                manager.create_index(index.statement).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if self.options.is_rollback_only_asked()? {
            return Ok(());
        }
        for table in TABLES {
            let drop = Table::drop().table(table).if_exists().take();
            manager.drop_table(drop).await?;
        }
        Ok(())
    }
}
