//! The context that is current, and scopes of one.

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use super::{AuditFutureExt, Scope, context, enter, run, unaudited_reason, update_context};
use crate::{Actor, AuditContext};

impl AuditContext {
    /// The current context; one that knows nothing where there is none.
    pub fn current() -> Self {
        context().map_or_else(Self::new, Arc::unwrap_or_clone)
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
        context().unwrap_or_else(|| Arc::clone(&NONE))
    }

    /// Sets the actor of the current context, for what runs before the rest of its scope knows who it is: an
    /// extractor that reads a token after the layer set the context.
    ///
    /// Returns whether there was a current context to set it in.
    pub fn set_actor(actor: impl Into<Actor>) -> bool {
        let actor = actor.into();
        update_context(|context| context.actor = Some(actor))
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
        update_context(|context| context.on_behalf_of = Some(actor))
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
        update_context(|context| context.tenant_id = Some(tenant_id))
    }

    /// Sets the session of the current context, for what runs before the rest of its scope knows it.
    ///
    /// Whoever reads the trail reads it, so let it be a digest where the id alone opens the session.
    /// Returns whether there was a current context to set it in.
    pub fn set_session_id(session_id: impl Into<String>) -> bool {
        let session_id = session_id.into();
        update_context(|context| context.session_id = Some(session_id))
    }

    /// Runs a future with this as the current context.
    ///
    /// The context is the future's alone: it is current while the future is polled and while it is dropped.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        future.with_audit_context(self).await
    }

    /// Runs a function with this as the current context.
    pub fn scope_sync<R>(self, function: impl FnOnce() -> R) -> R {
        run(Scope::with_context(self), function)
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
        enter(Scope::unaudited(why), future).await
    }

    /// Whether the current scope is one that [`unaudited`](Self::unaudited) opened.
    #[must_use]
    pub fn is_unaudited() -> bool {
        unaudited_reason().is_some()
    }

    /// Why the current scope is not audited, where it is not.
    #[must_use]
    pub fn unaudited_reason() -> Option<&'static str> {
        unaudited_reason()
    }
}
