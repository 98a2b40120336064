//! The layer that recognises probes and scanners.

mod future;
mod layer;
mod lists;
mod probes;
mod scanners;
mod service;
mod settings;
mod visit;

pub use future::SecurityResponseFuture;
pub use layer::SecurityAuditLayer;
pub use lists::{PROBE_PATHS, SCANNERS};
pub use service::SecurityAuditService;

#[cfg(feature = "actix")]
pub(crate) use {
    probes::Probes,
    scanners::Scanners,
    settings::Settings,
    visit::{Visit, Watched},
};
