//! What the database says of its tables.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};

use crate::quoted;

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
    pub(super) columns: Vec<ColumnFact>,
}

/// What the database says of a column of a table.
#[derive(Clone, Debug, Default)]
pub(super) struct ColumnFact {
    pub(super) name: String,
    /// Its type without its length and its schema, on PostgreSQL, MariaDB and MySQL.
    pub(super) declared: String,
    /// It is `CHAR(n)`, or an array of such, on PostgreSQL.
    pub(super) is_padded: bool,
    /// Its text follows what the session set for dates, intervals and time zones, on PostgreSQL.
    pub(super) is_styled: bool,
    /// Its text holds numbers, with as many digits as the session set, on PostgreSQL: that of a shape, a range or a row.
    pub(super) holds_numbers: bool,
    /// Of a column that is computed when it is read, `VIRTUAL`, on PostgreSQL: its expression.
    pub(super) expression: Option<String>,
    /// MariaDB shows its triggers a new time in it (`ON UPDATE`), even where it leaves the row as it was.
    pub(super) is_touched: bool,
    /// Its value follows from other columns, and no statement sets it, on SQLite.
    pub(super) is_computed: bool,
}

/// A table that is in the database.
#[derive(Clone, Debug)]
pub(super) struct Described {
    dialect: Dialect,
    pub(super) schema: String,
    pub(super) columns: Vec<ColumnFact>,
}

impl Described {
    pub(super) fn has(&self, column: &str) -> bool {
        fact(self.dialect, &self.columns, column).is_some()
    }
}

/// Whether two names are of one column: only PostgreSQL takes those that differ in case for two.
pub(super) fn is_same_column(dialect: Dialect, one: &str, other: &str) -> bool {
    one == other || (dialect != Dialect::Postgres && one.to_lowercase() == other.to_lowercase())
}

fn fact<'a>(dialect: Dialect, columns: &'a [ColumnFact], name: &str) -> Option<&'a ColumnFact> {
    let mut columns = columns.iter();
    columns.find(|column| is_same_column(dialect, &column.name, name))
}

impl Place {
    pub(super) fn new(table: Described, log_schema: &str) -> Self {
        Self {
            dialect: table.dialect,
            table_schema: table.schema,
            log_schema: log_schema.to_owned(),
            columns: table.columns,
        }
    }

    /// `None` where the table has no such column.
    pub(super) fn fact(&self, column: &str) -> Option<&ColumnFact> {
        fact(self.dialect, &self.columns, column)
    }
}

/// The schema of the trail that the connection's search path finds.
pub(super) async fn log_schema<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
) -> Result<String, DbErr> {
    let schema = schema_of(db, dialect, None, "audit_log").await?;
    schema.ok_or_else(|| {
        let why = "there is no table `audit_log`: run the migrations of audit-migration first";
        DbErr::Custom(why.to_owned())
    })
}

/// Whether the connection finds a trail, as those who install and check look for it.
pub(crate) async fn has_trail<C: ConnectionTrait>(db: &C) -> Result<bool, DbErr> {
    let dialect = Dialect::of(db).await?;
    let schema = schema_of(db, dialect, None, "audit_log").await?;
    Ok(schema.is_some())
}

/// A table and its columns, by one statement, as the connection's search path finds it; `None` where there is no such.
///
/// The columns of a table that records name; `None` where the database has no such table, or does not show it.
pub(crate) async fn columns_of<C: ConnectionTrait>(
    recorded: &str,
    db: &C,
) -> Result<Option<Vec<String>>, DbErr> {
    let dialect = Dialect::of(db).await?;
    // A name in records has a schema where its entity names one; a table's own name may have a dot as well.
    let places = [(None, recorded)].into_iter();
    for (schema, table) in places.chain(
        recorded
            .split_once('.')
            .map(|(schema, table)| (Some(schema), table)),
    ) {
        if let Some(described) = describe(db, dialect, schema, table).await? {
            let columns = described.columns.into_iter();
            return Ok(Some(columns.map(|column| column.name).collect()));
        }
    }
    Ok(None)
}

