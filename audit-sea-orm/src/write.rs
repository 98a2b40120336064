//! Writes a record: one `INSERT`, of just the columns that hold something.

mod failed_alone;
pub(crate) mod insert;
mod lost;

use audit_core::{AuditConfig, AuditContext, OnFailure};
use sea_orm::{
    DbBackend, DbErr,
    sea_query::{Expr, Query},
};

use crate::{
    Error, Result, clock,
    connection::{
        AnyConnection, ConnectionKind,
        own::{own, transaction_of},
        own_transaction,
    },
    entity::audit_log,
    error::chain,
    record::{self, Condition, Record, Row},
};
use failed_alone::failed_alone;
pub use lost::{lost_records, lost_records_of};

/// Writes a record with the current context, and does what the configuration says where that fails.
pub(crate) async fn write(
    db: &AnyConnection<'_>,
    config: &AuditConfig,
    record: Record,
    context: &AuditContext,
) -> Result<()> {
    write_if(db, config, record, context, None).await.map(drop)
}

/// As [`write()`], where the condition holds; whether it did. Of a loss that is counted it is not known: then it is
/// taken to.
pub(crate) async fn write_if(
    db: &AnyConnection<'_>,
    config: &AuditConfig,
    record: Record,
    context: &AuditContext,
    condition: Option<Condition>,
) -> Result<bool> {
    // The words are made where something fails, from what they name.
    let (action, table) = (record.action.clone(), record.table_name.clone());
    let object_id = record.object_id.clone();
    let event = || record::event(&action, table.as_deref(), object_id.as_deref());
    let is_conditional = condition.is_some();
    let row = Row::of(db.get_database_backend(), record, context, clock::now());
    let row = in_transaction(row, db).only_if(condition);
    let insert = async {
        if db.kind().allows_raw() {
            db.execute_raw(row.statement()).await
        } else {
            db.execute(&row.insert()).await
        }
    };
    let inserted = guarded(db, config, event, insert).await?;
    Ok(!is_conditional || inserted.is_none_or(|done| done.rows_affected() > 0))
}

/// The row, with the id of the transaction that it is written in. By itself it has none.
fn in_transaction(row: Row, db: &AnyConnection<'_>) -> Row {
    match transaction_of(db) {
        Some(id) => row.of_transaction(id),
        None if db.kind().is_autocommit() => row,
        None => row.of_session(),
    }
}

/// Inserts no record, to learn whether one could be: on a restricted connection each statement commits by itself, so
/// the refusal of the record would come when the change stands.
pub(crate) async fn try_nothing(db: &AnyConnection<'_>) -> Result<(), DbErr> {
    // Of the columns that must hold something: MySQL and MariaDB miss them though there is no row.
    let mut nothing = Query::select();
    nothing
        .expr(Expr::current_timestamp())
        .expr(Expr::value(""))
        .and_where(Expr::cust("1 = 0"));
    let mut insert = Query::insert();
    insert
        .into_table(audit_log::Entity)
        .columns([audit_log::Column::OccurredAt, audit_log::Column::Action])
        .select_from(nothing)
        .map_err(|error| DbErr::Custom(error.to_string()))?;
    own(db.execute(&insert)).await.map(drop)
}

/// Awaits the insert of a row of the trail, and does what the configuration says where that fails: `None` is a
/// loss that is counted.
pub(crate) async fn guarded<T>(
    db: &AnyConnection<'_>,
    config: &AuditConfig,
    event: impl FnOnce() -> String + Send,
    insert: impl Future<Output = Result<T, DbErr>> + Send,
) -> Result<Option<T>> {
    let inserted = own(async {
        if needs_savepoint(db, config) {
            own_transaction::in_savepoint_of(db, |error| error, insert).await
        } else {
            insert.await
        }
    })
    .await;
    match inserted {
        Ok(row) => Ok(Some(row)),
        Err(source) => {
            let event = event();
            let failed = Err(Error::writing(event, source));
            settle(db, config, failed).await.map(|()| None)
        }
    }
}

/// Turns a failure into a counted loss where the configuration says so and the change still stands.
pub(crate) async fn settle(
    db: &AnyConnection<'_>,
    config: &AuditConfig,
    result: Result<()>,
) -> Result<()> {
    let Err(error) = result else { return Ok(()) };
    match config.get_on_failure() {
        OnFailure::Log if failed_alone(db, &error).await => {
            lost::note(config, &error.to_string(), &chain(&error));
            Ok(())
        }
        _ => Err(error),
    }
}

/// PostgreSQL refuses every statement after a failed one, up to a savepoint. Only there, and only where the
/// application asked to go on, is one worth its two statements.
///
/// Not through an application's own wrapper, which may be one of a pool: each savepoint would be an error in the server's
/// log. There a record that cannot be written is an error in a transaction.
fn needs_savepoint(db: &AnyConnection<'_>, config: &AuditConfig) -> bool {
    let kind = db.kind();
    config.get_on_failure() == OnFailure::Log
        && db.get_database_backend() == DbBackend::Postgres
        && kind == ConnectionKind::Transaction
}
