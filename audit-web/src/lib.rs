//! Who and whence for the audit trail of `audit-sea-orm`, on any tower-based stack.

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
