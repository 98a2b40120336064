//! The entity of `audit_log`: one record for each change, and for each event worth recording.

use audit_core::{Action, ActionError};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::reading::trail_entity;

/// One record.
#[derive(Clone, Debug, PartialEq, DeriveActiveModel, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Model {
    /// The record's number, which is the order of the trail: see [`TrailQuery`](crate::TrailQuery). Numbers are given
    /// when a record is written, not when it commits: a reader that follows the log must expect a lower number to
    /// appear later.
    pub id: i64,
    /// When, by the clock of whoever recorded it: the application's for hooks and events, the database's for triggers.
    /// In UTC, with microseconds, but milliseconds by SQLite's triggers. For people and for ranges of time: clocks differ, and
    /// the order of the trail is that of [`id`](Self::id).
    pub occurred_at: DateTimeUtc,
    /// What was done: `CREATE`, `UPDATE` … See [`Model::action`].
    pub action: String,
    /// The table of the object, `schema.table` where its entity names a schema. By the name that it had then: see
    /// [`table`](Self::table).
    pub table_name: Option<String>,
    /// The object's key as text: `42`, a uuid, or `["a",7]` for a key of several columns.
    pub object_id: Option<String>,
    /// The object for people to read.
    pub object_repr: Option<String>,
    /// The values before: of every column for `DELETE`, of the changed ones for `UPDATE`. None for an `UPDATE` whose
    /// old values nobody knew: it has the new ones of every column. By the names that the columns had then: see
    /// [`changes`](Self::changes).
    pub old_values: Option<Json>,
    /// The values after: of every column for `CREATE`, of the changed ones for `UPDATE`. By the names that the columns had
    /// then: see [`changes`](Self::changes).
    pub new_values: Option<Json>,
    /// Who really did it, as an id that does not change.
    pub actor_id: Option<String>,
    /// Who really did it, for people to read.
    pub actor_name: Option<String>,
    /// For whom the actor did it, as an id that does not change; `None` where it was for nobody else.
    pub on_behalf_of_id: Option<String>,
    /// For whom the actor did it, for people to read.
    pub on_behalf_of_name: Option<String>,
    /// The tenant: whose data it is, in an application that serves several customers.
    pub tenant_id: Option<String>,
    /// The address the request came from.
    pub ip_address: Option<String>,
    /// The program that sent the request.
    pub user_agent: Option<String>,
    /// The session.
    pub session_id: Option<String>,
    /// The request.
    pub request_id: Option<String>,
    /// The database transaction, where it is known: always on PostgreSQL, on the others in transactions that this crate
    /// begins, and those of a pool that carries the context. See [`RecordQuery::of_transaction`](crate::RecordQuery::of_transaction).
    pub transaction_id: Option<String>,
    /// The login of the database session that made the change, where a trigger recorded it: hooks do not know it, and
    /// SQLite has none. No context can change it.
    pub database_user: Option<String>,
    /// The role that the session had taken on by `SET ROLE`, on PostgreSQL; `None` where it acted as its login.
    pub database_role: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The part of the application.
    pub module: Option<String>,
    /// Anything else.
    pub metadata: Option<Json>,
}

trail_entity! {
    "audit_log",
    id: i64 => Id,
    occurred_at: DateTimeUtc => OccurredAt,
    action: String => Action: ColumnType::String(StringLen::N(32)),
    table_name: Option<String> => TableName: ColumnType::String(StringLen::N(255)),
    object_id: Option<String> => ObjectId: ColumnType::Text,
    object_repr: Option<String> => ObjectRepr: ColumnType::String(StringLen::N(200)),
    old_values: Option<Json> => OldValues,
    new_values: Option<Json> => NewValues,
    actor_id: Option<String> => ActorId: ColumnType::String(StringLen::N(255)),
    actor_name: Option<String> => ActorName: ColumnType::String(StringLen::N(255)),
    on_behalf_of_id: Option<String> => OnBehalfOfId: ColumnType::String(StringLen::N(255)),
    on_behalf_of_name: Option<String> => OnBehalfOfName: ColumnType::String(StringLen::N(255)),
    tenant_id: Option<String> => TenantId: ColumnType::String(StringLen::N(128)),
    ip_address: Option<String> => IpAddress: ColumnType::String(StringLen::N(45)),
    user_agent: Option<String> => UserAgent: ColumnType::String(StringLen::N(512)),
    session_id: Option<String> => SessionId: ColumnType::String(StringLen::N(128)),
    request_id: Option<String> => RequestId: ColumnType::String(StringLen::N(128)),
    transaction_id: Option<String> => TransactionId: ColumnType::String(StringLen::N(64)),
    database_user: Option<String> => DatabaseUser: ColumnType::String(StringLen::N(320)),
    database_role: Option<String> => DatabaseRole: ColumnType::String(StringLen::N(63)),
    reason: Option<String> => Reason: ColumnType::String(StringLen::N(1000)),
    module: Option<String> => Module: ColumnType::String(StringLen::N(255)),
    metadata: Option<Json> => Metadata,
}

/// No relations: deleting a user, or a row, never touches the trail.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// What was done, as an [`Action`].
    ///
    /// # Errors
    /// [`ActionError`] where the text is not that of an action; this library writes no such record.
    pub fn action(&self) -> Result<Action, ActionError> {
        self.action.parse()
    }
}
