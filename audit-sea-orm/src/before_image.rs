//! Reads the state of a row before it changes.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, FromQueryResult, QueryFilter, QuerySelect,
    QueryTrait, Statement, Value, sea_query::LockType,
};

use crate::{Audited, connection_kind::ConnectionKind, recorded::Recorded};

/// What is about to happen to the row, which decides how strongly it must be locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Intent {
    Update,
    Delete,
}

/// Reads the row with that key, in one statement; in a transaction nobody else can change it until the end.
pub(crate) async fn read<E: Audited, C: ConnectionTrait>(
    db: &C,
    key: Vec<Value>,
    intent: Intent,
) -> Result<Option<E::Model>, DbErr> {
    let recorded = Recorded::<E>::get();
    let kind = ConnectionKind::of::<C>();
    let mut row = E::find();
    for (column, value) in recorded.keys().iter().zip(key) {
        row = row.filter(column.eq(value));
    }
    // A lock ends with the statement where each commits by itself: it would cost and give nothing.
    if kind.is_autocommit() {
        return row.one(db).await;
    }
    let backend = db.get_database_backend();
    if backend == DbBackend::Sqlite && kind.allows_raw() {
        return read_with_sqlite_lock::<E, C>(db, recorded, row).await;
    }
    row.lock(lock_type(backend, intent)).one(db).await
}

fn lock_type(backend: DbBackend, intent: Intent) -> LockType {
    match (backend, intent) {
        // What PostgreSQL itself takes for an UPDATE: a stronger lock would make inserts into tables that
        // refer to this row wait.
        (DbBackend::Postgres, Intent::Update) => LockType::NoKeyUpdate,
        _ => LockType::Update,
    }
}

/// SQLite has no row locks. A deferred transaction that reads first and writes later fails with `database is
/// locked` when somebody else wrote in between, whatever the busy timeout; auditing must not do that to an
/// application that only writes. So the read begins with a write of no row, which waits for the write lock.
async fn read_with_sqlite_lock<E: Audited, C: ConnectionTrait>(
    db: &C,
    recorded: &Recorded<E>,
    row: sea_orm::Select<E>,
) -> Result<Option<E::Model>, DbErr> {
    let mut statement = row.limit(1).build(DbBackend::Sqlite);
    statement.sql = format!("{}; {}", recorded.sqlite_lock(), statement.sql);
    db.query_one_raw(statement)
        .await?
        .map(|row| E::Model::from_query_result(&row, ""))
        .transpose()
}

/// How many rows of the entity's table the current transaction deleted, on PostgreSQL. There alone a
/// transaction that found no row may still delete one, inserted by another since: the others lock the gap.
/// A hook is not told how many rows its delete hit, so it asks the server's own count.
pub(crate) async fn deleted_rows<E: Audited, C: ConnectionTrait>(
    db: &C,
) -> Result<Option<i64>, DbErr> {
    let kind = ConnectionKind::of::<C>();
    let can_come = db.get_database_backend() == DbBackend::Postgres && !kind.is_autocommit();
    if !can_come || !kind.allows_raw() {
        return Ok(None);
    }
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let entity = E::default();
    let schema = entity.schema_name().map(|schema| quoted(schema) + ".");
    let table = schema.unwrap_or_default() + &quoted(entity.table_name());
    let count = Statement::from_sql_and_values(
        DbBackend::Postgres,
        "SELECT pg_stat_get_xact_tuples_deleted(to_regclass($1))",
        [table.into()],
    );
    let row = db.query_one_raw(count).await?;
    row.map(|row| row.try_get_by_index(0)).transpose().map(Option::flatten)
}