/// `VIRTUAL` columns, new in PostgreSQL 18, may use nothing but what is in `pg_catalog`.
pub(super) async fn describe<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
    schema: Option<&str>,
    table: &str,
) -> Result<Option<Described>, DbErr> {
    let of = [schema.map(str::to_owned).into(), table.into()];
    let rows = match dialect {
        Dialect::Sqlite | Dialect::Postgres => query(db, description(dialect), of).await?,
        // A table is seen without its columns by who has no right on those: see `rights::hidden_columns`.
        Dialect::MySql | Dialect::MariaDb => {
            let [schema, table] = of;
            let of = [schema.clone(), table.clone(), schema, table];
            query(db, description(dialect), of).await?
        }
    };
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let schema = first.try_get_by_index(0)?;
    let columns = rows.iter().filter_map(|row| column_fact(row).transpose());
    Ok(Some(Described {
        dialect,
        schema,
        columns: columns.collect::<Result<_, DbErr>>()?,
    }))
}

/// `None` of a table without columns, which PostgreSQL has, or whose columns are hidden.
fn column_fact(row: &QueryResult) -> Result<Option<ColumnFact>, DbErr> {
    let Some(name) = row.try_get_by_index(1)? else {
        return Ok(None);
    };
    // PostgreSQL's letter for composite types, dates, geometric types, ranges, intervals; or another.
    let category: String = row.try_get_by_index(4)?;
    Ok(Some(ColumnFact {
        name,
        declared: row.try_get_by_index(2)?,
        is_padded: row.try_get_by_index::<String>(3)? == "1",
        is_styled: matches!(&*category, "C" | "D" | "R" | "T"),
        holds_numbers: matches!(&*category, "C" | "G" | "R"),
        expression: row.try_get_by_index(5)?,
        is_touched: row.try_get_by_index::<String>(6)? == "1",
        is_computed: row.try_get_by_index::<String>(7)? == "1",
    }))
}

/// Schema, column, type, whether it is padded, the type's category, expression, whether it is touched, whether it is computed.
fn description(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => {
            "SELECT 'main', x.name, '', '0', '', NULL, '0', CASE WHEN x.hidden IN (2, 3) THEN '1' ELSE '0' END \
             FROM sqlite_master m JOIN pragma_table_xinfo(m.name, 'main') x \
             WHERE m.type IN ('table', 'view') AND COALESCE(lower($1), 'main') = 'main' \
             AND lower(m.name) = lower($2) AND x.hidden <> 1 \
             ORDER BY x.cid"
        }
        Dialect::Postgres => {
            "SELECT n.nspname::text, a.attname::text, t.typname::text, \
             CASE WHEN COALESCE(e.typname, b.typname, t.typname) = 'bpchar' THEN '1' ELSE '0' END, \
             COALESCE(e.typcategory, t.typcategory)::text, \
             CASE WHEN pg_catalog.to_jsonb(a) ->> 'attgenerated' = 'v' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END, '0', '0' \
             FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
             LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
             LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype \
             LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typcategory = 'A' \
             LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
             WHERE CASE WHEN $1::text IS NULL THEN c.oid = pg_catalog.to_regclass(pg_catalog.quote_ident($2)) \
             ELSE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') END ORDER BY a.attnum"
        }
        Dialect::MySql | Dialect::MariaDb => {
            "SELECT CONVERT(table_schema USING utf8mb4), CONVERT(column_name USING utf8mb4), \
             CONVERT(LOWER(data_type) USING utf8mb4), '0', '', CAST(NULL AS CHAR), \
             CASE WHEN VERSION() LIKE '%MariaDB%' AND extra LIKE '%on update%' THEN '1' ELSE '0' END, '0', ordinal_position AS n \
             FROM information_schema.columns WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ? UNION ALL \
             SELECT CONVERT(table_schema USING utf8mb4), NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0 FROM information_schema.tables \
             WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ? ORDER BY n"
        }
    }
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
            "SELECT name FROM {}.sqlite_master WHERE type IN ('table', 'view') AND lower(name) = lower($1)",
            quoted::name(&database)
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
