//! The layer around a request: its context, and what is worth an event.

mod actor_watch;
mod body;
mod future;
mod grpc;
mod host;
mod in_flight;
mod incoming;
mod layer;
mod panic;
mod request_id;
mod resolve_actor;
mod route;
mod sending;
mod service;
mod settings;
mod views;

pub use body::AuditBody;
pub use future::ResponseFuture;
pub use layer::AuditLayer;
pub use panic::{OnPanic, install_panic_hook};
pub use request_id::RequestId;
pub use resolve_actor::ResolveActor;
pub use service::AuditService;

pub(crate) use incoming::{Incoming, Watched, origin, user_agent};
pub(crate) use route::Route;
#[cfg(feature = "axum")]
pub(crate) use views::Views;
#[cfg(feature = "actix")]
pub(crate) use {
    in_flight::InFlight,
    panic::{Panic, catch},
    sending::{Panicked, Sending, is_not_sent},
    settings::Settings,
};
