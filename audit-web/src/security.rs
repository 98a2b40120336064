//! The layer that recognises probes and scanners.

mod future;
mod layer;
mod lists;
mod probes;
mod scanners;
mod service;

pub use future::SecurityResponseFuture;
pub use layer::SecurityAuditLayer;
pub use lists::{PROBE_PATHS, SCANNERS};
pub use service::SecurityAuditService;
