use std::{fmt, net::IpAddr};

use audit_core::{Action, Actor, AuditContext};
use sea_orm::{DbErr, Set};

use super::{
    boxed, json, line, quoted_values::without_quoted_values, recording, write_with_record,
};
#[cfg(doc)]
use crate::Error;
use crate::{
    AuditedWrite, Result, clock,
    connection::{AnyConnection, context_of},
    entity::{
        self,
        login_attempt::{ActiveModel, Column, Status},
    },
    record::Record,
    write,
};

/// The table of attempts, which a skip list may name.
const TABLE: &str = "audit_login_attempt";

/// A login, a failed or blocked one, or a logout.
///
/// Writes a row of `audit_login_attempt` (not for a logout) and a record `LOGIN`, `LOGIN_FAILED` or `LOGOUT`
/// that names it, both or neither. The address and user agent come from the current [`AuditContext`]; without
/// a request there are none, which is no error. A stranger chooses the user name: it is cleaned and cut to
/// 150 characters by the rule of [`text`](crate::text).
///
/// # Example
/// ```
/// # use sea_orm::{ConnectionTrait, Database, DbBackend, EntityTrait, Schema};
/// use audit_sea_orm::prelude::*;
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let db = Database::connect("sqlite::memory:").await?;
/// # let schema = Schema::new(DbBackend::Sqlite);
/// # db.execute(&schema.create_table_from_entity(audit_log::Entity)).await?;
/// # db.execute(&schema.create_table_from_entity(login_attempt::Entity)).await?;
/// LoginAttempt::failed("ada").reason("wrong password").record(&db).await?;
/// LoginAttempt::success("ada").actor(Actor::new(42)).record(&db).await?;
/// LoginAttempt::logout("ada").record(&db).await?;
///
/// assert_eq!(login_attempt::Entity::find().all(&db).await?.len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "an attempt is written by `record`"]
pub struct LoginAttempt {
    outcome: Outcome,
    username: String,
    failure_reason: Option<String>,
    place: GeoPlace,
    attempts: u64,
    context: AuditContext,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Success,
    Failed,
    Blocked,
    Logout,
}

impl Outcome {
    fn action(self) -> Action {
        match self {
            Self::Success => Action::Login,
            Self::Failed | Self::Blocked => Action::LoginFailed,
            Self::Logout => Action::Logout,
        }
    }

    /// The status of the attempt; a logout is none.
    fn status(self) -> Option<Status> {
        match self {
            Self::Success => Some(Status::Success),
            Self::Failed => Some(Status::Failed),
            Self::Blocked => Some(Status::Blocked),
            Self::Logout => None,
        }
    }
}

/// Where an address is, as far as anybody knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GeoPlace {
    /// The country; recorded to 100 characters.
    pub country: Option<String>,
    /// The city; recorded to 100 characters.
    pub city: Option<String>,
}

/// Tells where an address is. Closures satisfy it.
///
/// # Example
/// ```
/// use audit_sea_orm::{GeoLocator, GeoPlace};
///
/// fn at_home(ip: std::net::IpAddr) -> Option<GeoPlace> {
///     ip.is_loopback().then(|| GeoPlace { country: Some("home".to_owned()), city: None })
/// }
/// assert!(at_home.locate([127, 0, 0, 1].into()).is_some());
/// ```
pub trait GeoLocator {
    /// The place of an address; `None` where it is not known.
    fn locate(&self, ip: IpAddr) -> Option<GeoPlace>;
}

impl<F: Fn(IpAddr) -> Option<GeoPlace>> GeoLocator for F {
    fn locate(&self, ip: IpAddr) -> Option<GeoPlace> {
        self(ip)
    }
}

impl LoginAttempt {
    fn new(outcome: Outcome, username: impl Into<String>) -> Self {
        Self {
            outcome,
            username: username.into(),
            failure_reason: None,
            place: GeoPlace::default(),
            attempts: 1,
            context: AuditContext::new(),
        }
    }

    /// The user is in.
    pub fn success(username: impl Into<String>) -> Self {
        Self::new(Outcome::Success, username)
    }

    /// The credentials were wrong.
    pub fn failed(username: impl Into<String>) -> Self {
        Self::new(Outcome::Failed, username)
    }

    /// The attempt was not allowed: a lockout, a ban.
    pub fn blocked(username: impl Into<String>) -> Self {
        Self::new(Outcome::Blocked, username)
    }

    /// The user left.
    pub fn logout(username: impl Into<String>) -> Self {
        Self::new(Outcome::Logout, username)
    }

