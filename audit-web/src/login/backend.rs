use std::{collections::HashSet, fmt, ops::Deref, sync::Arc};

use audit_sea_orm::{Actor, AuditContext, GeoLocator, LoginAttempt};
use axum_login::{AuthUser, AuthnBackend, AuthzBackend, UserId};
use sea_orm::DbErr;
use thiserror::Error;

use super::{
    attempt::{self, IfAbandoned},
    refusal::{self, Refusal},
};
use crate::EventReporter;

/// A function that all clones of a backend share.
type Shared<I, O> = Arc<dyn Fn(&I) -> O + Send + Sync>;

/// A backend of axum-login that records who logged in, and who failed to.
///
/// Each `authenticate` leaves a row of `audit_login_attempt` and a `LOGIN` or `LOGIN_FAILED` record, also when
/// the client goes away before it ends; of failed ones that repeat, one row says how many. Under [`OnFailure::Fail`](audit_sea_orm::OnFailure::Fail), the default,
/// nobody is let in whose login cannot be recorded.
///
/// After a success the user is the actor of what the request does next.
///
/// See the [module docs](crate::login) for an example.
#[must_use]
pub struct AuditedBackend<B: AuthnBackend> {
    backend: B,
    reporter: EventReporter,
    username: Shared<B::Credentials, String>,
    actor: Shared<B::User, Actor>,
    refusal: Shared<B::Error, Refusal>,
    locator: Option<Arc<dyn GeoLocator + Send + Sync>>,
}

impl<B: AuthnBackend + 'static> AuditedBackend<B> {
    /// Wraps a backend, given a database connection or an [`EventReporter`]; the closure takes from its credentials the
    /// name that was typed.
    ///
    /// The reporter bounds what failed logins write: see [`EventReporter::record_login`]. Share the application's, so that its
    /// flush at the end writes what was counted.
    pub fn new(
        backend: B,
        reporter: impl Into<EventReporter>,
        username: impl Fn(&B::Credentials) -> String + Send + Sync + 'static,
    ) -> Self {
        Self {
            backend,
            reporter: reporter.into(),
            username: Arc::new(username),
            actor: Arc::new(|user: &B::User| Actor::new(user.id())),
            // Not the error's text: who knows what a backend puts there.
            refusal: Arc::new(|_: &B::Error| Refusal::failed("the backend reported an error")),
            locator: None,
        }
    }

    /// Sets which actor a user is. Default: one with the user's id and no name.
    pub fn actor(mut self, actor: impl Fn(&B::User) -> Actor + Send + Sync + 'static) -> Self {
        self.actor = Arc::new(actor);
        self
    }

    /// Sets what an error of the backend is: a failure, or a block. Default: a failure that does not quote the
    /// error. A reason that the backend [noted](Refusal::note) goes before it.
    pub fn refusal(
        mut self,
        refusal: impl Fn(&B::Error) -> Refusal + Send + Sync + 'static,
    ) -> Self {
        self.refusal = Arc::new(refusal);
        self
    }

    /// Sets what tells country and city of an address. Default: nothing does.
    pub fn locator(mut self, locator: impl GeoLocator + Send + Sync + 'static) -> Self {
        self.locator = Some(Arc::new(locator));
        self
    }

    pub(crate) fn actor_of(&self, user: &B::User) -> Actor {
        (self.actor)(user)
    }

    pub(crate) fn logout(&self, user: &B::User) -> LoginAttempt {
        let actor = self.actor_of(user);
        let name = actor.name().unwrap_or(actor.id()).to_owned();
        LoginAttempt::logout(name).actor(actor)
    }

    pub(crate) fn reporter(&self) -> EventReporter {
        self.reporter.clone()
    }

    fn attempt(
        &self,
        username: String,
        outcome: &Result<Option<B::User>, B::Error>,
        noted: Option<Refusal>,
    ) -> LoginAttempt {
        let refusal = match outcome {
            Ok(Some(user)) => return LoginAttempt::success(username).actor(self.actor_of(user)),
            Ok(None) => noted.unwrap_or_else(|| Refusal::failed("wrong credentials")),
            Err(error) => noted.unwrap_or_else(|| (self.refusal)(error)),
        };
        refused(username, refusal)
    }

    fn locate(&self, attempt: LoginAttempt) -> LoginAttempt {
        match &self.locator {
            Some(locator) => attempt.located_by(locator.as_ref()),
            None => attempt,
        }
    }
}

