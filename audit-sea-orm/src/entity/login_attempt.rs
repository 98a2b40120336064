//! The entity of `audit_login_attempt`: who tried to log in, from where, how often, and what came of it.

use sea_orm::{DbBackend, entity::prelude::*, sea_query::ExprTrait};
use serde::{Deserialize, Serialize};

use super::{open_enum::open_enum, reading::trail_entity};

/// One attempt to log in.
#[derive(Clone, Debug, PartialEq, Eq, DeriveActiveModel, Serialize, Deserialize)]
#[non_exhaustive]
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
    /// How many attempts the row stands for: 1, or more where failed ones came so fast that they were counted. Where
    /// they were at several names, the name is empty and the reason tells the first ones.
    pub attempts: i64,
    /// The tenant: whose data it is, in an application that serves several customers.
    pub tenant_id: Option<String>,
    /// Anything else.
    pub metadata: Option<Json>,
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
    attempts: i64 => Attempts,
    tenant_id: Option<String> => TenantId: ColumnType::String(StringLen::N(128)),
    metadata: Option<Json> => Metadata,
}

impl Entity {
    /// How many attempts the rows of a select stand for together, as an expression of it.
    ///
    /// # Example
    /// ```
    /// # use sea_orm::{ConnectionTrait, Database, DbBackend, EntityTrait, QuerySelect, Schema};
    /// use audit_sea_orm::prelude::*;
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let db = Database::connect("sqlite::memory:").await?;
    /// # let schema = Schema::new(DbBackend::Sqlite);
    /// # db.execute(&schema.create_table_from_entity(audit_log::Entity)).await?;
    /// # db.execute(&schema.create_table_from_entity(login_attempt::Entity)).await?;
    /// # LoginAttempt::failed("eve").record(&db).await?;
    /// let attempts = login_attempt::Entity::attempts(db.get_database_backend());
    /// let select = login_attempt::Entity::find().select_only().column_as(attempts, "attempts");
    /// assert_eq!(select.into_tuple::<Option<i64>>().one(&db).await?, Some(Some(1)));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn attempts(backend: DbBackend) -> Expr {
        // A sum is of a wider type than what it adds up, which no Rust integer is read from.
        let integer = match backend {
            DbBackend::MySql => "signed",
            _ => "bigint",
        };
        Column::Attempts.sum().cast_as(integer)
    }
}

/// No relations: an attempt names a user who may not exist.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
