//! The tables and indexes, spelled for each database.
//!
//! Not made from the entities, which will change: a migration must do tomorrow what it did today.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

/// A database, as far as its columns differ from the others'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
    MySql,
    MariaDb,
}

impl Dialect {
    pub(crate) async fn of(manager: &SchemaManager<'_>) -> Result<Self, DbErr> {
        match manager.get_database_backend() {
            DbBackend::Sqlite => Ok(Self::Sqlite),
            DbBackend::Postgres => Ok(Self::Postgres),
            DbBackend::MySql => Self::of_mysql(manager).await,
            other => Err(DbErr::Migration(format!(
                "the audit trail runs on SQLite, PostgreSQL, MySQL and MariaDB, not on {other:?}"
            ))),
        }
    }

    async fn of_mysql(manager: &SchemaManager<'_>) -> Result<Self, DbErr> {
        let version = Query::select().expr(Func::cust("version")).take();
        let row = manager.get_connection().query_one(&version).await?;
        let version: String = row
            .map(|row| row.try_get_by_index(0))
            .transpose()?
            .unwrap_or_default();
        Ok(if version.contains("MariaDB") {
            Self::MariaDb
        } else {
            Self::MySql
        })
    }

    fn is_mysql(self) -> bool {
        matches!(self, Self::MySql | Self::MariaDb)
    }

    /// MySQL's `timestamp` has no fractions of a second and ends in 2038.
    fn time(self, name: &'static str) -> ColumnDef {
        let mut column = ColumnDef::new(name);
        if self.is_mysql() {
            column.custom("datetime(6)");
        } else {
            column.timestamp_with_time_zone();
        }
        if self == Self::Postgres {
            // `infinity`, and years that few programs can hold: the driver panics on them.
            let is_in_calendar = format!(
                "{name} BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999999+00'"
            );
            column.check(Expr::cust(is_in_calendar));
        }
        column
    }

    /// `json`, which PostgreSQL keeps as it was written, where `jsonb` refuses `\u0000` and rewrites numbers.
    /// MariaDB's refuses documents that nest more than 31 levels, MySQL's 100: there it is text.
    fn json(self, name: &'static str) -> ColumnDef {
        let mut column = ColumnDef::new(name);
        if self.is_mysql() {
            column.custom("longtext");
        } else {
            column.json();
        }
        column
    }

