//! Reads the modules of a crate from its sources, and which of them uses which.

mod graph;
mod module;
mod references;

pub use graph::{Graph, circles};
pub use module::Crate;

/// The crates that are published, by their folders.
pub const CRATES: [&str; 5] = [
    "audit-core",
    "audit-derive",
    "audit-migration",
    "audit-sea-orm",
    "audit-web",
];
