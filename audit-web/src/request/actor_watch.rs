use std::sync::atomic::{AtomicU32, Ordering};

/// Says once that nobody is ever found where somebody is looked for: a layer outside the authentication finds nobody,
/// and nothing else would tell.
#[derive(Debug, Default)]
pub(super) struct ActorWatch {
    requests: AtomicU32,
}

/// So many requests without anybody are no chance.
const REQUESTS: u32 = 1_000;

impl ActorWatch {
    /// Notes whether a request had an actor when it was answered.
    pub(super) fn note(&self, has_actor: impl FnOnce() -> bool) {
        if self.requests.load(Ordering::Relaxed) >= REQUESTS {
            return;
        }
        if has_actor() {
            self.requests.store(REQUESTS, Ordering::Relaxed);
        } else if self.requests.fetch_add(1, Ordering::Relaxed) == REQUESTS - 1 {
            tracing::warn!(
                "audit: `resolve_actor` found nobody in the first {REQUESTS} requests; does the authentication's \
                 layer stand inside `AuditLayer`?"
            );
        }
    }
}
