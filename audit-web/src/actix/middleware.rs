use std::{
    future::{Ready, ready},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use actix_web::{
    Error, HttpRequest,
    body::MessageBody,
    dev::{Service, ServiceRequest, ServiceResponse, Transform},
    http::header::HeaderName,
};
use audit_sea_orm::Actor;

use super::service::AuditService;
use crate::{
    AuditBody, ClientAddress, EventReporter, OnPanic, request::Settings, session::session_digest,
};

/// Puts an [`AuditContext`](audit_sea_orm::AuditContext) around each request of actix-web and reports what goes wrong with it.
///
/// It records and reports what [`AuditLayer`](crate::AuditLayer) does, by the same names: its page has the table of events. See
/// the [module docs](super) for what differs, and for where it belongs.
///
/// # Example
/// ```
/// # use sea_orm::DatabaseConnection;
/// use actix_web::{App, HttpMessage, HttpServer};
/// use audit_sea_orm::Actor;
/// use audit_web::{ClientAddress, actix::AuditMiddleware};
///
/// #[derive(Clone)]
/// struct CurrentUser { id: i64, company: String }
///
/// fn serve(db: &DatabaseConnection) -> std::io::Result<actix_web::dev::Server> {
///     // Before the closure, so that all workers share one reporter.
///     let audit = AuditMiddleware::new(db)
///         .client_address(ClientAddress::hops(1))
///         .resolve_actor(|request| Some(Actor::new(request.extensions().get::<CurrentUser>()?.id)))
///         .resolve_tenant(|request| Some(request.extensions().get::<CurrentUser>()?.company.clone()));
///     let server = HttpServer::new(move || App::new().wrap(audit.clone()));
///     Ok(server.bind(("127.0.0.1", 0))?.run())
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct AuditMiddleware {
    settings: Arc<Settings<HttpRequest>>,
}

impl AuditMiddleware {
    /// A middleware with every default, given a database connection or an [`EventReporter`].
    ///
    /// Within a runtime it starts the task that writes the events there: so it outlives actix's workers, and
    /// [`flush`](EventReporter::flush) finds it when they have ended.
    pub fn new(reporter: impl Into<EventReporter>) -> Self {
        let reporter = reporter.into();
        reporter.start();
        Self {
            settings: Arc::new(Settings::new(reporter)),
        }
    }

    /// Sets how the client's address is found. Default: [`ClientAddress::peer`].
    pub fn client_address(mut self, policy: ClientAddress) -> Self {
        self.settings_mut().client_address = policy;
        self
    }

    /// Sets where the address of the socket's other end is found. Default: [`HttpRequest::peer_addr`].
    pub fn peer_address(
        mut self,
        peer: impl Fn(&HttpRequest) -> Option<IpAddr> + Send + Sync + 'static,
    ) -> Self {
        self.settings_mut().peer = Some(Arc::new(peer));
        self
    }

    /// Sets how the actor is found. Default: nobody.
    ///
    /// It runs before the handler, so it sees what a middleware outside left in the request, such as a session. What only an
    /// extractor or a handler learns is set by [`AuditContext::set_actor`](audit_sea_orm::AuditContext::set_actor). Where none of the
    /// first 1,000 requests had an actor when it was answered, a warning is traced.
    pub fn resolve_actor(
        mut self,
        actor: impl Fn(&HttpRequest) -> Option<Actor> + Send + Sync + 'static,
    ) -> Self {
        self.settings_mut().resolve_actor(Arc::new(actor));
        self
    }

    /// Sets how it is found for whom the actor acts, such as a customer whose account support has opened. Default: nobody.
    pub fn resolve_on_behalf_of(
        mut self,
        on_behalf_of: impl Fn(&HttpRequest) -> Option<Actor> + Send + Sync + 'static,
    ) -> Self {
        self.settings_mut().on_behalf_of = Some(Arc::new(on_behalf_of));
        self
    }

    /// Sets how the tenant is found whose data the request is about; recorded to 128 characters. Default: none.
    ///
    /// Take it from what the application has verified: a host name or a header is what the client says.
    pub fn resolve_tenant(
        mut self,
        tenant: impl Fn(&HttpRequest) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.settings_mut().tenant = Some(Arc::new(tenant));
        self
    }

    /// Sets what else is worth recording of each request, as JSON. Default: nothing.
    pub fn resolve_metadata(
        mut self,
        metadata: impl Fn(&HttpRequest) -> Option<serde_json::Value> + Send + Sync + 'static,
    ) -> Self {
        self.settings_mut().metadata = Some(Arc::new(metadata));
        self
    }

    /// Sets how the id of the session is found; recorded to 128 characters. Default: none.
    ///
    /// Records are read by many: give them no cookie that opens the session, but an id that only names it, or take
    /// [`session_digest`](Self::session_digest).
    pub fn session_id(
        mut self,
        session: impl Fn(&HttpRequest) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.settings_mut().session_id = Some(Arc::new(session));
        self
    }

    /// Sets how the id of the session is found of which a digest is recorded: 32 hexadecimal digits, by which one session's
    /// records are found, and which open nothing. Default: none.
    pub fn session_digest(
        self,
        session: impl Fn(&HttpRequest) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.session_id(move |request| session(request).map(|id| session_digest(&id)))
    }

    /// Sets where an id that a middleware outside gave to the request is found. Default: a
    /// [`RequestId`](crate::RequestId) in the extensions.
    pub fn request_id(
        mut self,
        id: impl Fn(&HttpRequest) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.settings_mut().request_id = Some(Arc::new(id));
        self
    }

    /// Takes the id of a request from this header, where no middleware outside set one. Default: no client is
    /// believed, and a request without an id gets a new uuid, version 7.
    ///
    /// Whatever its origin, an id is recorded without all characters but ASCII letters, digits, `_`, `-` and `@`,
    /// and to 128 of them.
    pub fn trust_request_id_header(mut self, header: HeaderName) -> Self {
        self.settings_mut().trusted_id_header = Some(named(header));
        self
    }

    /// Sends the id of each request back in this header of its answer, in the place of what a handler put there. Default: no
    /// header.
    ///
    /// An answer that actix makes of an error of a middleware inside goes without it.
    ///
    /// # Example
    /// ```
    /// use actix_web::http::header::HeaderName;
    /// # use audit_web::actix::AuditMiddleware;
    ///
    /// # fn middleware(middleware: AuditMiddleware) -> AuditMiddleware {
    /// let header = HeaderName::from_static("x-request-id");
    /// middleware.trust_request_id_header(header.clone()).send_request_id_header(header)
    /// # }
    /// ```
    pub fn send_request_id_header(mut self, header: HeaderName) -> Self {
        self.settings_mut().reporting_mut().id_header = Some(named(header));
        self
    }

    /// Sets how long a request may take until its answer begins before it is a PERFORMANCE event. Default: 5
    /// seconds.
    pub fn slow_threshold(mut self, threshold: Duration) -> Self {
        self.settings_mut().reporting_mut().slow_threshold = Some(threshold);
        self
    }

    /// Reports no slow requests.
    pub fn without_slow_threshold(mut self) -> Self {
        self.settings_mut().reporting_mut().slow_threshold = None;
        self
    }

    /// Sets what the client gets when a handler panics. Default: [`OnPanic::Respond`].
    ///
    /// With [`OnPanic::Rethrow`] and no middleware outside that catches the panic, actix closes the connection.
    pub fn on_panic(mut self, on_panic: OnPanic) -> Self {
        self.settings_mut().reporting_mut().on_panic = on_panic;
        self
    }

    /// What writes the events, for its counters and to flush it.
    pub fn reporter(&self) -> &EventReporter {
        &self.settings.reporting.reporter
    }

    fn settings_mut(&mut self) -> &mut Settings<HttpRequest> {
        Arc::make_mut(&mut self.settings)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is exchanged for another")]
fn named(header: HeaderName) -> http::HeaderName {
    http::HeaderName::from_bytes(header.as_str().as_bytes())
        .expect("both versions of the `http` crate take the same names")
}

impl<S, B> Transform<S, ServiceRequest> for AuditMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<AuditBody<B>>;
    type Error = Error;
    type Transform = AuditService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(AuditService::new(inner, Arc::clone(&self.settings))))
    }
}
