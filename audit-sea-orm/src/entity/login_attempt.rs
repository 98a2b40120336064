//! The entity of `audit_login_attempt`: who tried to log in, from where, and what came of it.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::{open_enum::open_enum, reading::trail_entity};

/// One attempt to log in.
#[derive(Clone, Debug, PartialEq, Eq, DeriveActiveModel, Serialize, Deserialize)]
pub struct Model {
    /// The attempt's number.
    pub id: i64,
    /// When: UTC, microseconds.
    pub occurred_at: DateTimeUtc,
    /// The name that was typed; a stranger may have typed anything.
    pub username: String,
    /// What came of it.
    pub status: Status,
    /// The address it came from; `None` where there was no request.
    pub ip_address: Option<String>,
    /// The program that sent it.
    pub user_agent: Option<String>,
    /// Why it failed or was blocked.
    pub failure_reason: Option<String>,
    /// The country of the address, from the application's [`GeoLocator`](crate::GeoLocator).
    pub country: Option<String>,
    /// The city of the address, from the application's [`GeoLocator`](crate::GeoLocator).
    pub city: Option<String>,
}

open_enum! {
    /// What came of an attempt to log in.
    Status {
        /// The user is in.
        Success = "SUCCESS",
        /// The credentials were wrong.
        Failed = "FAILED",
        /// The attempt was not allowed: a lockout, a ban.
        Blocked = "BLOCKED",
    }
}

trail_entity! {
    "audit_login_attempt",
    id: i64 => Id,
    occurred_at: DateTimeUtc => OccurredAt,
    username: String => Username: ColumnType::String(StringLen::N(150)),
    status: Status => Status: ColumnType::String(StringLen::N(16)),
    ip_address: Option<String> => IpAddress: ColumnType::String(StringLen::N(45)),
    user_agent: Option<String> => UserAgent: ColumnType::String(StringLen::N(512)),
    failure_reason: Option<String> => FailureReason: ColumnType::String(StringLen::N(200)),
    country: Option<String> => Country: ColumnType::String(StringLen::N(100)),
    city: Option<String> => City: ColumnType::String(StringLen::N(100)),
}

/// No relations: an attempt names a user who may not exist.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
