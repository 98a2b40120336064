use std::fmt::Display;

use audit_core::Action;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, FromQueryResult, QueryFilter,
    QuerySelect, QueryTrait, Select, sea_query::SelectStatement,
};

use crate::{
    clock,
    entity::{
        audit_log,
        login_attempt::{self, Status},
        system_event::{self, EventType},
    },
};

/// Counts what happened in a period, for everyone or for one actor, in three statements.
///
/// # Example
/// ```
/// # use sea_orm::{ConnectionTrait, Database, DbBackend, Schema};
/// use audit_sea_orm::prelude::*;
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let db = Database::connect("sqlite::memory:").await?;
/// # let schema = Schema::new(DbBackend::Sqlite);
/// # db.execute(&schema.create_table_from_entity(audit_log::Entity)).await?;
/// # db.execute(&schema.create_table_from_entity(login_attempt::Entity)).await?;
/// # db.execute(&schema.create_table_from_entity(system_event::Entity)).await?;
/// LoginAttempt::failed("ada").record(&db).await?;
///
/// let month = SummaryQuery::last_days(30).load(&db).await?;
/// assert_eq!((month.failed_logins, month.updates), (1, 0));
/// let ada = SummaryQuery::last_days(30).actor("42").load(&db).await?;
/// assert_eq!(ada.total_actions, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a summary is counted by `load`"]
pub struct SummaryQuery {
    from: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
    actor: Option<String>,
    tenant_id: Option<String>,
}

/// What [`SummaryQuery::load`] counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditSummary {
    /// Records of any action.
    pub total_actions: u64,
    /// Records of `CREATE`.
    pub creates: u64,
    /// Records of `UPDATE`.
    pub updates: u64,
    /// Records of `DELETE`.
    pub deletes: u64,
    /// Records of `VIEW`.
    pub views: u64,
    /// Attempts to log in that succeeded.
    pub successful_logins: u64,
    /// Attempts to log in that failed; blocked ones are not among them.
    pub failed_logins: u64,
    /// Attempts to log in that were blocked.
    pub blocked_logins: u64,
    /// System events of type `ERROR`.
    pub system_errors: u64,
    /// System events of any type that nobody dealt with yet.
    pub unresolved_events: u64,
}

impl SummaryQuery {
    /// The last `days` days, to the second, up to now.
    pub fn last_days(days: u32) -> Self {
        Self {
            from: clock::now() - TimeDelta::days(days.into()),
            until: None,
            actor: None,
            tenant_id: None,
        }
    }

    /// The time from `from` on and before `until`.
    pub fn between(from: DateTime<Utc>, until: DateTime<Utc>) -> Self {
        Self {
            from,
            until: Some(until),
            actor: None,
            tenant_id: None,
        }
    }

    /// Counts what one actor did, by id.
    ///
    /// Attempts to log in know a user name, not an id: those count whose name is the actor's id, a name that
    /// the actor has in records of the period, or one that a login of this actor had in the period.
    pub fn actor(mut self, actor_id: impl Into<String>) -> Self {
        self.actor = Some(actor_id.into());
        self
    }

    /// Counts what happened to one tenant's data alone.
    pub fn of_tenant(mut self, tenant_id: impl Display) -> Self {
        self.tenant_id = Some(tenant_id.to_string());
        self
    }

