//! What the derive's expansion names. Not part of the interface.

pub use audit_core::FieldPolicy;
pub use sea_orm::{self, prelude::async_trait::async_trait};

pub use crate::{Audited, Capture, hooks, object::column_repr};

/// The policy of a column by the lists of `#[audited(skip(…), mask(…))]` on the struct.
#[must_use]
pub fn policy_by_name(column: &str, skip: &[&str], mask: &[&str]) -> FieldPolicy {
    FieldPolicy::by_name(column, skip, mask)
}

/// The updates that wait for their end, and the memory they hold: for the tests.
#[must_use]
pub fn pending_load() -> (usize, usize) {
    crate::pending::load()
}
