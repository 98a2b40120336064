use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::{
    collapse::{Budget, Collapse},
    refused_login::RefusedLogin,
};

/// The failed logins of the current window. Whoever tried is answered when the first is written, so the request decides
/// whether it is, and the reporter's task writes the counts.
#[derive(Debug)]
pub(super) struct Logins {
    collapse: Mutex<Collapse<RefusedLogin>>,
}

impl Logins {
    pub(super) fn new(budget: Budget) -> Self {
        Self {
            collapse: Mutex::new(Collapse::new(budget)),
        }
    }

    /// The attempt, where it is to be written now; else it was counted.
    pub(super) fn admit(&self, login: RefusedLogin) -> Option<RefusedLogin> {
        self.collapse().admit(login, Instant::now())
    }

    pub(super) fn is_due_at(&self) -> Option<Instant> {
        self.collapse().is_due_at()
    }

    pub(super) fn due(&self, now: Instant) -> Vec<RefusedLogin> {
        self.collapse().due(now)
    }

    pub(super) fn end(&self, now: Instant) -> Vec<RefusedLogin> {
        self.collapse().end(now)
    }

    fn collapse(&self) -> MutexGuard<'_, Collapse<RefusedLogin>> {
        // OK to go on after a panic: nothing in there calls what could.
        self.collapse.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
