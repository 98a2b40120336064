//! Reads the state of a row before it changes.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, FromQueryResult, QueryFilter, QuerySelect,
    QueryTrait, Select, Statement, Value, sea_query::LockType,
};

use crate::{Audited, connection::own, connection_kind::ConnectionKind, recorded::Recorded};

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
    let kind = ConnectionKind::of::<C>();
    let backend = db.get_database_backend();
    // A lock ends with the statement where each commits by itself: it would cost and give nothing.
    let lock = (!kind.is_autocommit()).then(|| lock_type(backend, intent));
    if kind.allows_raw() {
        let statement = statement::<E>(backend, key, lock);
        let row = own(db.query_one_raw(statement)).await?;
        return row
            .map(|row| E::Model::from_query_result(&row, ""))
            .transpose();
    }
    // `all`, as `one` would bind a limit of one: see `statement`.
    Ok(select::<E>(key, lock).all(db).await?.into_iter().next())
}

/// Without a limit, as the whole key finds one row at most: SQLite plans a statement with a bound limit anew
/// each time it is executed.
fn select<E: Audited>(key: Vec<Value>, lock: Option<LockType>) -> Select<E> {
    let keys = Recorded::<E>::get().keys();
    let row = keys
        .iter()
        .zip(key)
        .fold(E::find(), |row, (column, value)| {
            row.filter(column.eq(value))
        });
    match lock {
        Some(lock) => row.lock(lock),
        None => row,
    }
}

/// The select, its text kept from the first time: to build it costs as much as to send it to SQLite.
///
/// SQLite has no row locks. A deferred transaction that reads first and writes later fails with `database is
/// locked` when somebody else wrote in between, whatever the busy timeout; auditing must not do that to an
/// application that only writes. So there the read begins with a write of no row, which waits for the write lock.
fn statement<E: Audited>(backend: DbBackend, key: Vec<Value>, lock: Option<LockType>) -> Statement {
    let recorded = Recorded::<E>::get();
    let sql = recorded.select_text((backend, lock), || {
        let select = select::<E>(key.clone(), lock).build(backend);
        if backend == DbBackend::Sqlite && lock.is_some() {
            format!("{}; {}", recorded.sqlite_lock(), select.sql)
        } else {
            select.sql
        }
    });
    Statement::from_sql_and_values(backend, &*sql, key)
}

fn lock_type(backend: DbBackend, intent: Intent) -> LockType {
    match (backend, intent) {
        // What PostgreSQL itself takes for an UPDATE: a stronger lock would make inserts into tables that
        // refer to this row wait.
        (DbBackend::Postgres, Intent::Update) => LockType::NoKeyUpdate,
        _ => LockType::Update,
    }
}
