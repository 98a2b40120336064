//! What the database says of its tables.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};

use super::{drift::Drift, table::Table};

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
    /// What the database says of the table's columns, where its triggers depend on it: on PostgreSQL.
    pub(super) facts: Vec<Fact>,
    /// The types of the table's columns by their names in lower case, where MariaDB's and MySQL's triggers must know them.
    pub(super) types: BTreeMap<String, String>,
}

/// What the entity does not tell of a column.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    column: String,
    /// It is `CHAR(n)`, or an array of such.
    pub(super) is_padded: bool,
    /// Its text follows what the session set for dates, intervals and time zones.
    pub(super) is_styled: bool,
    /// Of a column that is computed when it is read, `VIRTUAL`: its expression.
    pub(super) expression: Option<String>,
}

impl Place {
    pub(super) fn fact(&self, column: &str) -> Option<&Fact> {
        self.facts.iter().find(|fact| fact.column == column)
    }

    /// As the connection's search path finds them.
    pub(super) async fn of<C: ConnectionTrait>(db: &C, table: &Table) -> Result<Self, DbErr> {
        let dialect = Dialect::of(db).await?;
        let log_schema = schema_of(db, dialect, None, "audit_log").await?;
        let log_schema = log_schema.ok_or_else(|| {
            let why = "there is no table `audit_log`: run the migrations of audit-migration first";
            DbErr::Custom(why.to_owned())
        })?;
        let table_schema = schema_of(db, dialect, table.schema.as_deref(), &table.name).await?;
        let Some(table_schema) = table_schema else {
            return Err(no_table(db, dialect, table).await?);
        };
        let facts = match dialect {
            Dialect::Postgres => facts(db, &table_schema, &table.name).await?,
            _ => Vec::new(),
        };
        let types = column_types(db, dialect, &table_schema, &table.name).await?;
        Ok(Self {
            dialect,
            table_schema,
            log_schema,
            facts,
            types,
        })
    }
}

/// Why there is no place for a table.
async fn no_table<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
    table: &Table,
) -> Result<DbErr, DbErr> {
    let schema = table.schema.as_deref();
    let why = match attached(db, dialect, schema, &table.name).await? {
        Some(database) => Drift::Attached {
            table: table.name.clone(),
            database,
        }
        .to_string(),
        None => {
            let schema = schema
                .map(|schema| format!("{schema}."))
                .unwrap_or_default();
            format!("there is no table `{schema}{}`", table.name)
        }
    };
    Ok(DbErr::Custom(why))
}

/// Of a table of PostgreSQL. `VIRTUAL` columns, new in 18, may use nothing but what is in `pg_catalog`.
async fn facts<C: ConnectionTrait>(db: &C, schema: &str, table: &str) -> Result<Vec<Fact>, DbErr> {
    let sql = "SELECT a.attname::text, COALESCE(e.typname, b.typname, t.typname) = 'bpchar', \
         COALESCE(e.typcategory, t.typcategory) IN ('C', 'D', 'R', 'T'), \
         CASE WHEN pg_catalog.to_jsonb(a) ->> 'attgenerated' = 'v' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END \
         FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
         LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype \
         LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typcategory = 'A' \
         LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
         WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped";
    let rows = query(db, sql, [schema.into(), table.into()]).await?;
    let fact = |row: &QueryResult| {
        Ok(Fact {
            column: row.try_get_by_index(0)?,
            is_padded: row.try_get_by_index(1)?,
            is_styled: row.try_get_by_index(2)?,
            expression: row.try_get_by_index(3)?,
        })
    };
    rows.iter().map(fact).collect()
}

async fn column_types<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
    schema: &str,
    table: &str,
) -> Result<BTreeMap<String, String>, DbErr> {
    if !matches!(dialect, Dialect::MySql | Dialect::MariaDb) {
        return Ok(BTreeMap::new());
    }
    let sql = "SELECT CONVERT(LOWER(column_name) USING utf8mb4), CONVERT(LOWER(data_type) USING utf8mb4) \
         FROM information_schema.columns WHERE table_schema = ? AND table_name = ?";
    let rows = query(db, sql, [schema.into(), table.into()]).await?;
    let of_column = |row: &QueryResult| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
    rows.iter().map(of_column).collect()
}

