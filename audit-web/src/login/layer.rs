use std::{
    fmt,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use audit_sea_orm::{AuditContext, AuditFutureExt};
use axum_login::{
    AuthManagerLayer, AuthManagerLayerBuilder, AuthSession, AuthnBackend,
    tower_sessions::{SessionManagerLayer, SessionStore, service::CookieController},
};
use http::{Request, Response};
use tower_layer::{Layer, Stack};
use tower_service::Service;

use super::{backend::AuditedBackend, watch::Watch};

/// The key under which axum-login keeps its part of the session by default.
const DATA_KEY: &str = "axum-login.data";

/// Names the logged-in user as the actor of a request, and records when the request logs that user out.
///
/// It belongs inside axum-login's layer, as [`AuditedBackend::into_layer`] puts it: outside there is no session,
/// and it does nothing. It keeps no settings beside the key of the session's data: all else stands in the
/// [`AuditedBackend`] of the session.
///
/// A logout is seen by the session no longer holding the user when the request ends, also when the client goes
/// away or the handler panics. A user who is exchanged for another is logged out too. The answer stays as it
/// is: a `LOGOUT` that cannot be written is counted in [`lost_records`](audit_sea_orm::lost_records).
///
/// The context also gets a digest of the session's id, by which one session's records are found; the id itself
/// would open the session to whoever reads the trail. An id that `AuditLayer` was told to find stays.
#[must_use]
pub struct AuditLoginLayer<B> {
    data_key: &'static str,
    backend: PhantomData<fn() -> B>,
}

impl<B> AuditLoginLayer<B> {
    /// The layer for sessions of that backend.
    pub fn new() -> Self {
        Self {
            data_key: DATA_KEY,
            backend: PhantomData,
        }
    }

    /// Sets the key of the session's data, where `AuthManagerLayerBuilder::with_data_key` sets it. Default:
    /// `axum-login.data`.
    pub fn data_key(mut self, data_key: &'static str) -> Self {
        self.data_key = data_key;
        self
    }
}

/// The layer of [`AuditedBackend::into_layer`]: axum-login's around [`AuditLoginLayer`].
pub type AuditedLogin<B, S, C> =
    Stack<AuditLoginLayer<B>, AuthManagerLayer<AuditedBackend<B>, S, C>>;

impl<B: AuthnBackend + 'static> AuditedBackend<B> {
    /// The layer that records logouts and names the actor; it belongs inside axum-login's.
    pub fn login_layer(&self) -> AuditLoginLayer<B> {
        AuditLoginLayer::new()
    }

    /// axum-login's layer with [`login_layer`](Self::login_layer) inside: all that a router needs.
    ///
    /// Build the two yourself where the session's data has a key of your own; see
    /// [`AuditLoginLayer::data_key`].
    pub fn into_layer<S, C>(self, sessions: SessionManagerLayer<S, C>) -> AuditedLogin<B, S, C>
    where
        S: SessionStore,
        C: CookieController,
    {
        let inner = self.login_layer();
        Stack::new(inner, AuthManagerLayerBuilder::new(self, sessions).build())
    }
}

impl<B> Default for AuditLoginLayer<B> {
    fn default() -> Self {
        Self::new()
    }
}

impl<B> Clone for AuditLoginLayer<B> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<B> fmt::Debug for AuditLoginLayer<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditLoginLayer")
            .field("data_key", &self.data_key)
            .finish()
    }
}

impl<B, S> Layer<S> for AuditLoginLayer<B> {
    type Service = AuditLogin<S, B>;

    fn layer(&self, inner: S) -> Self::Service {
        AuditLogin {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service of [`AuditLoginLayer`].
#[derive(Debug)]
pub struct AuditLogin<S, B> {
    inner: S,
    layer: AuditLoginLayer<B>,
}

impl<S: Clone, B> Clone for AuditLogin<S, B> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            layer: self.layer.clone(),
        }
    }
}

impl<S, B, ReqBody, ResBody> Service<Request<ReqBody>> for AuditLogin<S, B>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    S::Future: Send + 'static,
    S::Error: Send,
    ResBody: Send,
    B: AuthnBackend + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let session = request.extensions().get::<AuthSession<AuditedBackend<B>>>();
        let watched = session.and_then(|session| {
            let user = session.user.as_ref()?;
            let actor = session.backend.actor_of(user);
            Some((Watch::of(session, user, self.layer.data_key), actor))
        });
        let response = self.inner.call(request);
        let Some((mut watch, actor)) = watched else {
            return Box::pin(response);
        };
        Box::pin(async move {
            watch.begin().await;
            let response = if AuditContext::set_actor(actor.clone()) {
                // Whoever told `AuditLayer` how to name sessions knows better.
                if AuditContext::current().session_id.is_none() {
                    AuditContext::set_session_id(watch.session_digest());
                }
                response.await
            } else {
                // No `AuditLayer` outside: who it is holds all the same.
                let context = AuditContext::new().actor(actor);
                let context = context.session_id(watch.session_digest());
                response.with_audit_context(context).await
            };
            watch.end().await;
            response
        })
    }
}
