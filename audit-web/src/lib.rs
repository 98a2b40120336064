//! Who and from where, for the audit trail of `audit-sea-orm`, on any tower-based stack (axum, tonic, hyper)
//! and on actix-web.
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
//! a handler spawns have it with [`audit_sea_orm::task::spawn`]. A job that runs later takes an
//! [`AuditContext`](audit_sea_orm::AuditContext) in its arguments, which serde can carry: `args.context.scope(work).await`. It is
//! also a [`SharedContext`](audit_sea_orm::SharedContext) in the request's extensions. Events go through an
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
//! - An `AuditLayer` inside another, as of a nested router with its own, adds what it knows to the outer one's context,
//!   which alone reports: nothing is recorded twice, or under two request ids.
//! - Serve with `into_make_service_with_connect_info::<SocketAddr>()`: without it no peer is known, and with the
//!   default policy no address.
//! - Call [`install_panic_hook`] in `main`: then the event of a panic says where it was raised.
//! - With `panic = "abort"` no panic can be reported.
//!
//! **tower-http**, with what its layers leave in the trail:
//!
//! | layer | inside `AuditLayer` | outside |
//! |---|---|---|
//! | `CatchPanic` | its answer, and an event with the panic's message and backtrace | with [`OnPanic::Rethrow`] its answer, and the same event |
//! | `Timeout` | a PERFORMANCE event `timed out` for its 408, ERROR for a 5xx | a WARNING `aborted before its answer` |
//! | `Trace` | what it traces of failures is left out by `AuditTraceLayer`, as `AuditLayer` reports them | the same |
//! | `SetRequestId` | another id than the trail's | one id, by [`AuditLayer::request_id`] |
//! | `Compression` | as without it | as without it |
//!
//! **Websockets.** axum runs the callback of `on_upgrade` in a task of its own, which has no context: what it writes would have no
//! actor and no request. [`carry_into`](audit_sea_orm::task::carry_into) gives it the request's:
//! ```
//! use audit_sea_orm::task::carry_into;
//! use axum::{extract::ws::{WebSocket, WebSocketUpgrade}, response::Response};
//!
//! async fn chat(upgrade: WebSocketUpgrade) -> Response {
//!     upgrade.on_upgrade(carry_into(talk))
//! }
//!
//! async fn talk(socket: WebSocket) {
//!     // A write here is recorded as one of the request that asked for the upgrade.
//! }
//! ```
//! The layer sees the request end with the upgrade: a panic of `talk` is no event.
//!
//! # Other frameworks
//! For each, `examples/frameworks` has a small application with a test.
//!
//! **tonic** takes tower layers: `Server::builder().layer(audit)`. A call that fails is an event by its gRPC status, and a
//! panic is answered with the status `INTERNAL`, in trailers where it is that of a response stream. The feature `tonic` finds the peer's
//! address, of tonic 0.14. For another version name its type, as nothing else tells that none was found:
//! ```text
//! audit.peer_address(|parts| Some(parts.extensions.get::<TcpConnectInfo>()?.remote_addr()?.ip()))
//! ```
//!
//! **loco** 1.x has axum's router, with layers of its own around it. `after_routes` runs when those stand, so a layer that is added
//! there is outside of them: it has another request id than loco's, and no panic, as loco answers it. Make it the first
//! of the stack, which is the innermost:
//! ```text
//! struct Audit(EventReporter);
//!
//! impl MiddlewareLayer for Audit {
//!     fn name(&self) -> &'static str { "audit" }
//!     fn config(&self) -> serde_json::Result<serde_json::Value> { Ok(json!({})) }
//!     fn apply(&self, app: Router<AppContext>) -> Result<Router<AppContext>> {
//!         let id = |parts: &Parts| Some(parts.extensions.get::<LocoRequestId>()?.get().to_owned());
//!         Ok(app.layer(AuditLayer::new(&self.0).request_id(id).on_panic(OnPanic::Rethrow)))
//!     }
//! }
//!
//! // In `Hooks`:
//! async fn after_context(mut ctx: AppContext) -> Result<AppContext> {
//!     let options = ConnectOptions::new(&ctx.config.database.uri).propagate_audit_context().map_err(DbErr::from)?;
//!     ctx.db = Database::connect(options).await?; // for triggers: loco makes its own connection without the context
//!     ctx.shared_store.insert(EventReporter::new(&ctx.db)); // where `on_shutdown` finds it, to flush it
//!     Ok(ctx)
//! }
//! fn middlewares(ctx: &AppContext) -> Vec<Box<dyn MiddlewareLayer>> {
//!     let mut stack = default_middleware_stack(ctx);
//!     if let Some(reporter) = ctx.shared_store.get::<EventReporter>() {
//!         stack.insert(0, Box::new(Audit(reporter)));
//!     }
//!     stack
//! }
//! ```
//! loco calls `on_shutdown` when the signal comes, before the last answers. To have their events too, write `Hooks::serve`
//! yourself, with `Shutdown` of the feature `shutdown`.
//!
//! Its authentication is an extractor: name the user by
//! [`AuditContext::set_actor`](audit_sea_orm::AuditContext::set_actor) where a handler has one. A worker has no context: give its
//! arguments a field `context: AuditContext`, which serde can carry, and `args.context.scope(work).await`. `cargo loco db
//! reset`, and `dangerously_recreate` of `config/test.yaml`, drop every table, the trail too, unless the migrator that `boot` and
//! `cli::main` are given is `audit_migration::Captured<Migrator>`, which also installs the triggers after the migrations.
//!
//! **actix-web** 4 is not built on tower: the feature `actix` has middlewares for it, with the same builders and events, in the
//! module `actix`. `App::new().wrap(audit.clone())`, with `let audit = AuditMiddleware::new(&db)` before `HttpServer::new`.
//!
//! **seaography** takes a plain connection, and updates and deletes without hooks: capture its entities by triggers, and connect with
//! [`propagate_audit_context`](audit_sea_orm::AuditConnectOptionsExt). GraphQL answers 200 whatever went wrong, so no failure is an
//! event: report those that come from the database, as `error.source::<DbErr>()` of an answer's errors tells.
//!
//! # Crate features
//! None is on by default.
//!
//! - `axum`: the matched route in the context, axum's `ConnectInfo`, and `ViewRecorder`.
//! - `actix`: middlewares for actix-web 4, which do for it what the layers do for tower.
//! - `tonic`: the address of the peer of a call to tonic 0.14.
//! - `axum-login`: records logins and logouts of axum-login's session by itself.
//! - `shutdown`: ends a server by its signals with all events written.
//! - `maxmind`: country and city of a login from a MaxMind database file.
//! - `tracing`: a layer of tracing-subscriber that writes events at or above a level as system events.
//! - `admin`: the embedded admin.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "actix")]
pub mod actix;
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
mod session;
#[cfg(feature = "shutdown")]
mod shutdown;
#[cfg(feature = "tracing")]
pub mod trace;
#[cfg(feature = "axum")]
mod view;

pub use client_address::{ClientAddress, ForwardingHeader};
pub use reporter::EventReporter;
pub use request::{
    AuditBody, AuditLayer, AuditService, OnPanic, RequestId, ResolveActor, ResponseFuture,
    install_panic_hook,
};
pub use security::{
    PROBE_PATHS, SCANNERS, SecurityAuditLayer, SecurityAuditService, SecurityResponseFuture,
};
pub use session::session_digest;
#[cfg(feature = "shutdown")]
pub use shutdown::Shutdown;
#[cfg(feature = "axum")]
pub use view::{NoAuditLayer, ViewRecorder, Viewed};
