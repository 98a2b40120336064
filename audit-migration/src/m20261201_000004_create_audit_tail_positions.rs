use sea_orm_migration::prelude::*;

use crate::{
    MigrationOptions,
    tables::{self, Dialect},
};

/// Creates the table of how far each consumer of the audit log is.
pub(crate) struct CreateAuditTailPositions {
    pub(crate) options: MigrationOptions,
}

impl MigrationName for CreateAuditTailPositions {
    fn name(&self) -> &'static str {
        "m20261201_000004_create_audit_tail_positions"
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "async_trait needs the signature as the trait has it"
)]
#[async_trait::async_trait]
impl MigrationTrait for CreateAuditTailPositions {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let dialect = Dialect::of(manager).await?;
        manager.create_table(tables::tail_position(dialect)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if self.options.is_rollback_only_asked()? {
            return Ok(());
        }
        let drop = Table::drop()
            .table(tables::TAIL_POSITION)
            .if_exists()
            .take();
        manager.drop_table(drop).await
    }
}
