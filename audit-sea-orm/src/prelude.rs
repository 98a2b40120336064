//! What most applications need: `use audit_sea_orm::prelude::*;`.

pub use crate::{
    Action, Actor, AuditConfig, AuditConnectOptionsExt as _, AuditConnectionExt as _, AuditContext,
    AuditEvent, AuditSummary, Audited, AuditedActiveModelExt, AuditedConnection,
    AuditedTransaction, AuditedWrite, BeginWrite, Change, Changes, DataExport, FutureExt as _,
    LoginAttempt, OnFailure, RecordQuery as _, Summary, SystemEvent, TrailQuery as _,
    entity::{audit_log, data_export, login_attempt, system_event},
};
