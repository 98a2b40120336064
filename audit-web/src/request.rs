//! The layer around a request: its context, and what is worth an event.

mod actor_watch;
mod body;
mod future;
mod grpc;
mod host;
mod in_flight;
mod layer;
mod panic;
mod request_id;
mod resolve_actor;
mod route;
mod service;
mod settings;
mod views;

pub use body::AuditBody;
pub use future::ResponseFuture;
pub use layer::{AuditLayer, OnPanic};
pub use request_id::RequestId;
pub use resolve_actor::ResolveActor;
pub use service::AuditService;

pub(crate) use host::peer;
pub(crate) use route::Route;
pub(crate) use settings::user_agent;
#[cfg(feature = "axum")]
pub(crate) use views::Views;
