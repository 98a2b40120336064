use std::sync::{Mutex, PoisonError};

/// Why somebody was not let in: a failure, or a block.
///
/// `authenticate` of axum-login has no word for it: `Ok(None)` is a wrong password, an unknown user and a locked
/// account alike. A backend that [notes](Self::note) the reason tells the trail, and the stranger nothing.
///
/// # Example
/// ```
/// use audit_web::login::Refusal;
///
/// # struct User;
/// async fn authenticate(username: &str) -> Option<User> {
///     if username == "ada" {
///         Refusal::blocked("locked after five failures").note();
///         return None;
///     }
/// #   None
///     // …
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a refusal counts once it is noted or returned"]
pub struct Refusal {
    pub(crate) reason: String,
    pub(crate) is_block: bool,
}

impl Refusal {
    /// The credentials were wrong, or could not be checked. The reason is recorded to 200 characters: never put
    /// the password there.
    pub fn failed(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            is_block: false,
        }
    }

    /// The attempt was not allowed: a lockout, a ban. The reason is recorded to 200 characters.
    pub fn blocked(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            is_block: true,
        }
    }

    /// Tells the [`AuditedBackend`](crate::login::AuditedBackend) around the running `authenticate`; of several
    /// the last counts, and only where nobody is let in.
    ///
    /// Returns whether there was one: in a task that `authenticate` spawned there is none.
    #[expect(
        clippy::must_use_candidate,
        reason = "where nobody listens there is nothing to do about it"
    )]
    pub fn note(self) -> bool {
        NOTED
            .try_with(|noted| *noted.lock().unwrap_or_else(PoisonError::into_inner) = Some(self))
            .is_ok()
    }
}

tokio::task_local! {
    static NOTED: Mutex<Option<Refusal>>;
}

/// Awaits a future, and what it noted.
pub(crate) async fn listen<F: Future>(future: F) -> (F::Output, Option<Refusal>) {
    let heard = async {
        let output = future.await;
        let noted = NOTED.with(|noted| noted.lock().unwrap_or_else(PoisonError::into_inner).take());
        (output, noted)
    };
    NOTED.scope(Mutex::new(None), heard).await
}
