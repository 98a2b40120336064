//! The entity of `audit_system_event`: what went wrong, or is worth knowing, in the system itself.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::{open_enum::open_enum, reading::trail_entity};

use crate::clock;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, DeriveActiveModel, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Model {
    /// The event's number.
    pub id: i64,
    /// When: UTC, microseconds.
    pub occurred_at: DateTimeUtc,
    /// Its kind.
    pub event_type: EventType,
    /// What happened, in a line.
    pub title: String,
    /// What happened, in full.
    pub description: Option<String>,
    /// The module, or the source file, that reported it.
    pub module: Option<String>,
    /// The function that reported it.
    pub function_name: Option<String>,
    /// The line of the source file.
    pub line_number: Option<i32>,
    /// The application's code for it.
    pub error_code: Option<String>,
    /// The stack when it happened.
    pub stack_trace: Option<String>,
    /// Who was served, as an id that does not change.
    pub actor_id: Option<String>,
    /// Who was served, for people to read.
    pub actor_name: Option<String>,
    /// For whom the actor acted, as an id that does not change; `None` where that was nobody else.
    pub on_behalf_of_id: Option<String>,
    /// For whom the actor acted, for people to read.
    pub on_behalf_of_name: Option<String>,
    /// The tenant: whose data it is, in an application that serves several customers.
    pub tenant_id: Option<String>,
    /// The address the request came from.
    pub ip_address: Option<String>,
    /// The request.
    pub request_id: Option<String>,
    /// Whether somebody dealt with it.
    pub resolved: bool,
    /// When somebody dealt with it.
    pub resolved_at: Option<DateTimeUtc>,
    /// Who dealt with it.
    pub resolved_by: Option<String>,
    /// Anything else.
    pub metadata: Option<Json>,
}

open_enum! {
    /// The kind of an event.
    EventType {
        /// Something failed.
        Error = "ERROR",
        /// Something may fail.
        Warning = "WARNING",
        /// Something is worth knowing.
        Info = "INFO",
        /// Somebody may be attacking.
        Security = "SECURITY",
        /// Something was slow.
        Performance = "PERFORMANCE",
        /// Somebody worked on the system.
        Maintenance = "MAINTENANCE",
    }
}

trail_entity! {
    "audit_system_event",
    id: i64 => Id,
    occurred_at: DateTimeUtc => OccurredAt,
    event_type: EventType => EventType: ColumnType::String(StringLen::N(16)),
    title: String => Title: ColumnType::String(StringLen::N(255)),
    description: Option<String> => Description: ColumnType::Text,
    module: Option<String> => Module: ColumnType::String(StringLen::N(255)),
    function_name: Option<String> => FunctionName: ColumnType::String(StringLen::N(255)),
    line_number: Option<i32> => LineNumber,
    error_code: Option<String> => ErrorCode: ColumnType::String(StringLen::N(50)),
    stack_trace: Option<String> => StackTrace: ColumnType::Text,
    actor_id: Option<String> => ActorId: ColumnType::String(StringLen::N(255)),
    actor_name: Option<String> => ActorName: ColumnType::String(StringLen::N(255)),
    on_behalf_of_id: Option<String> => OnBehalfOfId: ColumnType::String(StringLen::N(255)),
    on_behalf_of_name: Option<String> => OnBehalfOfName: ColumnType::String(StringLen::N(255)),
    tenant_id: Option<String> => TenantId: ColumnType::String(StringLen::N(128)),
    ip_address: Option<String> => IpAddress: ColumnType::String(StringLen::N(45)),
    request_id: Option<String> => RequestId: ColumnType::String(StringLen::N(128)),
    resolved: bool => Resolved,
    resolved_at: Option<DateTimeUtc> => ResolvedAt,
    resolved_by: Option<String> => ResolvedBy: ColumnType::String(StringLen::N(255)),
    metadata: Option<Json> => Metadata,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Notes that somebody dealt with the event, and when, and returns it as it is then.
    ///
    /// An event that is resolved already stays as it is.
    ///
    /// # Errors
    /// What the database reports; [`DbErr::RecordNotUpdated`] where the event is gone.
    pub async fn mark_resolved<C: ConnectionTrait>(&self, by: &str, db: &C) -> Result<Self, DbErr> {
        // Filtered in the statement, not by `self`, so that of two people who do it at once the first stays.
        Entity::update_many()
            .col_expr(Column::Resolved, Expr::value(true))
            .col_expr(Column::ResolvedAt, Expr::value(clock::bound(clock::now())))
            .col_expr(
                Column::ResolvedBy,
                Expr::value(super::line(Column::ResolvedBy, by)),
            )
            .filter(Column::Id.eq(self.id))
            .filter(Column::Resolved.eq(false))
            .exec(db)
            .await?;
        Entity::find_by_id(self.id)
            .one(db)
            .await?
            .ok_or(DbErr::RecordNotUpdated)
    }
}
