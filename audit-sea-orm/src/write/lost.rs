//! Counts and traces the records that are lost.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use audit_core::AuditConfig;

/// How many were lost, by the label of the configuration in force.
static LOST: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

fn lost() -> MutexGuard<'static, BTreeMap<String, u64>> {
    LOST.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many records were lost since the process began, each with a `tracing` event at level `ERROR`.
///
/// Only [`OnFailure::Log`](crate::OnFailure::Log) lets a record be lost.
/// Watch it: a number that grows is a gap in the trail.
#[must_use]
pub fn lost_records() -> u64 {
    lost().values().sum()
}

/// How many of the [`lost_records`] were lost under a configuration of that [label](AuditConfig::label).
///
/// # Example
/// ```
/// use audit_sea_orm::{OnFailure, prelude::*};
/// # use sea_orm::Database;
/// # #[tokio::main]
/// # async fn main() -> Result<(), sea_orm::DbErr> {
/// # let without_tables = Database::connect("sqlite::memory:").await?;
/// let orders = AuditConfig::new().label("orders").on_failure(OnFailure::Log);
/// orders.scope(AuditEvent::custom("IMPORT_ENDED").record(&without_tables)).await?;
///
/// assert_eq!(audit_sea_orm::lost_records_of("orders"), 1);
/// assert_eq!(audit_sea_orm::lost_records_of("payments"), 0);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn lost_records_of(label: &str) -> u64 {
    lost().get(label).copied().unwrap_or_default()
}

/// Counts and traces a record that is lost.
pub(super) fn note(config: &AuditConfig, event: &str, cause: &str) {
    let label = config.get_label();
    *lost().entry(label.to_owned()).or_default() += 1;
    tracing::error!(event, cause, label, "audit record lost");
}
