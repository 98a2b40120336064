use std::sync::Arc;

use crate::{Actor, AuditContext, Scoped, scope, scope::Scope};

/// An audit context that several hold at once: a layer, the extensions of its request, the body of its answer.
///
/// Clones share one context: an actor set through one, or by [`AuditContext::set_actor`] in any of their
/// scopes, is seen through all. Along with the context it holds the configuration that was in force where it
/// was made, and both are current in each scope that it opens.
///
/// # Example
/// ```
/// use audit_core::{Actor, AuditContext, SharedContext};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let request = SharedContext::new(AuditContext::new().request_id("r-1"));
/// let handler = request.scope(async { AuditContext::set_actor(Actor::new("ada")) });
/// handler.await;
/// assert_eq!(request.get().actor, Some(Actor::new("ada")));
///
/// let seen_by_the_body = request.scope_sync(|| AuditContext::current().actor);
/// assert_eq!(seen_by_the_body, Some(Actor::new("ada")));
/// # });
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct SharedContext {
    scope: Scope,
}

impl SharedContext {
    /// Shares a context. The configuration is the one in force here.
    pub fn new(context: AuditContext) -> Self {
        Self {
            scope: Scope::with_context(context),
        }
    }

    /// The same configuration with a context that is not shared with this one.
    pub fn apart(&self, context: AuditContext) -> Self {
        Self {
            scope: self.scope.and_context(context),
        }
    }

    /// The context as it is now.
    pub fn get(&self) -> AuditContext {
        self.map(|context| AuditContext::clone(context))
    }

    /// Sets the actor.
    pub fn set_actor(&self, actor: impl Into<Actor>) {
        let actor = actor.into();
        self.update(|context| context.actor = Some(actor));
    }

    /// Changes the context.
    pub fn update(&self, change: impl FnOnce(&mut AuditContext)) {
        self.map(|context| change(Arc::make_mut(context)));
    }

    /// A future with this context current while it runs.
    pub fn scope<F: Future>(&self, future: F) -> Scoped<F> {
        scope::enter(self.scope.clone(), future)
    }

    /// Runs a function with this context current.
    pub fn scope_sync<R>(&self, function: impl FnOnce() -> R) -> R {
        scope::run(self.scope.clone(), function)
    }

    fn map<R>(&self, function: impl FnOnce(&mut Arc<AuditContext>) -> R) -> R {
        self.scope
            .map_context(function)
            .expect("it was made with a context")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AuditConfig;

    #[tokio::test]
    async fn what_is_apart_is_not_shared_but_keeps_the_configuration() {
        let shared = AuditConfig::new()
            .enabled(false)
            .scope(async { SharedContext::new(AuditContext::new().reason("r")) })
            .await;
        let apart = shared.apart(shared.get());
        apart.set_actor(Actor::new("a"));
        assert_eq!(shared.get(), AuditContext::new().reason("r"));
        assert_eq!(apart.get().reason.as_deref(), Some("r"));
        let enabled = apart.scope(async { AuditConfig::current().unwrap().get_enabled() });
        assert!(!enabled.await);
    }

    #[tokio::test]
    async fn two_shared_contexts_on_one_thread_stay_apart() {
        let run = |id: &'static str| async move {
            let shared = SharedContext::new(AuditContext::new());
            let scoped = shared.scope(async {
                tokio::task::yield_now().await;
                AuditContext::set_actor(Actor::new(id));
                tokio::task::yield_now().await;
            });
            scoped.await;
            assert_eq!(shared.get().actor, Some(Actor::new(id)));
        };
        tokio::join!(run("a"), run("b"));
        assert_eq!(AuditContext::current(), AuditContext::new());
    }
}