/// The schema of a table; `None` where there is no such table.
///
/// On PostgreSQL a schema that is named needs no right to use it: the catalog is open to all.
pub(super) async fn schema_of<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
    schema: Option<&str>,
    table: &str,
) -> Result<Option<String>, DbErr> {
    let sql = match dialect {
        Dialect::Sqlite => {
            "SELECT 'main' FROM sqlite_master WHERE type IN ('table', 'view') AND lower(name) = lower($2) \
             AND COALESCE(lower($1), 'main') = 'main'"
        }
        Dialect::Postgres => {
            "SELECT n.nspname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE CASE WHEN $1::text IS NULL THEN c.oid = pg_catalog.to_regclass(pg_catalog.quote_ident($2)) \
             ELSE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') END"
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

/// The attached database of SQLite that a table is in: the one that its schema names, or the first that has it.
pub(super) async fn attached<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
    schema: Option<&str>,
    table: &str,
) -> Result<Option<String>, DbErr> {
    if dialect != Dialect::Sqlite {
        return Ok(None);
    }
    let sql = "SELECT name FROM pragma_database_list WHERE name NOT IN ('main', 'temp') \
               AND ($1 IS NULL OR lower(name) = lower($1)) ORDER BY seq";
    for database in texts(db, sql, [schema.map(str::to_owned).into()]).await? {
        let sql = format!(
            "SELECT name FROM \"{}\".sqlite_master WHERE type IN ('table', 'view') AND lower(name) = lower($1)",
            database.replace('"', "\"\"")
        );
        if !texts(db, &sql, [table.into()]).await?.is_empty() {
            return Ok(Some(database));
        }
    }
    Ok(None)
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

/// The triggers and rules that run for what is inserted into a table.
pub(super) async fn interceptors<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
    schema: &str,
    table: &str,
) -> Result<Vec<String>, DbErr> {
    let sql = match dialect {
        Dialect::Sqlite => {
            "SELECT 'trigger `' || name || '`' FROM sqlite_master WHERE type = 'trigger' AND $1 = 'main' \
             AND lower(tbl_name) = lower($2) AND sql LIKE '%INSERT%ON%' ORDER BY name"
        }
        Dialect::Postgres => {
            "SELECT w.what FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN (\
             SELECT t.tgrelid AS oid, 'trigger `' || t.tgname::text || '`' AS what FROM pg_catalog.pg_trigger t \
             WHERE NOT t.tgisinternal AND t.tgtype & 4 > 0 UNION ALL \
             SELECT r.ev_class, 'rule `' || r.rulename::text || '`' FROM pg_catalog.pg_rewrite r WHERE r.ev_type = '3') w \
             ON w.oid = c.oid WHERE n.nspname = $1 AND c.relname = $2 ORDER BY 1"
        }
        Dialect::MySql | Dialect::MariaDb => {
            "SELECT CONVERT(CONCAT('trigger `', trigger_name, '`') USING utf8mb4) FROM information_schema.triggers \
             WHERE event_object_schema = ? AND event_object_table = ? AND event_manipulation = 'INSERT' ORDER BY 1"
        }
    };
    texts(db, sql, [schema.into(), table.into()]).await
}

/// A name, quoted for MySQL and MariaDB.
pub(super) fn ticked(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

pub(super) async fn query<C: ConnectionTrait, const N: usize>(
    db: &C,
    sql: &str,
    values: [Value; N],
) -> Result<Vec<QueryResult>, DbErr> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    db.query_all_raw(statement).await
}

pub(super) async fn texts<C: ConnectionTrait, const N: usize>(
    db: &C,
    sql: &str,
    values: [Value; N],
) -> Result<Vec<String>, DbErr> {
    let rows = query(db, sql, values).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}
