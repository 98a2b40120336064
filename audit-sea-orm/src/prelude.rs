//! What most applications need: `use audit_sea_orm::prelude::*;`.

pub use crate::{
    Action, Actor, AuditConfig, AuditContext, AuditEvent, AuditSummary, Audited,
    AuditedActiveModelExt, BeginWrite, DataExport, FutureExt as _, LoginAttempt, OnFailure,
    RecordQuery as _, SystemEvent, TrailQuery as _,
    entity::{audit_log, data_export, login_attempt, system_event},
};
