//! The entity of `audit_login_attempt`: who tried to log in, from where, and what came of it.

use std::fmt;

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// One attempt to log in.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "audit_login_attempt")]
pub struct Model {
    /// The attempt's number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// When: UTC, microseconds.
    pub occurred_at: DateTimeUtc,
    /// The name that was typed; a stranger may have typed anything.
    #[sea_orm(column_type = "String(StringLen::N(150))")]
    pub username: String,
    /// What came of it.
    pub status: Status,
    /// The address it came from; `None` where there was no request.
    #[sea_orm(column_type = "String(StringLen::N(45))", nullable)]
    pub ip_address: Option<String>,
    /// The program that sent it.
    #[sea_orm(column_type = "String(StringLen::N(512))", nullable)]
    pub user_agent: Option<String>,
    /// Why it failed or was blocked.
    #[sea_orm(column_type = "String(StringLen::N(200))", nullable)]
    pub failure_reason: Option<String>,
    /// The country of the address, from the application's [`GeoLocator`](crate::GeoLocator).
    #[sea_orm(column_type = "String(StringLen::N(100))", nullable)]
    pub country: Option<String>,
    /// The city of the address, from the application's [`GeoLocator`](crate::GeoLocator).
    #[sea_orm(column_type = "String(StringLen::N(100))", nullable)]
    pub city: Option<String>,
}

/// What came of an attempt to log in.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum Status {
    /// The user is in.
    #[sea_orm(string_value = "SUCCESS")]
    #[serde(rename = "SUCCESS")]
    Success,
    /// The credentials were wrong.
    #[sea_orm(string_value = "FAILED")]
    #[serde(rename = "FAILED")]
    Failed,
    /// The attempt was not allowed: a lockout, a ban.
    #[sea_orm(string_value = "BLOCKED")]
    #[serde(rename = "BLOCKED")]
    Blocked,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_value())
    }
}

/// No relations: an attempt names a user who may not exist.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