fn refused(username: String, refusal: Refusal) -> LoginAttempt {
    let attempt = if refusal.is_block {
        LoginAttempt::blocked(username)
    } else {
        LoginAttempt::failed(username)
    };
    attempt.reason(refusal.reason)
}

impl<B: AuthnBackend + 'static> AuthnBackend for AuditedBackend<B> {
    type User = B::User;
    type Credentials = B::Credentials;
    type Error = AuditedBackendError<B::Error>;

    async fn authenticate(
        &self,
        credentials: B::Credentials,
    ) -> Result<Option<B::User>, Self::Error> {
        let username = (self.username)(&credentials);
        let abandoned = Refusal::failed("abandoned before it ended");
        let abandoned = self.locate(refused(username.clone(), abandoned));
        let abandoned = IfAbandoned::new(abandoned, self.reporter());
        let (outcome, noted) = refusal::listen(self.backend.authenticate(credentials)).await;
        abandoned.disarm();

        let attempt = self.locate(self.attempt(username, &outcome, noted));
        let recorded = attempt::record(attempt, self.reporter()).await;
        // The backend's own error says more about what is wrong than that it could not be recorded either.
        let user = outcome.map_err(AuditedBackendError::Backend)?;
        recorded.map_err(AuditedBackendError::Audit)?;
        if let Some(user) = &user {
            AuditContext::set_actor(self.actor_of(user));
        }
        Ok(user)
    }

    async fn get_user(&self, user_id: &UserId<Self>) -> Result<Option<B::User>, Self::Error> {
        let user = self.backend.get_user(user_id).await;
        user.map_err(AuditedBackendError::Backend)
    }
}

impl<B: AuthzBackend + 'static> AuthzBackend for AuditedBackend<B> {
    type Permission = B::Permission;

    async fn get_user_permissions(
        &self,
        user: &B::User,
    ) -> Result<HashSet<B::Permission>, Self::Error> {
        let permissions = self.backend.get_user_permissions(user).await;
        permissions.map_err(AuditedBackendError::Backend)
    }

    async fn get_group_permissions(
        &self,
        user: &B::User,
    ) -> Result<HashSet<B::Permission>, Self::Error> {
        let permissions = self.backend.get_group_permissions(user).await;
        permissions.map_err(AuditedBackendError::Backend)
    }

    async fn get_all_permissions(
        &self,
        user: &B::User,
    ) -> Result<HashSet<B::Permission>, Self::Error> {
        let permissions = self.backend.get_all_permissions(user).await;
        permissions.map_err(AuditedBackendError::Backend)
    }

    async fn has_perm(
        &self,
        user: &B::User,
        permission: B::Permission,
    ) -> Result<bool, Self::Error> {
        let answer = self.backend.has_perm(user, permission).await;
        answer.map_err(AuditedBackendError::Backend)
    }
}

/// The backend that is wrapped, so that `auth.backend.anything()` goes on working.
impl<B: AuthnBackend> Deref for AuditedBackend<B> {
    type Target = B;

    fn deref(&self) -> &B {
        &self.backend
    }
}

impl<B: AuthnBackend> Clone for AuditedBackend<B> {
    fn clone(&self) -> Self {
        Self {
            backend: self.backend.clone(),
            reporter: self.reporter.clone(),
            username: Arc::clone(&self.username),
            actor: Arc::clone(&self.actor),
            refusal: Arc::clone(&self.refusal),
            locator: self.locator.clone(),
        }
    }
}

impl<B: AuthnBackend + fmt::Debug> fmt::Debug for AuditedBackend<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditedBackend")
            .field("backend", &self.backend)
            .field("has_locator", &self.locator.is_some())
            .finish_non_exhaustive()
    }
}

/// What can go wrong in an [`AuditedBackend`].
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AuditedBackendError<E> {
    /// The backend reported an error; it is recorded as a failed attempt.
    #[error(transparent)]
    Backend(E),
    /// The attempt could not be recorded, so nobody was let in.
    #[error("audit: the login could not be recorded")]
    Audit(#[source] DbErr),
}
