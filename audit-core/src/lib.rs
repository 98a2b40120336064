//! The ideas of an audit trail, free of any database or web framework: [`Action`], [`Actor`],
//! [`AuditContext`], [`FieldPolicy`], the [`diff`], [`Changes`] and [`AuditConfig`].
//!
//! Applications do not depend on this crate: `audit-sea-orm` re-exports what they need.
//!
//! Nothing here does I/O, reads a clock or knows SQL. The one piece of shared state is the current
//! [`AuditContext`], a tokio task-local, and the one installed [`AuditConfig`].

#![cfg_attr(docsrs, feature(doc_cfg))]

mod action;
mod actor;
mod change;
mod config;
mod context;
pub mod diff;
mod error;
mod policy;
mod scope;
mod shared_context;
pub mod text;

pub use action::{Action, CustomAction};
pub use actor::Actor;
pub use change::{Change, Changes};
pub use config::{AuditConfig, OnFailure};
pub use context::AuditContext;
pub use error::{ActionError, ConfigError};
pub use policy::{Field, FieldPolicy, MASK};
pub use scope::{AuditFutureExt, Scoped, carry, carry_into};
pub use shared_context::SharedContext;
