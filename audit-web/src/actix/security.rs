use std::{
    future::{Ready, ready},
    pin::Pin,
    sync::Arc,
};

use actix_web::{
    Error, HttpMessage,
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
    http::StatusCode,
};

use crate::{
    ClientAddress, EventReporter,
    request::Incoming,
    security::{Probes, Scanners, Settings, Visit, Watched},
};

/// Reports requests that look for holes as SECURITY events; every request is answered as without it.
///
/// It looks for what [`SecurityAuditLayer`](crate::SecurityAuditLayer) does, by the same lists. A path is the application's own
/// where actix has a resource for it. So one that ends in a tail match, such as `/{path:.*}`, hides probes; a
/// `default_service` does not.
///
/// Wrap it inside [`AuditMiddleware`](super::AuditMiddleware), that is in the line above, so that its events have that one's
/// context.
///
/// # Example
/// ```
/// # use sea_orm::DatabaseConnection;
/// use actix_web::App;
/// use audit_web::{EventReporter, actix::{AuditMiddleware, SecurityAuditMiddleware}};
///
/// # fn serve(db: &DatabaseConnection) {
/// let reporter = EventReporter::new(db);
/// let audit = AuditMiddleware::new(&reporter);
/// let security = SecurityAuditMiddleware::new(&reporter).scanners(["evil-eye"]);
/// let app = move || App::new().wrap(security.clone()).wrap(audit.clone());
/// # let _ = app;
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct SecurityAuditMiddleware {
    settings: Arc<Settings>,
}

impl SecurityAuditMiddleware {
    /// A middleware with the default lists, given a database connection or an [`EventReporter`], whose task it starts as
    /// [`AuditMiddleware::new`](super::AuditMiddleware::new) does.
    pub fn new(reporter: impl Into<EventReporter>) -> Self {
        let reporter = reporter.into();
        reporter.start();
        Self {
            settings: Arc::new(Settings::new(reporter)),
        }
    }

    /// Replaces the list of paths. Default: [`PROBE_PATHS`](crate::PROBE_PATHS).
    pub fn probe_paths(mut self, paths: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.settings_mut().probes = Probes::new(paths);
        self
    }

    /// Replaces the list of user agents. Default: [`SCANNERS`](crate::SCANNERS).
    pub fn scanners(mut self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.settings_mut().scanners = Scanners::new(names);
        self
    }

    /// Sets how the client's address is found where no [`AuditMiddleware`](super::AuditMiddleware) is outside. Default:
    /// [`ClientAddress::peer`].
    pub fn client_address(mut self, policy: ClientAddress) -> Self {
        self.settings_mut().client_address = policy;
        self
    }

    /// What writes the events, for its counters and to flush it.
    pub fn reporter(&self) -> &EventReporter {
        &self.settings.reporter
    }

    fn settings_mut(&mut self) -> &mut Settings {
        Arc::make_mut(&mut self.settings)
    }
}

impl<S, B> Transform<S, ServiceRequest> for SecurityAuditMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
{
    type Response = S::Response;
    type Error = Error;
    type Transform = SecurityAuditService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        let settings = Arc::clone(&self.settings);
        ready(Ok(SecurityAuditService { inner, settings }))
    }
}

/// A service that reports probes and scanners, made by [`SecurityAuditMiddleware`].
#[derive(Debug)]
pub struct SecurityAuditService<S> {
    inner: S,
    settings: Arc<Settings>,
}

impl<S, B> Service<ServiceRequest> for SecurityAuditService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
{
    type Response = S::Response;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, Error>>>>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let watched = request.extensions_mut().insert(Watched);
        if watched.is_some() {
            return Box::pin(self.inner.call(request));
        }
        let visit = Visit::of(&self.settings, request.request());
        visit.look_for_scanner(request.request());
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await?;
            // Only now it is certain whether actix has a resource for it.
            if answer.status() == StatusCode::NOT_FOUND && !answer.request().route().is_matched() {
                visit.not_found();
            }
            Ok(answer)
        })
    }
}
