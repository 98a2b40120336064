use audit_sea_orm::{Actor, AuditContext, DataExport};
use sea_orm::{DatabaseConnection, DbErr};
use serde_json::Value;

use super::format::Format;
use crate::admin::admitted::Visit;

/// What is recorded of an export: written when its last row has gone out, or, where the browser went away before
/// that, when it did.
pub(super) struct Receipt {
    db: DatabaseConnection,
    actor: Actor,
    /// The request's, which is over while its answer is still being sent.
    context: AuditContext,
    what: &'static str,
    format: Format,
    filters: Value,
    rows: u64,
    bytes: u64,
    is_due: bool,
}

impl Receipt {
    pub(super) fn new(visit: &Visit, what: &'static str, format: Format, filters: Value) -> Self {
        Self {
            db: visit.shared.db.clone(),
            actor: visit.viewer.actor.clone(),
            context: context(visit),
            what,
            format,
            filters,
            rows: 0,
            bytes: 0,
            is_due: false,
        }
    }

    /// Counts what was sent.
    pub(super) fn add(&mut self, rows: usize, bytes: usize) {
        self.rows += u64::try_from(rows).unwrap_or(u64::MAX);
        self.bytes += u64::try_from(bytes).unwrap_or(u64::MAX);
        self.is_due = true;
    }

    /// Writes it.
    pub(super) async fn write(&mut self) -> Result<(), DbErr> {
        self.is_due = false;
        let (db, export, context) = self.take();
        context.scope(export.record(&db)).await?;
        Ok(())
    }

    fn take(&self) -> (DatabaseConnection, DataExport, AuditContext) {
        let export = DataExport::new(self.what)
            .format(self.format.name())
            .records(self.rows)
            .bytes(self.bytes)
            .filters(self.filters.clone())
            .actor(self.actor.clone());
        (self.db.clone(), export, self.context.clone())
    }
}

/// The request's, of the tenant whose rows alone are exported.
fn context(visit: &Visit) -> AuditContext {
    let mut context = AuditContext::current();
    context.tenant_id = visit.viewer.tenant.clone().or(context.tenant_id);
    context
}

impl Drop for Receipt {
    fn drop(&mut self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        if self.is_due {
            let (db, export, context) = self.take();
            runtime.spawn(async move {
                if let Err(error) = context.scope(export.record(&db)).await {
                    tracing::error!(error = %error, "an export that was broken off could not be recorded");
                }
            });
        }
    }
}