    /// Counts.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn load<C: ConnectionTrait>(&self, db: &C) -> Result<AuditSummary, DbErr> {
        let mut summary = AuditSummary::default();
        for row in self.records().into_model::<ActionCount>().all(db).await? {
            summary.add_records(&row);
        }
        let attempts = self.attempts(db.get_database_backend());
        for row in attempts.into_model::<StatusCount>().all(db).await? {
            summary.add_attempts(&row);
        }
        for row in self.events().into_model::<EventCount>().all(db).await? {
            summary.add_events(&row);
        }
        Ok(summary)
    }

    fn in_period<E: crate::TrailEntity>(&self) -> Select<E> {
        E::find()
            .filter(E::OCCURRED_AT.gte(clock::bound(self.from)))
            .apply_if(self.until, |select, until| {
                select.filter(E::OCCURRED_AT.lt(clock::bound(until)))
            })
            .apply_if(self.tenant_id.as_ref(), |select, tenant_id| {
                select.filter(E::TENANT_ID.eq(tenant_id))
            })
    }

    fn records(&self) -> Select<audit_log::Entity> {
        use audit_log::Column;
        self.in_period::<audit_log::Entity>()
            .apply_if(self.actor.as_ref(), |select, id| {
                select.filter(Column::ActorId.eq(id))
            })
            .select_only()
            .column(Column::Action)
            .column_as(Column::Id.count(), "rows")
            .group_by(Column::Action)
    }

    fn attempts(&self, backend: DbBackend) -> Select<login_attempt::Entity> {
        use login_attempt::Column;
        self.in_period::<login_attempt::Entity>()
            .apply_if(self.actor.as_ref(), |select, id| {
                select.filter(
                    Condition::any()
                        .add(Column::Username.eq(id))
                        .add(Column::Username.in_subquery(self.actor_names(id)))
                        .add(Column::Username.in_subquery(self.login_names(id))),
                )
            })
            .select_only()
            .column(Column::Status)
            .column_as(login_attempt::Entity::attempts(backend), "attempts")
            .group_by(Column::Status)
    }

    /// The names that the actor has in records.
    fn actor_names(&self, id: &str) -> SelectStatement {
        use audit_log::Column;
        self.in_period::<audit_log::Entity>()
            .filter(Column::ActorId.eq(id))
            .filter(Column::ActorName.is_not_null())
            .select_only()
            .column(Column::ActorName)
            .into_query()
    }

    /// The user names under which the actor is known to have logged in, or failed to.
    fn login_names(&self, id: &str) -> SelectStatement {
        use audit_log::Column;
        let actions = [Action::Login, Action::LoginFailed];
        self.in_period::<audit_log::Entity>()
            .filter(Column::ActorId.eq(id))
            .filter(Column::Action.is_in(actions.iter().map(Action::as_str)))
            .filter(Column::ObjectRepr.is_not_null())
            .select_only()
            .column(Column::ObjectRepr)
            .into_query()
    }

    fn events(&self) -> Select<system_event::Entity> {
        use system_event::Column;
        self.in_period::<system_event::Entity>()
            .apply_if(self.actor.as_ref(), |select, id| {
                select.filter(Column::ActorId.eq(id))
            })
            .select_only()
            .column(Column::EventType)
            .column(Column::Resolved)
            .column_as(Column::Id.count(), "rows")
            .group_by(Column::EventType)
            .group_by(Column::Resolved)
    }
}

#[derive(FromQueryResult)]
struct ActionCount {
    action: String,
    rows: i64,
}

#[derive(FromQueryResult)]
struct StatusCount {
    status: Status,
    attempts: i64,
}

#[derive(FromQueryResult)]
struct EventCount {
    event_type: EventType,
    resolved: bool,
    rows: i64,
}

impl AuditSummary {
    fn add_records(&mut self, row: &ActionCount) {
        let rows = row.rows.unsigned_abs();
        self.total_actions += rows;
        match row.action.parse() {
            Ok(Action::Create) => self.creates += rows,
            Ok(Action::Update) => self.updates += rows,
            Ok(Action::Delete) => self.deletes += rows,
            Ok(Action::View) => self.views += rows,
            // In the total only: the rest of the named ones, the application's own, and what others wrote.
            Ok(_) | Err(_) => {}
        }
    }

    fn add_attempts(&mut self, row: &StatusCount) {
        let count = match row.status {
            Status::Success => &mut self.successful_logins,
            Status::Failed => &mut self.failed_logins,
            Status::Blocked => &mut self.blocked_logins,
            // What a newer version tells apart.
            Status::Other(_) => return,
        };
        *count += row.attempts.unsigned_abs();
    }

    fn add_events(&mut self, row: &EventCount) {
        let rows = row.rows.unsigned_abs();
        if row.event_type == EventType::Error {
            self.system_errors += rows;
        }
        if !row.resolved {
            self.unresolved_events += rows;
        }
    }
}
