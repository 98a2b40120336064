use audit_sea_orm::capture;
use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::MigrationOptions;

/// Holds one payload at most, while a transaction writes.
const TABLE: &str = "audit_context_payload";

/// Stands for the table: what is written to a view counts no rows and has no number, so that the context may go in one
/// text with an application's own statement. A payload replaces the one before.
const VIEW: [&str; 3] = [
    "CREATE VIEW IF NOT EXISTS audit_context AS SELECT payload FROM audit_context_payload",
    "CREATE TRIGGER IF NOT EXISTS audit_context_insert INSTEAD OF INSERT ON audit_context BEGIN \
     DELETE FROM audit_context_payload; INSERT INTO audit_context_payload (payload) VALUES (NEW.payload); END",
    "CREATE TRIGGER IF NOT EXISTS audit_context_delete INSTEAD OF DELETE ON audit_context BEGIN \
     DELETE FROM audit_context_payload; END",
];

/// Creates the view through which the context reaches the capture triggers of SQLite, which has no variables of a
/// session. PostgreSQL, MySQL and MariaDB have some, and need nothing.
pub(crate) struct CreateAuditContext {
    pub(crate) options: MigrationOptions,
}

impl MigrationName for CreateAuditContext {
    fn name(&self) -> &'static str {
        "m20261124_000002_create_audit_context"
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "async_trait needs the signature as the trait has it"
)]
#[async_trait::async_trait]
impl MigrationTrait for CreateAuditContext {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DbBackend::Sqlite {
            return Ok(());
        }
        let payload = ColumnDef::new("payload").text().not_null().take();
        let table = Table::create()
            .table(TABLE)
            .if_not_exists()
            .col(payload)
            .take();
        manager.create_table(table).await?;
        for statement in VIEW {
            manager
                .get_connection()
                .execute_unprepared(statement)
                .await?;
        }
        Ok(())
    }

    /// Triggers write to the tables that go next, and a trigger that cannot write fails the application's writes.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if self.options.is_rollback_only_asked()? {
            return Ok(());
        }
        capture::remove_all(manager.get_connection()).await?;
        if manager.get_database_backend() != DbBackend::Sqlite {
            return Ok(());
        }
        // Its triggers go along.
        manager
            .get_connection()
            .execute_unprepared("DROP VIEW IF EXISTS audit_context")
            .await?;
        let drop = Table::drop().table(TABLE).if_exists().take();
        manager.drop_table(drop).await
    }
}
