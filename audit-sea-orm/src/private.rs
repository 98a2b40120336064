//! What the derive's expansion and `audit-migration` name. Not part of the interface. What tests and benchmarks of this
//! project need is behind the feature `__tests`.

pub use audit_core::FieldPolicy;
pub use inventory;
pub use sea_orm::{self, prelude::async_trait::async_trait};

pub use crate::{
    Audited, Capture,
    audited::{entity_names::RegisteredNames, object::column_repr},
    capture::present::PresentTable,
    connection::own_transaction::{Own, finished_in_a_task, in_savepoint},
    hooks, register_audited,
    timeline::index::{PartIndex, part_indexes},
};

/// Inserts a row of the trail as the builders of events do: for the tests, which choose its time.
///
/// # Errors
/// What the database reports.
#[cfg(feature = "__tests")]
pub async fn insert<A, C>(db: &C, row: &A) -> Result<i64, sea_orm::DbErr>
where
    A: sea_orm::ActiveModelTrait<Entity: crate::TrailEntity> + Sync,
    C: sea_orm::ConnectionTrait,
{
    crate::write::insert::insert(db, row).await
}

/// The policy of a column by the lists of `#[audited(skip(…), mask(…))]` on the struct.
#[must_use]
pub fn policy_by_name(column: &str, skip: &[&str], mask: &[&str]) -> FieldPolicy {
    FieldPolicy::by_name(column, skip, mask)
}

/// The old and the new values that the record of an update holds, without a database: for the benchmarks.
/// `None` where nothing recorded differs, or a value has no encoding.
#[must_use]
#[cfg(feature = "__tests")]
pub fn update_record_json<E: Audited>(
    before: &E::Model,
    after: &E::Model,
) -> Option<(String, String)> {
    use audit_core::diff;
    let recorded = crate::audited::recorded::Recorded::<E>::get();
    let (before, after) = (recorded.capture(before), recorded.capture(after));
    let changed = diff::changed(&before, &after);
    let json = |values: &[_], positions: &[usize]| {
        diff::object(recorded.fields(), values, positions.iter().copied()).ok()
    };
    (!changed.is_empty()).then(|| Some((json(&before, &changed)?, json(&after, &changed)?)))?
}

/// As `capture::install`, for an entity whose hooks record too: for the tests, which compare the two.
///
/// # Errors
/// What the database reports.
#[cfg(feature = "__tests")]
pub async fn install_capture_beside_hooks<C, E>(db: &C) -> Result<(), sea_orm::DbErr>
where
    C: crate::AuditedWrite,
    E: Audited,
{
    crate::capture::install_beside_hooks::<C, E>(db).await
}

/// As `capture::install` or `capture::install_with`, for migrations: a table that is not what its entity says is left alone.
///
/// # Errors
/// What the database reports, and where the entity is none that triggers record.
pub async fn install_capture_if_ready<C, E>(
    db: &C,
    entity: E,
    options: Option<crate::capture::CaptureOptions>,
) -> Result<(), sea_orm::DbErr>
where
    C: crate::AuditedWrite,
    E: Audited,
{
    crate::capture::install_if_ready(db, entity, options).await
}

/// Whether the connection finds a trail, on PostgreSQL anywhere in its search path.
///
/// # Errors
/// What the database reports.
pub async fn has_trail<C: sea_orm::ConnectionTrait>(db: &C) -> Result<bool, sea_orm::DbErr> {
    crate::capture::has_trail(db).await
}
