//! Events of tracing as system events.
