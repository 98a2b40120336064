use std::{
    fmt,
    net::IpAddr,
    sync::{Arc, LazyLock},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Actor, FutureExt,
    scope::{self, Scope},
};

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

    /// The current context; one that knows nothing where there is none.
    pub fn current() -> Self {
        scope::context().map_or_else(Self::new, Arc::unwrap_or_clone)
    }

    /// The current context as it is now, not copied: for what reads it for each of many records.
    ///
    /// It does not change any more: an actor that [`set_actor`](Self::set_actor) sets later is not in it.
    ///
    /// # Example
    /// ```
    /// use audit_core::AuditContext;
    ///
    /// let context = AuditContext::new().reason("nightly");
    /// let reason = context.scope_sync(|| AuditContext::shared().reason.clone());
    /// assert_eq!(reason.as_deref(), Some("nightly"));
    /// ```
    #[must_use]
    pub fn shared() -> Arc<Self> {
        static NONE: LazyLock<Arc<AuditContext>> = LazyLock::new(Arc::default);
        scope::context().unwrap_or_else(|| Arc::clone(&NONE))
    }

    /// Sets the actor of the current context, for what runs before the rest of its scope knows who it is: an
    /// extractor that reads a token after the layer set the context.
    ///
    /// Returns whether there was a current context to set it in.
    pub fn set_actor(actor: impl Into<Actor>) -> bool {
        let actor = actor.into();
        scope::update_context(|context| context.actor = Some(actor))
    }

    /// Sets for whom the actor of the current context acts, for what runs before the rest of its scope knows it.
    ///
    /// Returns whether there was a current context to set it in.
    ///
    /// # Example
    /// ```
    /// use audit_core::{Actor, AuditContext};
    ///
    /// AuditContext::new().scope_sync(|| {
    ///     assert!(AuditContext::set_on_behalf_of(Actor::new(42)));
    ///     assert_eq!(AuditContext::current().on_behalf_of, Some(Actor::new(42)));
    /// });
    /// ```
    pub fn set_on_behalf_of(actor: impl Into<Actor>) -> bool {
        let actor = actor.into();
        scope::update_context(|context| context.on_behalf_of = Some(actor))
    }

    /// Sets the tenant of the current context, for what runs before the rest of its scope knows it.
    ///
    /// Returns whether there was a current context to set it in.
    ///
    /// # Example
    /// ```
    /// use audit_core::AuditContext;
    ///
    /// AuditContext::new().scope_sync(|| {
    ///     assert!(AuditContext::set_tenant_id("acme"));
    ///     assert_eq!(AuditContext::current().tenant_id.as_deref(), Some("acme"));
    /// });
    /// ```
    pub fn set_tenant_id(tenant_id: impl fmt::Display) -> bool {
        let tenant_id = tenant_id.to_string();
        scope::update_context(|context| context.tenant_id = Some(tenant_id))
    }

    /// Sets the session of the current context, for what runs before the rest of its scope knows it.
    ///
    /// Whoever reads the trail reads it, so let it be a digest where the id alone opens the session.
    /// Returns whether there was a current context to set it in.
    pub fn set_session_id(session_id: impl Into<String>) -> bool {
        let session_id = session_id.into();
        scope::update_context(|context| context.session_id = Some(session_id))
    }

    /// Runs a future with this as the current context.
    ///
    /// The context is the future's alone: it is current while the future is polled and while it is dropped.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        future.with_audit_context(self).await
    }

    /// Runs a function with this as the current context.
    pub fn scope_sync<R>(self, function: impl FnOnce() -> R) -> R {
        scope::run(Scope::with_context(self), function)
    }

    /// Runs a future whose writes are not recorded, saying why.
    ///
    /// For what is no change that anybody made: a cache refreshed, a backfill. The current context stays.
    /// Hooks record nothing of it; capture triggers, of an audited connection, leave a record without values.
    ///
    /// # Example
    /// ```
    /// use audit_core::AuditContext;
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// AuditContext::unaudited("rebuilds the search index", async {
    ///     assert!(AuditContext::is_unaudited());
    /// })
    /// .await;
    /// # });
    /// ```
    pub async fn unaudited<F: Future>(why: &'static str, future: F) -> F::Output {
        scope::enter(Scope::unaudited(why), future).await
    }

    /// Whether the current scope is one that [`unaudited`](Self::unaudited) opened.
    #[must_use]
    pub fn is_unaudited() -> bool {
        scope::unaudited_reason().is_some()
    }

    /// Why the current scope is not audited, where it is not.
    #[must_use]
    pub fn unaudited_reason() -> Option<&'static str> {
        scope::unaudited_reason()
    }
}
