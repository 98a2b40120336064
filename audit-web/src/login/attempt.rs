//! Writes an attempt to its end, though the client may go away.

use audit_sea_orm::{Error, LoginAttempt, OnFailure};
use sea_orm::DbErr;
use tokio::runtime::Handle;

use crate::{EventReporter, reporter::under};

/// Writes the attempt in a task of its own, which a client that goes away does not cancel.
pub(crate) async fn record(attempt: LoginAttempt, reporter: EventReporter) -> Result<(), DbErr> {
    let written = audit_sea_orm::task::spawn(async move { reporter.record_login(attempt).await });
    match written.await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Error::RuntimeStopped.into()),
        },
    }
}

/// Writes the attempt where there is nobody left to report an error to: it is counted as a loss then.
pub(crate) async fn record_or_count(
    attempt: LoginAttempt,
    reporter: EventReporter,
) -> Result<(), DbErr> {
    under(OnFailure::Log, record(attempt, reporter)).await
}

/// An attempt to record should its future be dropped before it is known how it ended.
#[derive(Debug)]
pub(crate) struct IfAbandoned(Option<(LoginAttempt, EventReporter)>);

impl IfAbandoned {
    pub(crate) fn new(attempt: LoginAttempt, reporter: EventReporter) -> Self {
        Self(Some((attempt, reporter)))
    }

    /// It is known how it ended.
    pub(crate) fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for IfAbandoned {
    fn drop(&mut self) {
        let Some((attempt, reporter)) = self.0.take() else {
            return;
        };
        // The runtime that polled the future; none where it stops, and then nothing can be written.
        if Handle::try_current().is_ok() {
            drop(audit_sea_orm::task::spawn(record_or_count(
                attempt, reporter,
            )));
        }
    }
}
