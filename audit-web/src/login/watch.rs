//! Tells whether a request logged its user out.

use audit_sea_orm::LoginAttempt;
use axum_login::{AuthSession, AuthnBackend, tower_sessions::Session};
use serde_json::Value;
use tokio::runtime::Handle;

use super::{attempt, backend::AuditedBackend};
use crate::{EventReporter, session::session_digest};

/// Records a logout once the request of a logged-in user ends, in whatever way.
///
/// `AuthSession::logout` goes neither through the backend nor through the handler's own copy of the session; but
/// all copies share one `Session`, which it empties.
#[derive(Debug)]
pub(crate) struct Watch(Option<Watched>);

#[derive(Debug)]
struct Watched {
    session: Session,
    data_key: &'static str,
    /// The user as the session names it; `None` where the session's data has another key.
    user_id: Option<Value>,
    logout: LoginAttempt,
    reporter: EventReporter,
}

impl Watch {
    pub(crate) fn of<B: AuthnBackend + 'static>(
        auth: &AuthSession<AuditedBackend<B>>,
        user: &B::User,
        data_key: &'static str,
    ) -> Self {
        Self(Some(Watched {
            session: auth.session.clone(),
            data_key,
            user_id: None,
            logout: auth.backend.logout(user),
            reporter: auth.backend.reporter(),
        }))
    }

    /// Notes whom the session names before the request.
    pub(crate) async fn begin(&mut self) {
        if let Some(watched) = &mut self.0 {
            watched.user_id = watched.named_user().await;
        }
    }

    /// A digest of the session's id: the id itself is as good as a password.
    pub(crate) fn session_digest(&self) -> String {
        let id = self.0.as_ref().and_then(|watched| watched.session.id());
        session_digest(&id.map(|id| id.to_string()).unwrap_or_default())
    }

    /// The request ended: records the logout, if there was one.
    pub(crate) async fn end(mut self) {
        let Some(watched) = &self.0 else { return };
        // While this is awaited the request can still be dropped, and then `drop` goes on.
        let is_logged_out = watched.is_logged_out().await;
        let watched = self.0.take();
        if let Some(watched) = watched.filter(|_| is_logged_out) {
            watched.record().await;
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let Some(watched) = self.0.take() else { return };
        // The runtime that polled the request; none where it stops, and then nothing can be written.
        if Handle::try_current().is_ok() {
            drop(audit_sea_orm::task::spawn(async move {
                if watched.is_logged_out().await {
                    watched.record().await;
                }
            }));
        }
    }
}

impl Watched {
    async fn named_user(&self) -> Option<Value> {
        let data = self.session.get_value(self.data_key).await.ok()??;
        data.get("user_id").filter(|id| !id.is_null()).cloned()
    }

    async fn is_logged_out(&self) -> bool {
        match &self.user_id {
            Some(before) => self.named_user().await.as_ref() != Some(before),
            None => self.session.is_empty().await,
        }
    }

    async fn record(self) {
        if let Err(error) = attempt::record_or_count(self.logout, self.reporter).await {
            tracing::error!(%error, "audit: a logout could not be recorded");
        }
    }
}
