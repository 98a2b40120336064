//! Writes under another policy for failures than the application's.

use audit_sea_orm::{AuditConfig, Error, OnFailure};
use sea_orm::DbErr;

/// Awaits what records something, with the configuration of this moment but for what becomes of a failure.
pub(crate) async fn under(
    on_failure: OnFailure,
    recording: impl Future<Output = Result<(), DbErr>>,
) -> Result<(), DbErr> {
    let config = AuditConfig::current().map_err(Error::from)?;
    let config = config.as_ref().clone().on_failure(on_failure);
    config.scope(recording).await
}
