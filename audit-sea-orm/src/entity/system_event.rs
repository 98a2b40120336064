//! The entity of `audit_system_event`: what went wrong, or is worth knowing, in the system itself.

use std::fmt;

use audit_core::text;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::clock;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "audit_system_event")]
pub struct Model {
    /// The event's number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// When: UTC, microseconds.
    pub occurred_at: DateTimeUtc,
    /// Its kind.
    pub event_type: EventType,
    /// What happened, in a line.
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub title: String,
    /// What happened, in full.
    #[sea_orm(column_type = "Text", nullable)]
    pub description: Option<String>,
    /// The module, or the source file, that reported it.
    #[sea_orm(column_type = "String(StringLen::N(255))", nullable)]
    pub module: Option<String>,
    /// The function that reported it.
    #[sea_orm(column_type = "String(StringLen::N(255))", nullable)]
    pub function_name: Option<String>,
    /// The line of the source file.
    pub line_number: Option<i32>,
    /// The application's code for it.
    #[sea_orm(column_type = "String(StringLen::N(50))", nullable)]
    pub error_code: Option<String>,
    /// The stack when it happened.
    #[sea_orm(column_type = "Text", nullable)]
    pub stack_trace: Option<String>,
    /// Who was served, as an id that does not change.
    #[sea_orm(column_type = "String(StringLen::N(255))", nullable)]
    pub actor_id: Option<String>,
    /// Who was served, for people to read.
    #[sea_orm(column_type = "String(StringLen::N(255))", nullable)]
    pub actor_name: Option<String>,
    /// The address the request came from.
    #[sea_orm(column_type = "String(StringLen::N(45))", nullable)]
    pub ip_address: Option<String>,
    /// The request.
    #[sea_orm(column_type = "String(StringLen::N(128))", nullable)]
    pub request_id: Option<String>,
    /// Whether somebody dealt with it.
    pub resolved: bool,
    /// When somebody dealt with it.
    pub resolved_at: Option<DateTimeUtc>,
    /// Who dealt with it.
    #[sea_orm(column_type = "String(StringLen::N(255))", nullable)]
    pub resolved_by: Option<String>,
}

/// The kind of an event.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
#[serde(rename_all = "UPPERCASE")]
pub enum EventType {
    /// Something failed.
    #[sea_orm(string_value = "ERROR")]
    Error,
    /// Something may fail.
    #[sea_orm(string_value = "WARNING")]
    Warning,
    /// Something is worth knowing.
    #[sea_orm(string_value = "INFO")]
    Info,
    /// Somebody may be attacking.
    #[sea_orm(string_value = "SECURITY")]
    Security,
    /// Something was slow.
    #[sea_orm(string_value = "PERFORMANCE")]
    Performance,
    /// Somebody worked on the system.
    #[sea_orm(string_value = "MAINTENANCE")]
    Maintenance,
}

impl EventType {
    /// The text in the `event_type` column.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Warning => "WARNING",
            Self::Info => "INFO",
            Self::Security => "SECURITY",
            Self::Performance => "PERFORMANCE",
            Self::Maintenance => "MAINTENANCE",
        }
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
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
                Expr::value(text::line(by, 255).into_owned()),
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
