use sea_orm_migration::DbErr;

tokio::task_local! {
    static ONLY_ASKED: ();
}

/// Asks migrations of the trail whether they would let themselves be rolled back: none is.
pub(crate) async fn only_asking<F: Future>(asked: F) -> F::Output {
    ONLY_ASKED.scope((), asked).await
}

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

    /// Whether nothing is to be rolled back, as it was only asked.
    ///
    /// # Errors
    /// One that says what would allow it, where rolling back is not allowed.
    pub(crate) fn is_rollback_only_asked(self) -> Result<bool, DbErr> {
        if self.allow_rollback {
            return Ok(ONLY_ASKED.try_with(|()| ()).is_ok());
        }
        Err(DbErr::Migration(
            "rolling back would delete the audit trail: make the migrations with \
             `MigrationOptions::allow_rollback(true)`, or run `audit-migration down --delete-the-trail`"
                .to_owned(),
        ))
    }
}
