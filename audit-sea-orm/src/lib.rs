//! An audit trail for SeaORM 2.0: who changed which row from what to what, when, from where and why.
//!
//! TODO-DOC

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod active_model;
mod audited;
mod before_image;
mod clock;
mod connection_kind;
pub mod encoding;
pub mod entity;
mod error;
mod event;
pub mod hooks;
mod object;
mod object_key;
mod pending;
pub mod prelude;
mod query;
mod recorded;
mod summary;
mod task;
mod transaction;
mod writer;

pub use audit_core::{
    Action, ActionError, Actor, AuditConfig, AuditContext, Change, Changes, ConfigError,
    FieldPolicy, FutureExt, MASK, OnFailure, Scoped, carry, text,
};
pub use audit_derive::Audited;

pub use active_model::AuditedActiveModelExt;
pub use audited::{Audited, Capture};
pub use error::{Error, Result};
pub use event::{AuditEvent, DataExport, GeoLocator, LoginAttempt, Place, SystemEvent};
pub use query::{Cursor, Page, RecordQuery, TrailEntity, TrailQuery};
pub use summary::{AuditSummary, Summary};
pub use task::spawn;
pub use transaction::BeginWrite;
pub use writer::failures;
