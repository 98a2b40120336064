//! Events that an application reports itself.

mod audit_event;
mod data_export;
mod login_attempt;
mod system_event;

use std::sync::Arc;

use audit_core::{AuditConfig, AuditContext};
use sea_orm::ConnectionTrait;

use crate::{Result, connection_kind::ConnectionKind};

pub use audit_event::AuditEvent;
pub use data_export::DataExport;
pub use login_attempt::{GeoLocator, LoginAttempt, Place};
pub use system_event::SystemEvent;

/// The configuration under which an event of that kind is recorded; `None` where it is not to be: in an
/// unaudited scope, through a migration's connection, or where a list says to skip it.
fn recording<C: ConnectionTrait>(
    action: &str,
    table: Option<&str>,
) -> Result<Option<Arc<AuditConfig>>> {
    if AuditContext::is_unaudited() || ConnectionKind::of::<C>() == ConnectionKind::Migration {
        return Ok(None);
    }
    let config = AuditConfig::current()?;
    let is_skipped =
        config.skips_action(action) || table.is_some_and(|table| config.skips_model(table));
    Ok((config.is_enabled() && !is_skipped).then_some(config))
}
