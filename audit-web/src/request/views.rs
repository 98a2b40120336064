//! Views that a handler wants recorded once its answer is known to be a success.

use audit_sea_orm::AuditEvent;
use http::Response;
use sea_orm::DbErr;

use super::in_flight::InFlight;

/// What a handler showed, in the extensions of its answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Views(pub(crate) Vec<AuditEvent>);

/// Takes the views out of an answer; none where it is no success.
pub(super) fn take<B>(response: &mut Response<B>) -> Option<Views> {
    let views = response.extensions_mut().remove::<Views>()?;
    (response.status().is_success() && !views.0.is_empty()).then_some(views)
}

/// Writes them, in the request's context.
pub(super) fn record(
    views: Views,
    request: &InFlight,
) -> impl Future<Output = Result<(), DbErr>> + Send + use<> {
    let db = request.db().clone();
    request.context().scope(async move {
        for view in views.0 {
            view.record(&db).await?;
        }
        Ok(())
    })
}
