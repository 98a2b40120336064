//! Whether the reporter itself is at work, whose own troubles must not become events.

tokio::task_local! {
    static WRITING: ();
}

/// Marks a future as the reporter's own work.
pub(super) async fn writing<F: Future>(future: F) -> F::Output {
    WRITING.scope((), future).await
}

/// Whether the current task is the reporter's.
#[cfg(feature = "tracing")]
pub(crate) fn is_writing() -> bool {
    WRITING.try_with(|()| ()).is_ok()
}
