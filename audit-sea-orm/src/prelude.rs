//! What most applications need: `use audit_sea_orm::prelude::*;`.

pub use crate::{
    Action, Actor, AsOf, AuditActiveModelExt, AuditConfig, AuditConnectOptionsExt as _,
    AuditConnectionExt as _, AuditContext, AuditDbErrExt as _, AuditEvent, AuditFutureExt as _,
    AuditModelExt as _, AuditSummary, AuditTransactionExt, Audited, AuditedConnection,
    AuditedTransaction, AuditedWrite, Change, Changes, DataExport, History, Import, LoginAttempt,
    OnFailure, RecordQuery as _, SummaryQuery, SystemEvent, Timeline, TrailQuery as _, UndoPlan,
    entity::{audit_log, data_export, login_attempt, system_event},
};
