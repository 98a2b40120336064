//! Reads the state of a row before it changes.

mod parts;
mod postgres;

use sea_orm::{
    DbBackend, DbErr, QueryResult, Statement, Value,
    sea_query::{Alias, Expr, LockType, Query, SelectStatement, SqliteQueryBuilder},
};

use crate::{
    audited::intent::Intent,
    connection::{AnyConnection, is_ours, own},
    hooks::entity::{HookedEntity, State},
    record::encoding::Captured,
};

pub(crate) use postgres::Counted;
pub(super) use postgres::deleted_since;

/// A row before its write.
pub(super) enum Row {
    Whole(State),
    /// The recorded columns of a row that the entity's model cannot hold.
    Parts(Vec<Captured>),
}

/// What was found before a write.
pub(super) struct Found {
    pub(super) row: Option<Row>,
    /// What the server had counted of deletes, where it says so.
    pub(super) counted: Option<Counted>,
}

/// How a row is asked for.
pub(super) struct Wanted {
    pub(super) entity: &'static dyn HookedEntity,
    pub(super) key: Vec<Value>,
    pub(super) intent: Intent,
    /// A column that the update sets.
    pub(super) sets: Option<&'static str>,
}

/// Reads the row with that key; in a transaction nobody else can then change it until the end.
pub(super) async fn read(db: &AnyConnection<'_>, wanted: &Wanted) -> Result<Found, DbErr> {
    let backend = db.get_database_backend();
    // A lock ends with the statement where each commits by itself: it would cost and give nothing.
    let is_autocommit = db.kind().is_autocommit();
    if backend == DbBackend::Postgres && !is_autocommit {
        return postgres::read(db, wanted).await;
    }
    let lock = (!is_autocommit).then_some(LockType::Update);
    let may_be_deferred = lock.is_some() && !is_ours(db);
    if backend == DbBackend::Sqlite && may_be_deferred && db.kind().allows_raw() {
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
async fn take_write_lock(db: &AnyConnection<'_>, wanted: &Wanted) -> Result<(), DbErr> {
    let make = || write_of_no_row(wanted);
    let sql = wanted.entity.lock_text(wanted.intent, &make);
    let lock = Statement::from_string(DbBackend::Sqlite, &*sql);
    own(db.execute_raw(lock)).await.map(drop)
}

/// Whether a row has that key, without a lock.
pub(super) async fn is_there(
    entity: &dyn HookedEntity,
    db: &AnyConnection<'_>,
    key: Vec<Value>,
) -> Result<bool, DbErr> {
    let row = own(db.query_one(&entity.select(&key, None))).await?;
    Ok(row.is_some())
}

async fn fetch(
    db: &AnyConnection<'_>,
    wanted: &Wanted,
    lock: Option<LockType>,
) -> Result<Found, DbErr> {
    let row = if db.kind().allows_raw() {
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
        counted: Counted::beside(wanted.entity, &row),
        row: Some(decoded(db, wanted, &row).await?),
    })
}

/// The row as its model; where that fails, what can be had of it.
async fn decoded(db: &AnyConnection<'_>, wanted: &Wanted, row: &QueryResult) -> Result<Row, DbErr> {
    let has_repr = wanted.intent == Intent::Delete;
    match wanted.entity.state(row, has_repr) {
        Some(state) => Ok(Row::Whole(state)),
        None => parts::read(db, wanted, row).await.map(Row::Parts),
    }
}

/// The select of the row, and beside one that is locked to be deleted, what the server has counted.
fn asked(backend: DbBackend, wanted: &Wanted, lock: Option<LockType>) -> SelectStatement {
    let mut row = wanted.entity.select(&wanted.key, lock);
    if backend == DbBackend::Postgres && lock == Some(LockType::Update) {
        Counted::ask_beside(wanted.entity, &mut row);
    }
    row
}

/// The select, its text kept from the first time: to build it costs as much as to send it to SQLite.
fn statement(backend: DbBackend, wanted: &Wanted, lock: Option<LockType>) -> Statement {
    let kind = (backend, lock, wanted.intent);
    let make = || backend.build(&asked(backend, wanted, lock)).sql;
    let sql = wanted.entity.select_text(kind, &make);
    Statement::from_sql_and_values(backend, &*sql, wanted.key.clone())
}

/// The same kind of write as the one that follows, of the same column, so that a view or a generated column
/// refuses it only where it refuses that too.
fn write_of_no_row(wanted: &Wanted) -> String {
    let (table, nothing) = (wanted.entity.table_ref(), Expr::cust("0"));
    match wanted.sets {
        Some(column) => Query::update()
            .table(table)
            .value(Alias::new(column), Expr::col(Alias::new(column)))
            .and_where(nothing)
            .to_string(SqliteQueryBuilder),
        None => Query::delete()
            .from_table(table)
            .and_where(nothing)
            .to_string(SqliteQueryBuilder),
    }
}
