//! The entity of `audit_tail_position`: how far each consumer of the audit log is.

use sea_orm::entity::prelude::*;

/// The place of one consumer in one table.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_tail_position")]
#[non_exhaustive]
pub struct Model {
    /// The name of the [consumer](super::TailConsumer).
    #[sea_orm(
        primary_key,
        auto_increment = false,
        column_type = "String(StringLen::N(128))"
    )]
    pub consumer: String,
    /// The table that it follows.
    #[sea_orm(
        primary_key,
        auto_increment = false,
        column_type = "String(StringLen::N(64))"
    )]
    pub table_name: String,
    /// The number of the last row that it acknowledged.
    pub position: i64,
    /// When it did, by the clock of the application: UTC, microseconds.
    pub moved_at: DateTimeUtc,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