    /// Sets why it failed or was blocked; cut to 200 characters. Never put the password there.
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.failure_reason = Some(reason.into());
        self
    }

    /// Sets the user's id, where it is known; the current context's actor where it is not set.
    pub fn actor(mut self, actor: impl Into<Actor>) -> Self {
        self.context = self.context.actor(actor);
        self
    }

    /// Sets the tenant; the current context's where it is not set. Cut to 128 characters.
    pub fn tenant_id(mut self, tenant_id: impl fmt::Display) -> Self {
        self.context = self.context.tenant_id(tenant_id);
        self
    }

    /// Sets anything else worth recording; the current context's where it is not set.
    pub fn metadata(mut self, metadata: impl Into<serde_json::Value>) -> Self {
        self.context = self.context.metadata(metadata);
        self
    }

    /// Sets the address; the current context's where it is not set.
    pub fn ip(mut self, ip: impl Into<IpAddr>) -> Self {
        self.context = self.context.ip(ip);
        self
    }

    /// Sets the program that sent it; the current context's where it is not set.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.context = self.context.user_agent(user_agent);
        self
    }

    /// Sets country and city by the address that is known now: call it after [`ip`](Self::ip).
    pub fn located_by(mut self, locator: &(impl GeoLocator + ?Sized)) -> Self {
        let ip = self.context.ip.or_else(|| AuditContext::current().ip);
        if let Some(place) = ip.and_then(|ip| locator.locate(ip)) {
            self.place = place;
        }
        self
    }

    /// Makes it stand for several attempts, in the context that they have in common: what else it was given of who and
    /// from where is left out.
    ///
    /// For what bounds the rows that strangers can make, as `EventReporter` of `audit-web` does.
    pub fn standing_for(mut self, attempts: u64, context: AuditContext) -> Self {
        self.attempts = attempts;
        self.context = context;
        self
    }

    /// The name that was typed.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.username
    }

    /// What came of it; `None` for a logout.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        self.outcome.status()
    }

    /// Why it failed or was blocked.
    #[must_use]
    pub fn failure_reason(&self) -> Option<&str> {
        self.failure_reason.as_deref()
    }

    /// Who and from where, as it would be recorded now: what it was given, and the rest from the current context.
    pub fn context(&self) -> AuditContext {
        self.context.clone().or(AuditContext::current())
    }

    /// Writes the attempt and its record, both or neither, unless a skip list names its action or table.
    ///
    /// # Errors
    /// [`Error::Write`] where the database refuses it; under [`OnFailure::Log`](crate::OnFailure::Log) that is
    /// counted instead.
    pub async fn record<C: AuditedWrite>(self, db: &C) -> Result<(), DbErr> {
        boxed(self.write(db)).await
    }

    async fn write<C: AuditedWrite>(self, db: &C) -> Result<()> {
        let action = self.outcome.action();
        let any = AnyConnection::of(db);
        let Some(config) = recording(&any, action.as_str(), Some(TABLE))? else {
            return Ok(());
        };
        let context = self
            .context
            .clone()
            .or(AuditContext::clone(&context_of(&any)));
        let username = entity::line(Column::Username, &self.username);
        let record = Record {
            action: action.into(),
            object_repr: Some(username.clone()),
            ..Record::default()
        };
        let attempt = self.into_active_model(username, &context);
        let written = write_with_record(db, attempt.as_ref(), record, &context).await;
        write::settle(&any, &config, written.map(drop)).await
    }

    /// The attempt, if it is one.
    fn into_active_model(self, username: String, context: &AuditContext) -> Option<ActiveModel> {
        let reason = self.failure_reason.as_deref().map(without_quoted_values);
        Some(ActiveModel {
            occurred_at: Set(clock::now()),
            username: Set(username),
            status: Set(self.outcome.status()?),
            ip_address: Set(context.ip.map(|ip| ip.to_string())),
            user_agent: Set(line(Column::UserAgent, context.user_agent.as_deref())),
            failure_reason: Set(line(Column::FailureReason, reason.as_deref())),
            country: Set(line(Column::Country, self.place.country.as_deref())),
            city: Set(line(Column::City, self.place.city.as_deref())),
            attempts: Set(i64::try_from(self.attempts).unwrap_or(i64::MAX)),
            tenant_id: Set(line(Column::TenantId, context.tenant_id.as_deref())),
            metadata: Set(json(context.metadata.as_ref())),
            ..Default::default()
        })
    }
}
