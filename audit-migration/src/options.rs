use sea_orm_migration::DbErr;

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

    /// An error that says what would allow it, where rolling back is not allowed.
    pub(crate) fn refuse_unless_allowed(self) -> Result<(), DbErr> {
        if self.allow_rollback {
            return Ok(());
        }
        Err(DbErr::Migration(
            "rolling back would delete the audit trail: make the migrations with \
             `MigrationOptions::allow_rollback(true)`, or run `audit-migration down --delete-the-trail`"
                .to_owned(),
        ))
    }
}
