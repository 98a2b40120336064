//! What the database says of its tables and of the triggers on them.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};

use super::{
    table::Table,
    trigger::{MARK, Mark, read_mark},
};

/// A database, as far as its triggers differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
    MySql,
    MariaDb,
}

impl Dialect {
    pub(super) async fn of<C: ConnectionTrait>(db: &C) -> Result<Self, DbErr> {
        match db.get_database_backend() {
            DbBackend::Sqlite => Ok(Self::Sqlite),
            DbBackend::Postgres => Ok(Self::Postgres),
            DbBackend::MySql => {
                let version = texts(db, "SELECT CONVERT(VERSION() USING utf8mb4)", []).await?;
                Ok(if version.concat().contains("MariaDB") {
                    Self::MariaDb
                } else {
                    Self::MySql
                })
            }
            other => Err(DbErr::Custom(format!(
                "the audit trail runs on SQLite, PostgreSQL, MySQL and MariaDB, not on {other:?}"
            ))),
        }
    }
}

/// Where a table and the trail are.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) dialect: Dialect,
    pub(super) table_schema: String,
    pub(super) log_schema: String,
}

impl Place {
    /// As the connection's search path finds them.
    pub(super) async fn of<C: ConnectionTrait>(db: &C, table: &Table) -> Result<Self, DbErr> {
        let dialect = Dialect::of(db).await?;
        let log_schema = schema_of(db, dialect, None, "audit_log").await?;
        let log_schema = log_schema.ok_or_else(|| {
            let why = "there is no table `audit_log`: run the migrations of audit-migration first";
            DbErr::Custom(why.to_owned())
        })?;
        let table_schema = schema_of(db, dialect, table.schema.as_deref(), &table.name).await?;
        let table_schema = table_schema
            .ok_or_else(|| DbErr::Custom(format!("there is no table `{}`", table.name)))?;
        Ok(Self {
            dialect,
            table_schema,
            log_schema,
        })
    }
}

/// The schema of a table; `None` where there is no such table.
pub(super) async fn schema_of<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
    schema: Option<&str>,
    table: &str,
) -> Result<Option<String>, DbErr> {
    let sql = match dialect {
        Dialect::Sqlite => {
            "SELECT 'main' FROM sqlite_master WHERE type IN ('table', 'view') AND lower(name) = lower($2) AND ($1 IS NULL OR 1)"
        }
        Dialect::Postgres => {
            "SELECT n.nspname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.oid = pg_catalog.to_regclass(pg_catalog.concat(pg_catalog.quote_ident($1::text) || '.', \
             pg_catalog.quote_ident($2)))"
        }
        Dialect::MySql | Dialect::MariaDb => {
            "SELECT CONVERT(table_schema USING utf8mb4) FROM information_schema.tables \
             WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ?"
        }
    };
    let schema = schema.map(str::to_owned);
    let found = texts(db, sql, [schema.into(), table.into()]).await?;
    Ok(found.into_iter().next())
}

/// The schema of the trail that a connection finds; where there is none, the connection's own.
pub(super) async fn trail_schema<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
) -> Result<String, DbErr> {
    if let Some(schema) = schema_of(db, dialect, None, "audit_log").await? {
        return Ok(schema);
    }
    let own = match dialect {
        Dialect::Sqlite => "SELECT 'main'",
        Dialect::Postgres => "SELECT COALESCE(pg_catalog.current_schema()::text, '')",
        Dialect::MySql | Dialect::MariaDb => {
            "SELECT CONVERT(COALESCE(DATABASE(), '') USING utf8mb4)"
        }
    };
    Ok(texts(db, own, []).await?.concat())
}

/// The names of a table's columns.
pub(super) async fn columns<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
    schema: &str,
    table: &str,
) -> Result<Vec<String>, DbErr> {
    let sql = match dialect {
        Dialect::Sqlite => "SELECT name FROM pragma_table_xinfo($2, $1) WHERE hidden <> 1",
        Dialect::Postgres => {
            "SELECT a.attname::text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
        }
        Dialect::MySql | Dialect::MariaDb => {
            "SELECT CONVERT(column_name USING utf8mb4) FROM information_schema.columns \
             WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position"
        }
    };
    texts(db, sql, [schema.into(), table.into()]).await
}

