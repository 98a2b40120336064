//! What is in force for a future: a context, a configuration, or that nothing is recorded.

mod config;
mod context;

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use pin_project_lite::pin_project;
use tokio::task::futures::TaskLocalFuture;

use crate::{AuditConfig, AuditContext};

tokio::task_local! {
    static SCOPE: Scope;
}

/// What a task-local scope holds. Scopes nest: each copies the outer one and replaces a part.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    // Behind a lock because an extractor may learn the actor after the scope was opened; shared so that
    // the tasks a request spawned learn it too.
    // The inner `Arc` lets every write look at the context without a copy of its texts.
    context: Option<Arc<Mutex<Arc<AuditContext>>>>,
    config: Option<Arc<AuditConfig>>,
    unaudited: Option<&'static str>,
}

impl Scope {
    fn current() -> Self {
        SCOPE.try_with(Clone::clone).unwrap_or_default()
    }

    pub(crate) fn with_context(context: AuditContext) -> Self {
        Self {
            context: Some(Arc::new(Mutex::new(Arc::new(context)))),
            ..Self::current()
        }
    }

    /// This scope with a context of its own, apart from that of the task that asks.
    pub(crate) fn and_context(&self, context: AuditContext) -> Self {
        Self {
            context: Some(Arc::new(Mutex::new(Arc::new(context)))),
            ..self.clone()
        }
    }

    pub(crate) fn with_config(config: AuditConfig) -> Self {
        Self {
            config: Some(Arc::new(config)),
            ..Self::current()
        }
    }

    pub(crate) fn unaudited(why: &'static str) -> Self {
        Self {
            unaudited: Some(why),
            ..Self::current()
        }
    }

    /// Does something with the scope's context; `None` where it has none.
    pub(crate) fn map_context<R>(
        &self,
        function: impl FnOnce(&mut Arc<AuditContext>) -> R,
    ) -> Option<R> {
        let cell = self.context.as_ref()?;
        // OK to go on after a panic: a context is replaced field by field, never left half-written.
        Some(function(
            &mut cell.lock().unwrap_or_else(PoisonError::into_inner),
        ))
    }
}

pub(crate) fn context() -> Option<Arc<AuditContext>> {
    with_context_cell(|context| Arc::clone(context))
}

pub(crate) fn update_context(change: impl FnOnce(&mut AuditContext)) -> bool {
    with_context_cell(|context| change(Arc::make_mut(context))).is_some()
}

fn with_context_cell<R>(function: impl FnOnce(&mut Arc<AuditContext>) -> R) -> Option<R> {
    SCOPE
        .try_with(|scope| scope.map_context(function))
        .ok()
        .flatten()
}

pub(crate) fn config() -> Option<Arc<AuditConfig>> {
    SCOPE.try_with(|scope| scope.config.clone()).ok().flatten()
}

pub(crate) fn unaudited_reason() -> Option<&'static str> {
    SCOPE.try_with(|scope| scope.unaudited).ok().flatten()
}

pub(crate) fn run<R>(scope: Scope, function: impl FnOnce() -> R) -> R {
    SCOPE.sync_scope(scope, function)
}

/// Takes the current scope, its context and configuration, along with a future into another task.
///
/// # Example
/// ```
/// use audit_core::{Actor, AuditContext, carry};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let actor = AuditContext::new()
///     .actor(Actor::new("ada"))
///     .scope(async { tokio::spawn(carry(async { AuditContext::current().actor })).await.unwrap() })
///     .await;
/// assert_eq!(actor, Some(Actor::new("ada")));
/// # });
/// ```
pub fn carry<F: Future>(future: F) -> Scoped<F> {
    enter(Scope::current(), future)
}

/// Takes the current scope, its context and configuration, along with a callback that somebody else runs later, in a task of
/// their own.
///
/// Where the callback learns the actor, by [`AuditContext::set_actor`], the scope that it was taken from learns it too.
///
/// # Example: a websocket of axum
/// ```
/// use audit_core::{Actor, AuditContext, carry_into};
///
/// # struct WebSocket;
/// # struct WebSocketUpgrade;
/// # impl WebSocketUpgrade {
/// #     async fn on_upgrade<F: Future<Output = ()> + Send + 'static>(self, f: impl FnOnce(WebSocket) -> F) {
/// #         tokio::spawn(f(WebSocket)).await.unwrap()
/// #     }
/// # }
/// async fn talk(socket: WebSocket) {
///     assert_eq!(AuditContext::current().actor, Some(Actor::new("ada")));
/// }
///
/// async fn chat(upgrade: WebSocketUpgrade) {
///     upgrade.on_upgrade(carry_into(talk)).await
/// }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # AuditContext::new().actor("ada").scope(chat(WebSocketUpgrade)).await;
/// # });
/// ```
pub fn carry_into<A, F: Future>(callback: impl FnOnce(A) -> F) -> impl FnOnce(A) -> Scoped<F> {
    let scope = Scope::current();
    move |argument| {
        let future = run(scope.clone(), || callback(argument));
        enter(scope, future)
    }
}

