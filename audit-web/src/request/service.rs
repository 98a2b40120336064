use std::{
    panic::resume_unwind,
    sync::Arc,
    task::{Context, Poll},
};

use audit_sea_orm::SharedContext;
use http::{Request, Response, request::Parts};
use http_body::Body;
use tower_service::Service;

use super::{
    AuditBody, Incoming, ResponseFuture, Watched, in_flight::InFlight, panic, settings::Settings,
};

/// A service with an audit context around each request, made by [`AuditLayer`](super::AuditLayer).
#[derive(Clone, Debug)]
pub struct AuditService<S> {
    inner: S,
    settings: Arc<Settings<Parts>>,
}

impl<S> AuditService<S> {
    pub(super) fn new(inner: S, settings: Arc<Settings<Parts>>) -> Self {
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

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for AuditService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: Body,
{
    type Response = Response<AuditBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, ResBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let route = parts.route();
        if let Some(Watched(outer)) = parts.extensions.get() {
            if let Some(panic) = self.settings.join(outer, &parts, &route) {
                resume_unwind(panic.payload);
            }
            let request = Request::from_parts(parts, body);
            return ResponseFuture::passing(self.inner.call(request));
        }
        let (context, panic) = self.settings.context(&parts, &route);
        let context = SharedContext::new(context);
        let reporting = Arc::clone(&self.settings.reporting);
        let mut in_flight =
            InFlight::new(reporting, context.clone(), route).with_grpc(&parts.headers);
        if let Some(panic) = panic {
            return ResponseFuture::panicked(panic, in_flight);
        }
        parts.extensions.insert(context.clone());
        parts.extensions.insert(Watched(context.clone()));
        let request = Request::from_parts(parts, body);
        // Many services work in `call` already, not only in the future that it returns.
        let called = panic::catch(|| context.scope_sync(|| self.inner.call(request)));
        match called {
            Ok((future, caught)) => {
                in_flight.keep(caught);
                ResponseFuture::running(context.scope(future), in_flight)
            }
            Err(panic) => ResponseFuture::panicked(panic, in_flight),
        }
    }
}
