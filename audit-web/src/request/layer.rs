use std::{net::IpAddr, sync::Arc, time::Duration};

use audit_sea_orm::Actor;
use http::{HeaderName, request::Parts};
use tower_layer::Layer;

use super::{AuditService, OnPanic, ResolveActor, settings::Settings};
use crate::{ClientAddress, EventReporter, session::session_digest};

/// Puts an [`AuditContext`](audit_sea_orm::AuditContext) around each request and reports what goes wrong with it.
///
/// See the [crate docs](crate) for where it belongs among other layers.
///
/// The context holds the client's address, user agent, request id, session id, actor, tenant, metadata, and as its module the
/// method and route (`GET /cakes/{id}`; the path where no route of axum's matched; never the query string). Text
/// of the client's is cleaned and cut. The context is current while the handler runs and while the body of its answer is produced, and it stands as
/// a [`SharedContext`](audit_sea_orm::SharedContext) in the request's extensions.
///
/// The events, as rows of `audit_system_event`, each with the context as it is at its end:
///
/// | when | type | title | code |
/// |---|---|---|---|
/// | the answer begins later than the [threshold](Self::slow_threshold), or the client no longer waits for it | PERFORMANCE | `GET /cakes/{id} was slow` | `slow` |
/// | the answer's status is 5xx | ERROR | `GET /cakes/{id} answered 503` | `503` |
/// | the answer's status is 408, as a layer inside answers that cuts the handler off | PERFORMANCE | `GET /cakes/{id} timed out` | `408` |
/// | the status of a gRPC call is `UNKNOWN`, `DEADLINE_EXCEEDED`, `INTERNAL`, `UNAVAILABLE` or `DATA_LOSS` | ERROR | `POST /bakery.Bakery/Make answered INTERNAL` | `INTERNAL` |
/// | the handler, the body or a resolver of this layer panics, or a layer inside answers the panic with 500: with the message, and by [`install_panic_hook`](crate::install_panic_hook) the file, line and backtrace | ERROR | `GET /cakes/{id} panicked: …` | `panic` |
/// | the service gives an error instead of an answer | ERROR | `GET /cakes/{id} failed without an answer` | `failed` |
/// | the body of the answer gives an error | ERROR | `GET /cakes/{id} failed within its body` | `body` |
/// | a view cannot be recorded | ERROR | `GET /cakes/{id} could not record a view` | `view` |
/// | the answer, or its body, is dropped before its end: the client went away | WARNING | `GET /cakes/{id} was aborted before its answer` or `… its answer ended` | `aborted` |
/// | the server ends and waits for the request no longer: see [`EventReporter::report_unfinished`] | WARNING | `GET /cakes/{id} was cut off by the shutdown` | `shutdown` |
///
/// An [`EventReporter`] writes them; the request does not wait.
///
/// One `AuditLayer` inside another, as of a nested router, adds what it knows (actor, session, route) to the context of the
/// outer one, which alone reports.
///
/// # Example
/// ```
/// # use sea_orm::Database;
/// use std::time::Duration;
///
/// use audit_web::{AuditLayer, ClientAddress};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let db = Database::connect("sqlite::memory:").await?;
/// let layer = AuditLayer::new(&db)
///     .client_address(ClientAddress::trusting(["10.0.0.0/8".parse()?]))
///     .slow_threshold(Duration::from_secs(2));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct AuditLayer {
    // Shared, as axum calls `layer` for each route and, where nobody gave the router its state, for each request.
    settings: Arc<Settings<Parts>>,
}

impl AuditLayer {
    /// A layer with every default, given a database connection or an [`EventReporter`].
    pub fn new(reporter: impl Into<EventReporter>) -> Self {
        Self {
            settings: Arc::new(Settings::new(reporter.into())),
        }
    }

    /// Sets how the client's address is found. Default: [`ClientAddress::peer`].
    pub fn client_address(mut self, policy: ClientAddress) -> Self {
        self.settings_mut().client_address = policy;
        self
    }

    /// Sets where the address of the socket's other end is found.
    ///
    /// Default: axum's `ConnectInfo<SocketAddr>` (with the feature `axum`; serve with
    /// `into_make_service_with_connect_info::<SocketAddr>()`), else tonic's `TcpConnectInfo` (with the feature `tonic`), else
    /// a plain `SocketAddr`, in the extensions.
    pub fn peer_address(
        mut self,
        peer: impl Fn(&Parts) -> Option<IpAddr> + Send + Sync + 'static,
    ) -> Self {
        self.settings_mut().peer = Some(Arc::new(peer));
        self
    }

    /// Sets how the actor is found. Default: `()`, nobody.
    ///
    /// Where none of the first 1,000 requests had an actor when it was answered, a warning is traced: mostly the layer stands
    /// outside the one that authenticates.
    pub fn resolve_actor(mut self, actor: impl ResolveActor) -> Self {
        let actor = move |parts: &Parts| actor.resolve_actor(parts);
        self.settings_mut().resolve_actor(Arc::new(actor));
        self
    }

    /// Sets how it is found for whom the actor acts, such as a customer whose account support has opened. Default: nobody.
    pub fn resolve_on_behalf_of(
        mut self,
        on_behalf_of: impl Fn(&Parts) -> Option<Actor> + Send + Sync + 'static,
    ) -> Self {
        self.settings_mut().on_behalf_of = Some(Arc::new(on_behalf_of));
        self
    }

