//! Events that an application reports itself.

mod audit_event;
mod data_export;
mod login_attempt;
mod quoted_values;
mod system_event;

use std::sync::Arc;

use audit_core::{Actor, AuditConfig, AuditContext};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityName, prelude::Json};

use crate::{
    AuditedWrite, Error, Result, TrailEntity,
    connection::{
        AnyConnection, ConnectionKind, own,
        own_transaction::{self, Own},
    },
    entity,
    record::{self, Record, encoding::JsonColumn},
    write::{self, insert::insert},
};

pub use audit_event::AuditEvent;
pub use data_export::DataExport;
pub use login_attempt::{GeoLocator, GeoPlace, LoginAttempt};
pub use system_event::SystemEvent;

/// The configuration under which an event of that kind is recorded; `None` where it is not to be: in an
/// unaudited scope, on a mock connection, or where a list says to skip it.
fn recording(
    db: &AnyConnection<'_>,
    action: &str,
    table: Option<&str>,
) -> Result<Option<Arc<AuditConfig>>> {
    if AuditContext::is_unaudited() || db.is_mock_connection() {
        return Ok(None);
    }
    let config = AuditConfig::current()?;
    let is_skipped =
        config.skips_action(action) || table.is_some_and(|table| config.skips_model(table));
    Ok((config.get_enabled() && !is_skipped).then_some(config))
}

/// The metadata of a context with one more field; what is no object has no room for it.
pub(crate) fn beside(metadata: Option<Json>, name: &str, value: Json) -> Json {
    let mut metadata = metadata.filter(Json::is_object).unwrap_or_default();
    metadata[name] = value;
    metadata
}

/// Writes an event apart from the stack: each future around it would hold it once more.
fn boxed<T>(
    write: impl Future<Output = Result<T>> + Send,
) -> impl Future<Output = Result<T, DbErr>> + Send {
    let write = Box::pin(write);
    async move { write.await.map_err(DbErr::from) }
}

/// A line of text as a column holds it.
fn line(column: impl ColumnTrait, text: Option<&str>) -> Option<String> {
    text.map(|text| entity::line(column, text))
}

/// An actor's id and name as columns hold them.
fn id_and_name<C: ColumnTrait>(
    [id, name]: [C; 2],
    actor: Option<&Actor>,
) -> (Option<String>, Option<String>) {
    (
        line(id, actor.map(Actor::id)),
        line(name, actor.and_then(Actor::name)),
    )
}

/// JSON as a column holds it.
fn json(json: Option<&Json>) -> Option<Json> {
    // OK to leave out what cannot be written: text always can.
    serde_json::to_value(JsonColumn(json?)).ok()
}

/// Writes a row of the trail and the record that names it, both or neither, and returns the row's number. What has no
/// row, a logout, is its record alone.
///
/// In somebody else's transaction they are in a savepoint, so that it goes on without half an event. It has nothing but
/// statements of the library's own, which follow each other without a gap where others of the same task could come in.
/// A restricted transaction takes no savepoint but SeaORM's, which cannot be dropped: there the caller rolls back.
async fn write_with_record<A, C>(
    db: &C,
    row: Option<&A>,
    record: Record,
    context: &AuditContext,
) -> Result<Option<i64>>
where
    A: ActiveModelTrait<Entity: TrailEntity> + Sync,
    C: AuditedWrite,
{
    let action = record.action.clone();
    let failed = |source| Error::writing(record::event(&action, None, None), source);
    if let Some(ours) = db.begin_ours().await.map_err(failed)? {
        // Boxed, as each future around it would hold it once more.
        let written = Box::pin(write_both(ours.connection(), row, record, context));
        let written = own_transaction::within(&ours, written).await;
        return own_transaction::end(ours, written, failed).await;
    }
    let written = write_both(db, row, record, context);
    if ConnectionKind::of::<C>().allows_raw() {
        own(own_transaction::in_savepoint(db, failed, written)).await
    } else {
        written.await
    }
}

async fn write_both<A, C>(
    db: &C,
    row: Option<&A>,
    mut record: Record,
    context: &AuditContext,
) -> Result<Option<i64>>
where
    A: ActiveModelTrait<Entity: TrailEntity> + Sync,
    C: ConnectionTrait,
{
    let mut number = None;
    if let Some(row) = row {
        let inserted = own(insert(db, row))
            .await
            .map_err(|source| Error::writing(record::event(&record.action, None, None), source))?;
        record.table_name = Some(A::Entity::default().table_name().into());
        record.object_id = Some(inserted.to_string());
        number = Some(inserted);
    }
    // A loss here would part the two rows, so it fails this whole write, which the caller settles.
    write::write(&AnyConnection::of(db), &AuditConfig::new(), record, context).await?;
    Ok(number)
}
