//! Tasks, streams and jobs that have the context of where they begin.

use std::thread::{self, ThreadId};

use tokio::task::JoinHandle;

pub use audit_core::{Scoped, carry, carry_into};

/// Spawns a task that keeps the current audit context and configuration; `tokio::spawn` loses them.
///
/// # Panics
/// Outside a tokio runtime, as `tokio::spawn` does.
///
/// # Example
/// ```
/// use audit_sea_orm::{Actor, AuditContext};
///
/// # #[tokio::main]
/// # async fn main() {
/// let request = AuditContext::new().actor(Actor::new("ada"));
/// let actor = request
///     .scope(async { audit_sea_orm::task::spawn(async { AuditContext::current().actor }).await.unwrap() })
///     .await;
/// assert_eq!(actor, Some(Actor::new("ada")));
/// # }
/// ```
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(carry(future))
}

/// Who reads and writes: a tokio task, or a thread that blocks on a future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runner {
    Task(tokio::task::Id),
    Thread(ThreadId),
}

impl Runner {
    pub(crate) fn current() -> Self {
        tokio::task::try_id().map_or_else(|| Self::Thread(thread::current().id()), Self::Task)
    }
}
