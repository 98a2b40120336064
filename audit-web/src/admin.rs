//! The embedded, read-only admin.