/// A capture trigger in the database.
#[derive(Clone, Debug)]
pub(super) struct Installed {
    pub(super) schema: String,
    pub(super) table: String,
    pub(super) name: String,
    pub(super) is_enabled: bool,
    pub(super) mark: Mark,
    /// Of its text as it is.
    pub(super) fingerprint: String,
}

/// Every capture trigger that the user may see: on MySQL and MariaDB those of the server's other databases too.
pub(super) async fn installed<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
) -> Result<Vec<Installed>, DbErr> {
    let sql = match dialect {
        Dialect::Sqlite => {
            "SELECT 'main', tbl_name, name, '1', sql FROM sqlite_master WHERE type = 'trigger' AND instr(sql, $1)"
        }
        Dialect::Postgres => {
            "SELECT n.nspname::text, c.relname::text, t.tgname::text, \
             CASE WHEN t.tgenabled IN ('O', 'A') THEN '1' ELSE '0' END, p.prosrc FROM pg_catalog.pg_trigger t \
             JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid \
             WHERE NOT t.tgisinternal AND pg_catalog.strpos(p.prosrc, $1) > 0"
        }
        Dialect::MySql | Dialect::MariaDb => {
            "SELECT CONVERT(event_object_schema USING utf8mb4), CONVERT(event_object_table USING utf8mb4), \
             CONVERT(trigger_name USING utf8mb4), '1', CONVERT(action_statement USING utf8mb4) \
             FROM information_schema.triggers WHERE LOCATE(?, action_statement)"
        }
    };
    let rows = query(db, sql, [MARK.into()]).await?;
    let parsed = rows
        .iter()
        .map(|row| Installed::read(row, dialect))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(parsed.into_iter().flatten().collect())
}

impl Installed {
    /// `None` where it only looks like one of ours.
    fn read(row: &QueryResult, dialect: Dialect) -> Result<Option<Self>, DbErr> {
        let text = |position| row.try_get_by_index::<String>(position);
        let Some((mark, mut fingerprint)) = read_mark(&text(4)?) else {
            return Ok(None);
        };
        if dialect == Dialect::MySql && mark.columns.iter().any(|name| name.contains('`')) {
            // MySQL 9 tells a name that holds a backtick otherwise than it was given.
            fingerprint.clone_from(&mark.fingerprint);
        }
        Ok(Some(Self {
            schema: text(0)?,
            table: text(1)?,
            name: text(2)?,
            is_enabled: text(3)? == "1",
            mark,
            fingerprint,
        }))
    }

    /// Whether its records go to the trail in that schema.
    pub(super) fn writes_to(&self, trail: &str) -> bool {
        self.mark.trail.as_deref().unwrap_or(&self.schema) == trail
    }

    /// Whether it is on a table.
    pub(super) fn is_on(&self, schema: &str, table: &str, dialect: Dialect) -> bool {
        let is_table = match dialect {
            Dialect::Sqlite => self.table.eq_ignore_ascii_case(table),
            _ => self.table == table,
        };
        is_table && self.schema == schema
    }

    /// What removes it, and its function where it has one.
    pub(super) fn drop(&self, dialect: Dialect) -> Vec<String> {
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let ticked = |name: &str| format!("`{}`", name.replace('`', "``"));
        match dialect {
            Dialect::Sqlite => vec![format!("DROP TRIGGER IF EXISTS {}", quoted(&self.name))],
            Dialect::Postgres => {
                let (schema, name) = (quoted(&self.schema), quoted(&self.name));
                let table = quoted(&self.table);
                vec![
                    format!("DROP TRIGGER IF EXISTS {name} ON {schema}.{table}"),
                    format!("DROP FUNCTION IF EXISTS {schema}.{name}()"),
                ]
            }
            Dialect::MySql | Dialect::MariaDb => vec![format!(
                "DROP TRIGGER IF EXISTS {}.{}",
                ticked(&self.schema),
                ticked(&self.name)
            )],
        }
    }
}

async fn query<C: ConnectionTrait, const N: usize>(
    db: &C,
    sql: &str,
    values: [Value; N],
) -> Result<Vec<QueryResult>, DbErr> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    db.query_all_raw(statement).await
}

async fn texts<C: ConnectionTrait, const N: usize>(
    db: &C,
    sql: &str,
    values: [Value; N],
) -> Result<Vec<String>, DbErr> {
    let rows = query(db, sql, values).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}