/// Runs a future in a scope.
pub(crate) fn enter<F: Future>(scope: Scope, future: F) -> Scoped<F> {
    Scoped {
        future: SCOPE.scope(scope, future),
    }
}

mod sealed {
    pub trait Sealed {}
    impl<F: Future> Sealed for F {}
}

/// Runs any future with an audit context, as `tracing` instruments one with a span.
pub trait AuditFutureExt: Future + Sized + sealed::Sealed {
    /// This future, with `context` current while it runs.
    ///
    /// # Example
    /// ```
    /// use audit_core::{Actor, AuditContext, AuditFutureExt};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let context = AuditContext::new().actor(Actor::system("import"));
    /// let actor = async { AuditContext::current().actor }.with_audit_context(context).await;
    /// assert_eq!(actor, Some(Actor::system("import")));
    /// # });
    /// ```
    fn with_audit_context(self, context: AuditContext) -> Scoped<Self> {
        enter(Scope::with_context(context), self)
    }
}

impl<F: Future> AuditFutureExt for F {}

pin_project! {
    /// A future that runs in a scope of its own, made by [`AuditFutureExt::with_audit_context`] and [`carry`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Scoped<F> {
        #[pin]
        future: TaskLocalFuture<Scope, F>,
    }
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().future.poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Actor;

    fn as_actor(id: &str) -> AuditContext {
        AuditContext::new().actor(Actor::new(id))
    }

    fn actor() -> Option<String> {
        Some(AuditContext::current().actor?.id().to_owned())
    }

    #[tokio::test]
    async fn interleaved_scopes_on_one_thread_never_exchange_actors() {
        let request = |id: String| {
            as_actor(&id).scope(async move {
                for _ in 0..100 {
                    tokio::task::yield_now().await;
                    assert_eq!(actor(), Some(id.clone()));
                }
            })
        };
        tokio::join!(request("a".to_owned()), request("b".to_owned()));
        assert_eq!(actor(), None);
    }

    #[tokio::test]
    async fn a_scope_is_gone_after_a_panic_and_after_an_abort() {
        let panicking = tokio::spawn(as_actor("a").scope(async { panic!("expected by the test") }));
        assert!(panicking.await.unwrap_err().is_panic());

        let caught = std::panic::catch_unwind(|| {
            as_actor("b").scope_sync(|| panic!("expected by the test"))
        });
        assert!(caught.is_err());
        assert_eq!(actor(), None);

        let aborted = tokio::time::timeout(
            Duration::from_millis(1),
            as_actor("c").scope(std::future::pending::<()>()),
        );
        assert!(aborted.await.is_err());
        assert_eq!(actor(), None);
    }

    #[tokio::test]
    async fn an_actor_set_later_is_seen_by_the_scope_and_what_it_spawned() {
        assert!(!AuditContext::set_actor(Actor::new("nobody")));
        AuditContext::new()
            .scope(async {
                let spawned = tokio::spawn(carry(async {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    actor()
                }));
                assert!(AuditContext::set_actor(Actor::new("late")));
                assert_eq!(actor().as_deref(), Some("late"));
                assert_eq!(spawned.await.unwrap().as_deref(), Some("late"));
            })
            .await;
        assert_eq!(actor(), None);
    }

    #[tokio::test]
    async fn a_callback_that_carries_the_scope_runs_in_it() {
        let callback = as_actor("a").scope_sync(|| {
            carry_into(|id: &'static str| {
                let when_called = actor();
                async move {
                    assert!(AuditContext::set_actor(Actor::new(id)));
                    (when_called, actor())
                }
            })
        });
        let seen = tokio::spawn(callback("b")).await.unwrap();
        assert_eq!(seen, (Some("a".to_owned()), Some("b".to_owned())));
        assert_eq!(actor(), None);
    }

    #[tokio::test]
    async fn a_plain_spawn_sees_no_context() {
        let seen = as_actor("a").scope(async { tokio::spawn(async { actor() }).await.unwrap() });
        assert_eq!(seen.await, None);
    }

    #[tokio::test]
    async fn inner_scopes_keep_what_they_do_not_replace() {
        let seen = as_actor("a").scope(AuditContext::unaudited(
            "test",
            AuditConfig::new().enabled(false).scope(async {
                let enabled = AuditConfig::current().unwrap().get_enabled();
                (actor(), AuditContext::unaudited_reason(), enabled)
            }),
        ));
        assert_eq!(seen.await, (Some("a".to_owned()), Some("test"), false));
        assert!(!AuditContext::is_unaudited());
    }

    #[test]
    fn a_context_survives_serde() {
        let context = as_actor("a")
            .on_behalf_of(Actor::new("b").with_name("B"))
            .tenant_id(7)
            .ip([192, 0, 2, 1])
            .reason("r")
            .metadata("m");
        let text = serde_json::to_string(&context).unwrap();
        assert_eq!(
            serde_json::from_str::<AuditContext>(&text).unwrap(),
            context
        );
        assert_eq!(
            serde_json::from_str::<AuditContext>("{}").unwrap(),
            AuditContext::new()
        );
    }
}
