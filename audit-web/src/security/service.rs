use std::{
    sync::Arc,
    task::{Context, Poll},
};

use audit_sea_orm::{AuditContext, SharedContext, entity::system_event::EventType, text};
use http::{Request, Response};
use tower_service::Service;

use super::{SecurityResponseFuture, layer::Settings};
use crate::{
    reporter::Report,
    request::{Route, peer, user_agent},
};

/// In the extensions of a request that a [`SecurityAuditService`] outside watches: one inside reports nothing a second time.
#[derive(Clone, Copy, Debug)]
struct Watched;

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
        let visit = Visit {
            route: Route::of(&parts),
            context: context(&self.settings, &parts),
            settings: Arc::clone(&self.settings),
        };
        if let Some(agent) = user_agent(&parts.headers)
            && let Some(scanner) = self.settings.scanners.find(&agent)
        {
            visit.report("scanner", scanner, &agent);
        }
        let future = self.inner.call(Request::from_parts(parts, body));
        // Only the answer tells whether another path is the application's own.
        let visit = (!visit.route.is_matched()).then_some(visit);
        SecurityResponseFuture::new(future, visit)
    }
}

/// What an event about a request needs.
#[derive(Debug)]
pub(super) struct Visit {
    settings: Arc<Settings>,
    route: Route,
    context: SharedContext,
}

impl Visit {
    /// Reports the request, which nobody answered, if its path is probed for.
    pub(super) fn not_found(&self) {
        if let Some(probe) = self.settings.probes.find(self.route.path()) {
            let agent = self.context.get().user_agent;
            self.report("probe", probe, agent.as_deref().unwrap_or("unknown"));
        }
    }

    fn report(&self, kind: &'static str, name: &str, agent: &str) {
        let title = format!("{kind}: {}", text::line(name, 200));
        let mut report = Report::new(EventType::Security, title, &self.context);
        report.code = Some(kind.into());
        report.per_client = true;
        let request = self.route.to_string();
        let (request, agent) = (text::line(&request, 500), text::line(agent, 512));
        report.description = Some(format!("{request}, by {agent}"));
        self.settings.reporter.report(report);
    }
}

/// The context that an `AuditLayer` outside made, else one of the address alone.
fn context(settings: &Settings, parts: &http::request::Parts) -> SharedContext {
    if let Some(context) = parts.extensions.get::<SharedContext>() {
        return context.clone();
    }
    let peer = peer(&parts.extensions);
    let mut context = AuditContext::current();
    context.ip = settings.client_address.resolve(peer, &parts.headers);
    context.user_agent =
        user_agent(&parts.headers).map(|agent| text::line(&agent, 512).into_owned());
    SharedContext::new(context)
}