    /// Sets how the tenant is found whose data the request is about; recorded to 128 characters. Default: none.
    ///
    /// Take it from what the application has verified, as an authentication layer outside leaves it: a host name or a header
    /// is what the client says. What only an extractor knows is set by
    /// [`AuditContext::set_tenant_id`](audit_sea_orm::AuditContext::set_tenant_id).
    ///
    /// # Example
    /// ```
    /// # use audit_web::AuditLayer;
    /// #[derive(Clone)]
    /// struct CurrentUser { id: i64, company: String }
    ///
    /// # fn layer(layer: AuditLayer) -> AuditLayer {
    /// layer.resolve_tenant(|parts| Some(parts.extensions.get::<CurrentUser>()?.company.clone()))
    /// # }
    /// ```
    pub fn resolve_tenant(
        mut self,
        tenant: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.settings_mut().tenant = Some(Arc::new(tenant));
        self
    }

    /// Sets what else is worth recording of each request, as JSON. Default: nothing.
    ///
    /// # Example
    /// ```
    /// # use audit_web::AuditLayer;
    /// # fn layer(layer: AuditLayer) -> AuditLayer {
    /// layer.resolve_metadata(|parts| {
    ///     let device = parts.headers.get("x-device")?.to_str().ok()?;
    ///     Some(serde_json::json!({ "device": device }))
    /// })
    /// # }
    /// ```
    pub fn resolve_metadata(
        mut self,
        metadata: impl Fn(&Parts) -> Option<serde_json::Value> + Send + Sync + 'static,
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
        session: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.settings_mut().session_id = Some(Arc::new(session));
        self
    }

    /// Sets how the id of the session is found of which a digest is recorded: 32 hexadecimal digits, by which one session's
    /// records are found, and which open nothing. Default: none.
    ///
    /// # Example: the session of tower-sessions
    /// Its layer belongs outside this one, and believes any cookie until something reads the session (`load` alone does not
    /// do). So have a layer in between read it: an id that somebody made up is gone then. A session that a handler makes has
    /// no id yet: see [`session_digest`](crate::session_digest()).
    /// ```
    /// use audit_web::AuditLayer;
    /// use axum::{Router, extract::Request, middleware::{Next, from_fn}, response::Response};
    /// use tower_sessions::{Session, SessionManagerLayer, SessionStore};
    ///
    /// async fn read(session: Session, request: Request, next: Next) -> Response {
    ///     let _is_read = session.get_value("user").await; // or take the user from it, for `resolve_actor`
    ///     next.run(request).await
    /// }
    ///
    /// fn audited<S: SessionStore + Clone>(router: Router, layer: AuditLayer, store: S) -> Router {
    ///     let digest = layer.session_digest(|parts| Some(parts.extensions.get::<Session>()?.id()?.to_string()));
    ///     router.layer(digest).layer(from_fn(read)).layer(SessionManagerLayer::new(store))
    /// }
    /// ```
    pub fn session_digest(
        self,
        session: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.session_id(move |parts| session(parts).map(|id| session_digest(&id)))
    }

    /// Sets where an id that a layer outside gave to the request is found. Default: a
    /// [`RequestId`](crate::RequestId) in the extensions.
    ///
    /// # Example: the id that tower-http's `SetRequestIdLayer` set
    /// ```
    /// # mod tower_http { pub mod request_id {
    /// #     #[derive(Clone)] pub struct RequestId(http::HeaderValue);
    /// #     impl RequestId { pub fn header_value(&self) -> &http::HeaderValue { &self.0 } }
    /// # } }
    /// # use audit_web::AuditLayer;
    /// # fn layer(layer: AuditLayer) -> AuditLayer {
    /// layer.request_id(|parts| {
    ///     let id = parts.extensions.get::<tower_http::request_id::RequestId>()?;
    ///     Some(id.header_value().to_str().ok()?.to_owned())
    /// })
    /// # }
    /// ```
    pub fn request_id(
        mut self,
        id: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.settings_mut().request_id = Some(Arc::new(id));
        self
    }

    /// Takes the id of a request from this header, where no layer outside set one. Default: no client is
    /// believed, and a request without an id gets a new uuid, version 7.
    ///
    /// Whatever its origin, an id is recorded without all characters but ASCII letters, digits, `_`, `-` and `@`,
    /// and to 128 of them.
    pub fn trust_request_id_header(mut self, header: HeaderName) -> Self {
        self.settings_mut().trusted_id_header = Some(header);
        self
    }

    /// Sends the id of each request back in this header of its answer, in the place of what a handler put there. Default: no
    /// header.
    ///
    /// # Example
    /// ```
    /// # use audit_web::AuditLayer;
    /// use http::HeaderName;
    ///
    /// # fn layer(layer: AuditLayer) -> AuditLayer {
    /// let header = HeaderName::from_static("x-request-id");
    /// layer.trust_request_id_header(header.clone()).send_request_id_header(header)
    /// # }
    /// ```
    pub fn send_request_id_header(mut self, header: HeaderName) -> Self {
        self.settings_mut().reporting_mut().id_header = Some(header);
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
    pub fn on_panic(mut self, on_panic: OnPanic) -> Self {
        self.settings_mut().reporting_mut().on_panic = on_panic;
        self
    }

    fn settings_mut(&mut self) -> &mut Settings<Parts> {
        Arc::make_mut(&mut self.settings)
    }

    /// What writes the events, for its counters and to flush it.
    pub fn reporter(&self) -> &EventReporter {
        &self.settings.reporting.reporter
    }
}

impl<S> Layer<S> for AuditLayer {
    type Service = AuditService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AuditService::new(inner, Arc::clone(&self.settings))
    }
}
