/// How the migrations behave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct MigrationOptions {
    allow_rollback: bool,
}

impl MigrationOptions {
    /// The defaults: rolling back is refused.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether rolling back deletes the trail, instead of being refused. Default: no.
    pub fn allow_rollback(mut self, allowed: bool) -> Self {
        self.allow_rollback = allowed;
        self
    }

    pub(crate) fn allows_rollback(self) -> bool {
        self.allow_rollback
    }
}