    /// A line that names something, and is compared byte by byte: on PostgreSQL an index of the database's own collation costs
    /// more with each row, and is broken where a new version of the system's library orders texts otherwise
    /// (<https://wiki.postgresql.org/wiki/Locale_data_changes>). MySQL's tables have such a collation.
    fn name(self, name: &'static str, max: u32) -> ColumnDef {
        let mut column = line(name, max);
        if self == Self::Postgres {
            column.custom(format!(r#"varchar({max}) COLLATE "C""#));
        }
        column
    }

    /// Compared character by character too: nobody reads another tenant's rows by a name with a blank at its end.
    fn tenant_id(self) -> ColumnDef {
        let mut column = self.name("tenant_id", 128);
        let collation = match self {
            Self::Sqlite | Self::Postgres => return column,
            Self::MySql => "utf8mb4_0900_bin",
            Self::MariaDb => "utf8mb4_nopad_bin",
        };
        column.custom(format!(
            "varchar(128) character set utf8mb4 collate {collation}"
        ));
        column
    }

    /// On PostgreSQL the number of the transaction, which nobody need write: so hooks and events have it too, and a role that
    /// may not write the column cannot forge it.
    fn transaction_id(self, name: &'static str) -> ColumnDef {
        let mut column = self.name(name, 64);
        if self == Self::Postgres {
            column.default(Expr::cust("pg_current_xact_id()::text"));
        }
        column
    }

    /// Text that is compared character by character: two keys that differ in letter case, or in a blank at
    /// the end, are two objects.
    fn key_text(self, name: &'static str) -> ColumnDef {
        let mut column = ColumnDef::new(name);
        match self {
            Self::Sqlite => column.text(),
            Self::Postgres => column.custom(r#"text COLLATE "C""#),
            Self::MySql => column.custom("longtext character set utf8mb4 collate utf8mb4_0900_bin"),
            Self::MariaDb => {
                column.custom("longtext character set utf8mb4 collate utf8mb4_nopad_bin")
            }
        };
        column
    }
}

fn line(name: &'static str, max: u32) -> ColumnDef {
    ColumnDef::new(name).string_len(max).take()
}

fn table(dialect: Dialect, name: &'static str) -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table(name)
        .if_not_exists()
        .col(
            ColumnDef::new("id")
                .big_integer()
                .not_null()
                .auto_increment()
                .primary_key(),
        )
        .col(dialect.time("occurred_at").not_null());
    if dialect.is_mysql() {
        table.character_set("utf8mb4").collate("utf8mb4_bin");
    }
    table
}

pub(crate) fn all(dialect: Dialect) -> [TableCreateStatement; 4] {
    [
        audit_log(dialect),
        login_attempt(dialect),
        data_export(dialect),
        system_event(dialect),
    ]
}

fn audit_log(dialect: Dialect) -> TableCreateStatement {
    table(dialect, "audit_log")
        .col(dialect.name("action", 32).not_null())
        .col(dialect.name("table_name", 255))
        .col(dialect.key_text("object_id"))
        .col(line("object_repr", 200))
        .col(dialect.json("old_values"))
        .col(dialect.json("new_values"))
        .col(dialect.name("actor_id", 255))
        .col(line("actor_name", 255))
        .col(dialect.name("on_behalf_of_id", 255))
        .col(line("on_behalf_of_name", 255))
        .col(dialect.tenant_id())
        .col(line("ip_address", 45))
        .col(line("user_agent", 512))
        .col(dialect.name("session_id", 128))
        .col(dialect.name("request_id", 128))
        .col(dialect.transaction_id("transaction_id"))
        .col(line("database_user", 320))
        .col(line("database_role", 63))
        .col(line("reason", 1000))
        .col(line("module", 255))
        .col(dialect.json("metadata"))
        .take()
}

fn login_attempt(dialect: Dialect) -> TableCreateStatement {
    table(dialect, "audit_login_attempt")
        .col(dialect.name("username", 150).not_null())
        .col(dialect.name("status", 16).not_null())
        .col(line("ip_address", 45))
        .col(line("user_agent", 512))
        .col(line("failure_reason", 200))
        .col(line("country", 100))
        .col(line("city", 100))
        .col(
            ColumnDef::new("attempts")
                .big_integer()
                .not_null()
                .default(1),
        )
        .col(dialect.tenant_id())
        .col(dialect.json("metadata"))
        .take()
}

fn data_export(dialect: Dialect) -> TableCreateStatement {
    let count = |name: &'static str| ColumnDef::new(name).big_integer().not_null().take();
    table(dialect, "audit_data_export")
        .col(dialect.name("actor_id", 255))
        .col(line("actor_name", 255))
        .col(dialect.name("on_behalf_of_id", 255))
        .col(line("on_behalf_of_name", 255))
        .col(dialect.tenant_id())
        .col(line("export_type", 255).not_null())
        .col(line("file_format", 20).not_null())
        .col(count("record_count"))
        .col(count("file_size"))
        .col(dialect.json("filters_applied"))
        .col(line("ip_address", 45))
        .col(line("file_path", 500))
        .col(count("download_count"))
        .col(dialect.json("metadata"))
        .take()
}

fn system_event(dialect: Dialect) -> TableCreateStatement {
    table(dialect, "audit_system_event")
        .col(dialect.name("event_type", 16).not_null())
        .col(line("title", 255).not_null())
        .col(ColumnDef::new("description").text())
        .col(line("module", 255))
        .col(line("function_name", 255))
        .col(ColumnDef::new("line_number").integer())
        .col(line("error_code", 50))
        .col(ColumnDef::new("stack_trace").text())
        .col(dialect.name("actor_id", 255))
        .col(line("actor_name", 255))
        .col(dialect.name("on_behalf_of_id", 255))
        .col(line("on_behalf_of_name", 255))
        .col(dialect.tenant_id())
        .col(line("ip_address", 45))
        .col(dialect.name("request_id", 128))
        .col(ColumnDef::new("resolved").boolean().not_null())
        .col(dialect.time("resolved_at"))
        .col(line("resolved_by", 255))
        .col(dialect.json("metadata"))
        .take()
}

pub(crate) const TAIL_POSITION: &str = "audit_tail_position";

pub(crate) fn tail_position(dialect: Dialect) -> TableCreateStatement {
    let mut table = Table::create();
    if dialect.is_mysql() {
        table.character_set("utf8mb4").collate("utf8mb4_bin");
    }
    table
        .table(TAIL_POSITION)
        .if_not_exists()
        .col(dialect.name("consumer", 128).not_null())
        .col(dialect.name("table_name", 64).not_null())
        .col(ColumnDef::new("position").big_integer().not_null())
        .col(dialect.time("moved_at").not_null())
        .primary_key(Index::create().col("consumer").col("table_name"))
        .take()
}

/// An index with the names by which the database is asked whether it is there.
pub(crate) struct NamedIndex {
    pub(crate) table: &'static str,
    pub(crate) name: &'static str,
    pub(crate) statement: IndexCreateStatement,
}

/// The first columns of each index. The number follows, by which each is walked from page to page; one index of each
/// table has none before it but the time, for ranges.
const INDEXES: [(&str, &str, &[&str]); 20] = [
    (
        "audit_log",
        "idx_audit_log_object",
        &["table_name", "object_id"],
    ),
    ("audit_log", "idx_audit_log_actor", &["actor_id"]),
    (
        "audit_log",
        "idx_audit_log_on_behalf_of",
        &["on_behalf_of_id"],
    ),
    ("audit_log", "idx_audit_log_tenant", &["tenant_id"]),
    ("audit_log", "idx_audit_log_action", &["action"]),
    ("audit_log", "idx_audit_log_request", &["request_id"]),
    (
        "audit_log",
        "idx_audit_log_transaction",
        &["transaction_id"],
    ),
    ("audit_log", "idx_audit_log_time", &["occurred_at"]),
    (
        "audit_login_attempt",
        "idx_audit_login_attempt_username",
        &["username"],
    ),
    (
        "audit_login_attempt",
        "idx_audit_login_attempt_ip",
        &["ip_address"],
    ),
    (
        "audit_login_attempt",
        "idx_audit_login_attempt_status",
        &["status"],
    ),
    (
        "audit_login_attempt",
        "idx_audit_login_attempt_tenant",
        &["tenant_id"],
    ),
    (
        "audit_login_attempt",
        "idx_audit_login_attempt_time",
        &["occurred_at"],
    ),
    (
        "audit_data_export",
        "idx_audit_data_export_actor",
        &["actor_id"],
    ),
    (
        "audit_data_export",
        "idx_audit_data_export_tenant",
        &["tenant_id"],
    ),
    (
        "audit_data_export",
        "idx_audit_data_export_time",
        &["occurred_at"],
    ),
    (
        "audit_system_event",
        "idx_audit_system_event_type",
        &["event_type"],
    ),
    (
        "audit_system_event",
        "idx_audit_system_event_resolved",
        &["resolved"],
    ),
    (
        "audit_system_event",
        "idx_audit_system_event_actor",
        &["actor_id"],
    ),
    (
        "audit_system_event",
        "idx_audit_system_event_tenant",
        &["tenant_id"],
    ),
];

/// The columns that many rows leave empty: most jobs have no actor and no request, most applications no tenants, and
/// most databases no numbers of transactions. Those rows
/// need no place in the indexes.
const RARE: [&str; 5] = [
    "actor_id",
    "on_behalf_of_id",
    "tenant_id",
    "request_id",
    "transaction_id",
];

/// Those that the admin's lists need beside them.
const ADMIN_INDEXES: [(&str, &str, &[&str]); 4] = [
    ("audit_log", "idx_audit_log_table", &["table_name"]),
    (
        "audit_data_export",
        "idx_audit_data_export_format",
        &["file_format"],
    ),
    (
        "audit_system_event",
        "idx_audit_system_event_time",
        &["occurred_at"],
    ),
    // Errors that nobody dealt with may be few among many that were, and among what nobody ever resolves.
    (
        "audit_system_event",
        "idx_audit_system_event_open",
        &["resolved", "event_type"],
    ),
];

pub(crate) fn indexes(dialect: Dialect) -> impl Iterator<Item = NamedIndex> {
    named(dialect, INDEXES)
}

pub(crate) fn admin_indexes(dialect: Dialect) -> impl Iterator<Item = NamedIndex> {
    named(dialect, ADMIN_INDEXES)
}

fn named(
    dialect: Dialect,
    indexes: impl IntoIterator<Item = (&'static str, &'static str, &'static [&'static str])>,
) -> impl Iterator<Item = NamedIndex> {
    indexes
        .into_iter()
        .map(move |(table, name, columns)| NamedIndex {
            table,
            name,
            statement: index(dialect, table, name, columns),
        })
}

fn index(
    dialect: Dialect,
    table: &'static str,
    name: &'static str,
    columns: &[&'static str],
) -> IndexCreateStatement {
    let mut index = Index::create();
    index.table(table).name(name);
    for column in columns {
        if *column == "object_id" && dialect.is_mysql() {
            // MySQL indexes no more than a part of a text; it still compares the whole.
            index.col((*column, 191));
        } else {
            index.col(*column);
        }
    }
    if let [column] = columns
        && RARE.contains(column)
        && !dialect.is_mysql()
    {
        index.and_where(Expr::col(*column).is_not_null());
    }
    index.col("id").take()
}
