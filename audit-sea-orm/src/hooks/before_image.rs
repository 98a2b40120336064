//! Reads the state of a row before it changes.

mod parts;
mod postgres;

use std::panic::{AssertUnwindSafe, catch_unwind};

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, QueryResult, QueryTrait,
    Statement, Value,
    sea_query::{Expr, LockType, Query, SelectStatement, SqliteQueryBuilder},
};

use crate::{
    Audited,
    audited::{intent::Intent, object, recorded::Recorded},
    connection::{ConnectionKind, is_ours, own},
    record::encoding::Captured,
};

pub(crate) use postgres::{Counted, deleted_since};

/// A row before its write.
pub(crate) enum Row<E: EntityTrait> {
    Model(E::Model),
    /// The recorded columns of a row that the entity's model cannot hold.
    Parts(Vec<Captured>),
}

/// What was found before a write.
pub(crate) struct Found<E: EntityTrait> {
    pub(crate) row: Option<Row<E>>,
    /// What the server had counted of deletes, where it says so.
    pub(crate) counted: Option<Counted>,
}

/// How a row is asked for.
pub(crate) struct Wanted<E: EntityTrait> {
    pub(crate) key: Vec<Value>,
    pub(crate) intent: Intent,
    /// A column that the update sets.
    pub(crate) set: Option<E::Column>,
}

/// Reads the row with that key; in a transaction nobody else can then change it until the end.
pub(crate) async fn read<E: Audited, C: ConnectionTrait>(
    db: &C,
    wanted: &Wanted<E>,
) -> Result<Found<E>, DbErr> {
    let backend = db.get_database_backend();
    // A lock ends with the statement where each commits by itself: it would cost and give nothing.
    let is_autocommit = ConnectionKind::of_value(db).is_autocommit();
    if backend == DbBackend::Postgres && !is_autocommit {
        return postgres::read(db, wanted).await;
    }
    let lock = (!is_autocommit).then_some(LockType::Update);
    let may_be_deferred = lock.is_some() && !is_ours(db);
    if backend == DbBackend::Sqlite && may_be_deferred && ConnectionKind::of::<C>().allows_raw() {
        take_write_lock(db, wanted).await?;
    }
    fetch(db, wanted, lock).await
}

/// A write of no row, which waits for SQLite's write lock.
///
/// SQLite has no row locks. A deferred transaction that reads first and writes later fails with `database is
/// locked` when somebody else wrote in between, whatever the busy timeout; auditing must not do that to an
/// application that only writes. In a statement of its own: with sqlx 0.9.0 the thread of a connection ends where a
/// later statement of a text can be prepared no more, as another program altered the table.
async fn take_write_lock<E: Audited, C: ConnectionTrait>(
    db: &C,
    wanted: &Wanted<E>,
) -> Result<(), DbErr> {
    let sql = Recorded::<E>::get().lock_text(wanted.intent, || write_of_no_row(wanted));
    let lock = Statement::from_string(DbBackend::Sqlite, &*sql);
    own(db.execute_raw(lock)).await.map(drop)
}

/// Whether a row has that key, without a lock.
pub(crate) async fn is_there<E: Audited, C: ConnectionTrait>(
    db: &C,
    key: Vec<Value>,
) -> Result<bool, DbErr> {
    let wanted = Wanted::<E> {
        key,
        intent: Intent::Delete,
        set: None,
    };
    let row = own(db.query_one(&select(&wanted, None))).await?;
    Ok(row.is_some())
}

async fn fetch<E: Audited, C: ConnectionTrait>(
    db: &C,
    wanted: &Wanted<E>,
    lock: Option<LockType>,
) -> Result<Found<E>, DbErr> {
    let row = if ConnectionKind::of::<C>().allows_raw() {
        let statement = statement(db.get_database_backend(), wanted, lock);
        own(db.query_one_raw(statement)).await?
    } else {
        let backend = db.get_database_backend();
        own(db.query_one(&asked(backend, wanted, lock))).await?
    };
    let Some(row) = row else {
        let (row, counted) = (None, None);
        return Ok(Found { row, counted });
    };
    Ok(Found {
        counted: Counted::beside::<E>(&row),
        row: Some(decoded(db, wanted, &row).await?),
    })
}

/// The row as its model; where that fails, what can be had of it.
async fn decoded<E: Audited, C: ConnectionTrait>(
    db: &C,
    wanted: &Wanted<E>,
    row: &QueryResult,
) -> Result<Row<E>, DbErr> {
    match caught(|| E::Model::from_query_result(row, "")) {
        Some(model) => Ok(Row::Model(model)),
        None => parts::read(db, wanted, row).await.map(Row::Parts),
    }
}

/// What was decoded; `None` where it cannot be. Drivers panic on times that a database holds and their types do not.
fn caught<T>(decode: impl FnOnce() -> Result<T, DbErr>) -> Option<T> {
    // OK to go on after a panic: all that it saw is the row, which decoding does not change.
    catch_unwind(AssertUnwindSafe(decode)).ok()?.ok()
}

/// Without a limit, as the whole key finds one row at most: SQLite plans a statement with a bound limit anew
/// each time it is executed.
fn select<E: Audited>(wanted: &Wanted<E>, lock: Option<LockType>) -> SelectStatement {
    let mut row = object::with_key(E::find(), &wanted.key).into_query();
    if let Some(lock) = lock {
        row.lock(lock);
    }
    row
}

/// As [`select`], and beside a row that is locked to be deleted, what the server has counted.
fn asked<E: Audited>(
    backend: DbBackend,
    wanted: &Wanted<E>,
    lock: Option<LockType>,
) -> SelectStatement {
    let mut row = select(wanted, lock);
    if backend == DbBackend::Postgres && lock == Some(LockType::Update) {
        Counted::ask_beside::<E>(&mut row);
    }
    row
}

/// The select, its text kept from the first time: to build it costs as much as to send it to SQLite.
fn statement<E: Audited>(
    backend: DbBackend,
    wanted: &Wanted<E>,
    lock: Option<LockType>,
) -> Statement {
    let kind = (backend, lock, wanted.intent);
    let recorded = Recorded::<E>::get();
    let sql = recorded.select_text(kind, || backend.build(&asked(backend, wanted, lock)).sql);
    Statement::from_sql_and_values(backend, &*sql, wanted.key.clone())
}

/// The same kind of write as the one that follows, of the same column, so that a view or a generated column
/// refuses it only where it refuses that too.
fn write_of_no_row<E: EntityTrait>(wanted: &Wanted<E>) -> String {
    let (table, nothing) = (E::default().table_ref(), Expr::cust("0"));
    match wanted.set {
        Some(column) => Query::update()
            .table(table)
            .value(column, Expr::col(column))
            .and_where(nothing)
            .to_string(SqliteQueryBuilder),
        None => Query::delete()
            .from_table(table)
            .and_where(nothing)
            .to_string(SqliteQueryBuilder),
    }
}
