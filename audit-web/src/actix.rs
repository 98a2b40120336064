//! The middlewares for actix-web 4: what the layers of this crate do for what is built on tower.
//!
//! [`AuditMiddleware`] puts the context around each request, and reports panics, 5xx answers, slow and aborted requests;
//! [`SecurityAuditMiddleware`] reports probes and scanners. Builders, events and titles are those of
//! [`AuditLayer`](crate::AuditLayer) and [`SecurityAuditLayer`](crate::SecurityAuditLayer).
//!
//! # Example
//! ```
//! use actix_web::{App, HttpServer, web::{self, Data, Path}};
//! use audit_sea_orm::AuditContext;
//! use audit_web::actix::AuditMiddleware;
//! use sea_orm::{Database, DatabaseConnection};
//!
//! async fn bake(db: Data<DatabaseConnection>, name: Path<String>) -> String {
//!     // A write here is recorded with this context.
//!     let module = AuditContext::current().module;
//!     assert_eq!(module.as_deref(), Some("POST /cakes/{name}"));
//!     format!("{name}\n")
//! }
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let db = Database::connect("sqlite::memory:").await?;
//! let audit = AuditMiddleware::new(&db);
//! let reporter = audit.reporter().clone();
//! let db = Data::new(db);
//! let app = move || {
//!     App::new()
//!         .app_data(db.clone())
//!         .route("/cakes/{name}", web::post().to(bake))
//!         .wrap(audit.clone())
//! };
//! HttpServer::new(app).bind(("127.0.0.1", 3000))?.run().await?;
//! // What still waits to be written.
//! reporter.flush().await;
//! # Ok(())
//! # }
//! ```
//!
//! # What differs from a layer of tower
//! - **Make it before `HttpServer::new`**, and give each worker a clone: made inside that closure, each worker has a reporter of
//!   its own, whose repetitions are collapsed apart, and whose last events go with the worker.
//! - **The last `wrap` is outermost.** So `.wrap(security).wrap(audit).wrap(authentication)`: the audit sees what the authentication
//!   left in the request's extensions, and nothing that the authentication refuses.
//! - **The error of a handler** (`Err(ErrorInternalServerError("the oven is on fire"))`) is the description of its event. Values
//!   that a database quotes in one are left out.
//! - **A panic** is answered with an empty 500, as an error of this middleware. A middleware outside sees an `Err`, and what it adds
//!   to answers, such as headers, is missing.
//! - **A client that goes away** while a handler works is seen when its connection breaks. One that closes it may still read, as
//!   actix has it by default: the handler goes on to its end, and nothing is reported unless the answer cannot be written.
//!   `HttpServer::h1_allow_half_closed(false)` ends the handler at once.
//! - **Streaming bodies** are produced in the context of their request, as with the layer, and their errors are events.
//! - **Websockets**: the body of the upgrade's answer has the context, and with it actors of `actix-web-actors`. What a
//!   handler spawns has none: `rt::spawn(context.scope(talk(session, messages)))`, with the handler's
//!   `context: ReqData<SharedContext>`. Nothing is reported of a websocket after its upgrade.
//! - **Views** have no recorder here: write them in the handler, `AuditEvent::view(&cake).record(&db).await?`.
//! - `Shutdown` of the feature `shutdown` ends the server:
//!   `HttpServer::shutdown_signal(shutdown.requested())`, then `shutdown.graceful(server, &reporter).await`.

mod body;
mod incoming;
mod middleware;
mod security;
mod service;

pub use crate::AuditBody;
pub use middleware::AuditMiddleware;
pub use security::{SecurityAuditMiddleware, SecurityAuditService};
pub use service::AuditService;
