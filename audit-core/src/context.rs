use std::{fmt, net::IpAddr};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Actor;

/// Who does something, from where and why: what every record of a request or job has in common.
///
/// A plain value: clone it, or carry it into a job with serde. The *current* context is a tokio task-local,
/// set for a future by [`scope`](Self::scope) and read by everything that writes a record. It ends with the
/// scope, also when the future panics or is dropped, and is not seen by a spawned task unless
/// [`carry`](crate::carry) takes it there.
///
/// # Example
/// ```
/// use audit_core::{Actor, AuditContext};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let context = AuditContext::new()
///     .actor(Actor::new(42).with_name("Ada"))
///     .ip([192, 0, 2, 7])
///     .reason("ticket 1815");
/// context
///     .scope(async {
///         let current = AuditContext::current();
///         assert_eq!(current.actor.unwrap().id(), "42");
///     })
///     .await;
/// assert_eq!(AuditContext::current(), AuditContext::new());
/// # });
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
#[must_use]
pub struct AuditContext {
    /// Who really acts.
    pub actor: Option<Actor>,
    /// For whom the actor acts, where that is somebody else: the customer as whom support staff is at work.
    pub on_behalf_of: Option<Actor>,
    /// The customer or organisation whose data it is, where one application serves several; recorded to 128 characters.
    pub tenant_id: Option<String>,
    /// The address the request came from.
    pub ip: Option<IpAddr>,
    /// The program that sent the request; recorded to 512 characters.
    pub user_agent: Option<String>,
    /// The session; recorded to 128 characters.
    pub session_id: Option<String>,
    /// The request; recorded to 128 characters.
    pub request_id: Option<String>,
    /// Why; recorded to 1,000 characters.
    pub reason: Option<String>,
    /// The part of the application; recorded to 255 characters.
    pub module: Option<String>,
    /// Anything else worth recording.
    pub metadata: Option<Value>,
}

impl AuditContext {
    /// A context that knows nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets who really acts.
    pub fn actor(mut self, actor: impl Into<Actor>) -> Self {
        self.actor = Some(actor.into());
        self
    }

    /// Sets for whom the actor acts. The actor stays who really acts: both are recorded.
    ///
    /// # Example
    /// ```
    /// use audit_core::{Actor, AuditContext};
    ///
    /// let support = AuditContext::new()
    ///     .actor(Actor::new("grace").with_name("Grace of support"))
    ///     .on_behalf_of(Actor::new(42).with_name("Ada"));
    /// assert_eq!(support.on_behalf_of.unwrap().id(), "42");
    /// ```
    pub fn on_behalf_of(mut self, actor: impl Into<Actor>) -> Self {
        self.on_behalf_of = Some(actor.into());
        self
    }

    /// Sets whose data it is, in an application that serves several customers.
    ///
    /// # Example
    /// ```
    /// use audit_core::AuditContext;
    ///
    /// assert_eq!(AuditContext::new().tenant_id(7).tenant_id.as_deref(), Some("7"));
    /// ```
    pub fn tenant_id(mut self, tenant_id: impl fmt::Display) -> Self {
        self.tenant_id = Some(tenant_id.to_string());
        self
    }

    /// Sets the address the request came from.
    pub fn ip(mut self, ip: impl Into<IpAddr>) -> Self {
        self.ip = Some(ip.into());
        self
    }

    /// Sets the program that sent the request.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = Some(user_agent.into());
        self
    }

    /// Sets the session.
    pub fn session_id(mut self, session_id: impl Into<String>) -> Self {
        self.session_id = Some(session_id.into());
        self
    }

    /// Sets the request.
    pub fn request_id(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = Some(request_id.into());
        self
    }

    /// Sets why.
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Sets the part of the application.
    pub fn module(mut self, module: impl Into<String>) -> Self {
        self.module = Some(module.into());
        self
    }

    /// Sets anything else worth recording.
    pub fn metadata(mut self, metadata: impl Into<Value>) -> Self {
        self.metadata = Some(metadata.into());
        self
    }

    /// This context, with what it does not know taken from another: explicit beats ambient.
    ///
    /// # Example
    /// ```
    /// use audit_core::AuditContext;
    ///
    /// let ambient = AuditContext::new().reason("nightly").module("billing");
    /// let context = AuditContext::new().reason("ticket 7").or(ambient);
    /// assert_eq!(context, AuditContext::new().reason("ticket 7").module("billing"));
    /// ```
    pub fn or(self, other: Self) -> Self {
        Self {
            actor: self.actor.or(other.actor),
            on_behalf_of: self.on_behalf_of.or(other.on_behalf_of),
            tenant_id: self.tenant_id.or(other.tenant_id),
            ip: self.ip.or(other.ip),
            user_agent: self.user_agent.or(other.user_agent),
            session_id: self.session_id.or(other.session_id),
            request_id: self.request_id.or(other.request_id),
            reason: self.reason.or(other.reason),
            module: self.module.or(other.module),
            metadata: self.metadata.or(other.metadata),
        }
    }
}
