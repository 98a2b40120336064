//! Who and from where, for the audit trail of `audit-sea-orm`, on any tower-based stack: axum, tonic, hyper.
//!
//! Put [`AuditLayer`] around a router, and every record that a handler's writes leave names the request's
//! actor, address, user agent, request id, session and route, without the handler doing anything.
//!
//! # What is recorded, and what is not
//! - **Is**: a slow request, a 5xx answer, a panic, and a client that goes away before the end of its answer, as
//!   rows of `audit_system_event` ([`AuditLayer`]); probes and scanners ([`SecurityAuditLayer`]); what a handler showed
//!   (`ViewRecorder`, with the feature `axum`).
//! - **Is not**: a request that goes well. It costs no statement.
//! - **Never**: query strings, bodies, cookies, and headers but the ones named here.
//!
//! # Example
//! ```
//! use audit_sea_orm::{Actor, AuditContext};
//! use audit_web::{AuditLayer, ClientAddress};
//! use axum::{Router, body::Body, http::{Request, request::Parts}, routing::get};
//! use sea_orm::Database;
//! use tower::ServiceExt;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let db = Database::connect("sqlite::memory:").await?;
//!     let layer = AuditLayer::new(&db)
//!         .client_address(ClientAddress::hops(1))
//!         .resolve_actor(|parts: &Parts| Some(Actor::new(parts.extensions.get::<i32>()?)));
//!     let handler = async || {
//!         // A write here would be recorded with this context.
//!         let context = AuditContext::current();
//!         assert_eq!(context.actor, Some(Actor::new(42)));
//!         assert_eq!(context.ip, Some([203, 0, 113, 7].into()));
//!     };
//!     let router: Router = Router::new().route("/", get(handler)).layer(layer);
//!
//!     // As a proxy passes it on, and a layer that knows the user.
//!     let request = Request::get("/").header("x-forwarded-for", "203.0.113.7").extension(42);
//!     let answer = router.oneshot(request.body(Body::empty())?).await?;
//!     assert!(answer.status().is_success());
//!     Ok(())
//! }
//! ```
//!
//! # How it fits together
//! The context is current while the handler's future runs and while the body of its answer is produced; tasks that
//! a handler spawns have it with [`audit_sea_orm::spawn`]. It is also a
//! [`SharedContext`](audit_sea_orm::SharedContext) in the request's extensions. Events go through an
//! [`EventReporter`], which never makes a request wait.
//!
//! **The order of layers.** In axum add them with `Router::layer`, the last outermost:
//! ```text
//! router.layer(security_audit)   // innermost: sees the route, uses the context
//!       .layer(audit)            // sees the route, and what authentication found out
//!       .layer(authentication)   // puts a user or session in the extensions
//!       .layer(set_request_id)   // outermost of these
//! ```
//! - `AuditLayer` inside authentication, so that its [`ResolveActor`] sees the user. Where only an extractor knows
//!   the user, such as one that reads a token, call
//!   [`AuditContext::set_actor`](audit_sea_orm::AuditContext::set_actor) there: what comes later, the events of the layer
//!   too, knows the actor then.
//! - axum-login with the feature `axum-login` is the other way round: its layer belongs inside `AuditLayer`, whose
//!   context a login and a logout need; the layer of `AuditedBackend` names the actor in it. See the module `login`.
//! - Layers that read a body to its end (compression) may be anywhere; one that throws bodies away belongs inside, or its
//!   answers look aborted.
//! - Serve with `into_make_service_with_connect_info::<SocketAddr>()`: without it no peer is known, and with the
//!   default policy no address.
//! - With `panic = "abort"` no panic can be reported.
//!
//! **tonic** takes tower layers: `Server::builder().layer(audit)`. Its peer is found by
//! [`AuditLayer::peer_address`]. **loco** has axum's router: add the layers in the `after_routes` hook of the
//! application, inside its authentication:
//! ```text
//! async fn after_routes(router: AxumRouter, ctx: &AppContext) -> Result<AxumRouter> {
//!     Ok(router.layer(AuditLayer::new(&ctx.db)))
//! }
//! ```
//! and scope its workers by hand, as any job: `context.scope(work).await`.
//!
//! **actix-web** is not built on tower: scope each request by hand with `wrap_fn`. [`ClientAddress::resolve`] takes
//! headers of the `http` crate; actix has its own type, so copy the one header into a map.
//! ```text
//! App::new().wrap_fn(|request, service| {
//!     let mut context = AuditContext::new();
//!     context.ip = request.peer_addr().map(|peer| peer.ip());
//!     context.user_agent = header(&request, "user-agent");
//!     context.module = Some(format!("{} {}", request.method(), request.path()));
//!     context.scope(service.call(request))
//! })
//! ```
//! The context is then current in the handler, and in nothing that actix polls after it, such as a streaming body:
//! there call [`AuditContext::scope`](audit_sea_orm::AuditContext::scope) again.
//!
//! # Crate features
//! None is on by default.
//!
//! - `axum`: the matched route in the context, axum's `ConnectInfo`, and `ViewRecorder`.
//! - `axum-login`: records logins and logouts of axum-login's session by itself.
//! - `maxmind`: country and city of a login from a MaxMind database file.
//! - `tracing`: a layer of tracing-subscriber that writes events at or above a level as system events.
//! - `admin`: the embedded admin.

#[cfg(feature = "admin")]
pub mod admin;
mod client_address;
#[cfg(feature = "axum-login")]
pub mod login;
#[cfg(feature = "maxmind")]
pub mod maxmind;
mod reporter;
mod request;
mod security;
#[cfg(feature = "tracing")]
pub mod trace;
#[cfg(feature = "axum")]
mod view;

pub use client_address::{ClientAddress, ForwardingHeader};
pub use reporter::EventReporter;
pub use request::{
    AuditBody, AuditLayer, AuditService, OnPanic, RequestId, ResolveActor, ResponseFuture,
};
pub use security::{
    PROBE_PATHS, SCANNERS, SecurityAuditLayer, SecurityAuditService, SecurityResponseFuture,
};
#[cfg(feature = "axum")]
pub use view::{NoAuditLayer, ViewRecorder, Viewed};
