use audit_sea_orm::capture;
use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::MigrationOptions;

/// Holds one context at most, while a transaction writes.
const TABLE: &str = "audit_context_payload";

/// The texts that a context gives to a record, and how long they are at most.
const TEXTS: [(&str, u32); 12] = [
    ("actor_id", 255),
    ("actor_name", 255),
    ("on_behalf_of_id", 255),
    ("on_behalf_of_name", 255),
    ("tenant_id", 128),
    ("ip_address", 45),
    ("user_agent", 512),
    ("session_id", 128),
    ("request_id", 128),
    ("reason", 1000),
    ("module", 255),
    ("transaction_id", 64),
];

/// What of the context may keep a change from being recorded: itself, or a list of tables or actions.
const SKIPS: &str = "CASE WHEN COALESCE(json_extract(payload, '$.unaudited'), 0) THEN 'unaudited' \
     WHEN payload GLOB '*skip_*' THEN 'lists' END";

/// As JSON whatever it is: of several paths `json_extract` makes an array, here of the metadata and of a null.
const METADATA: &str = "CASE WHEN json_type(payload, '$.metadata') IS NOT NULL THEN NULLIF(substr(json_extract(payload, \
     '$.metadata', '$.\"\"'), 2, length(json_extract(payload, '$.metadata', '$.\"\"')) - 7), 'null') END";

/// A payload as it came, or one that says that it cannot be read.
const READABLE: &str = "CASE WHEN typeof(payload) = 'text' AND CASE WHEN json_valid(payload) THEN json_type(payload) = 'object' END \
     THEN payload || '' ELSE '{\"metadata\":{\"context\":\"unreadable\"}}' END";

/// The view stands for the table: what is written to a view counts no rows and has no number, so that a context may go in one
/// text with an application's own statement. One replaces the one before, and is taken apart once, not for each row that the
/// transaction writes.
fn view() -> [String; 3] {
    let names = TEXTS.iter().map(|(name, _)| *name);
    let names: Vec<_> = names.collect();
    let names = format!("payload, skips, {}, metadata", names.join(", "));
    let texts = TEXTS
        .iter()
        .map(|(name, most)| format!("substr(json_extract(payload, '$.{name}'), 1, {most})"));
    let texts = texts.collect::<Vec<_>>().join(", ");
    [
        format!("CREATE VIEW IF NOT EXISTS audit_context AS SELECT {names} FROM {TABLE}"),
        format!(
            "CREATE TRIGGER IF NOT EXISTS audit_context_insert INSTEAD OF INSERT ON audit_context BEGIN \
             DELETE FROM {TABLE}; INSERT INTO {TABLE} ({names}) SELECT payload, {SKIPS}, {texts}, {METADATA} \
             FROM (SELECT {READABLE} AS payload FROM (SELECT NEW.payload AS payload) LIMIT 1) WHERE NEW.payload <> ''; END"
        ),
        format!(
            "CREATE TRIGGER IF NOT EXISTS audit_context_delete INSTEAD OF DELETE ON audit_context BEGIN \
             DELETE FROM {TABLE}; END"
        ),
    ]
}

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
        let mut table = Table::create();
        table.table(TABLE).if_not_exists();
        table.col(ColumnDef::new("payload").text().not_null());
        table.col(ColumnDef::new("skips").text());
        for (name, most) in TEXTS {
            table.col(ColumnDef::new(name).string_len(most));
        }
        table.col(ColumnDef::new("metadata").text());
        manager.create_table(table).await?;
        for statement in view() {
            manager
                .get_connection()
                .execute_unprepared(&statement)
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
