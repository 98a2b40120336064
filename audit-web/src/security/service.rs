use std::{
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_service::Service;

use super::{
    SecurityResponseFuture,
    settings::Settings,
    visit::{Visit, Watched},
};

/// A service that reports probes and scanners, made by [`SecurityAuditLayer`](super::SecurityAuditLayer).
#[derive(Clone, Debug)]
pub struct SecurityAuditService<S> {
    inner: S,
    settings: Arc<Settings>,
}

impl<S> SecurityAuditService<S> {
    pub(super) fn new(inner: S, settings: Arc<Settings>) -> Self {
        Self { inner, settings }
    }

    /// The service inside.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The service inside, to change.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The service inside, alone.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for SecurityAuditService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = SecurityResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        if parts.extensions.insert(Watched).is_some() {
            let future = self.inner.call(Request::from_parts(parts, body));
            return SecurityResponseFuture::new(future, None);
        }
        let visit = Visit::of(&self.settings, &parts);
        visit.look_for_scanner(&parts);
        let future = self.inner.call(Request::from_parts(parts, body));
        // Only the answer tells whether another path is the application's own.
        let visit = (!visit.is_matched()).then_some(visit);
        SecurityResponseFuture::new(future, visit)
    }
}
