//! Transactions of many statements that go to their end though the caller goes away.

use std::sync::{Arc, Weak};

use sea_orm::DbErr;

use super::shield::shielded;

/// Tells whether somebody waits for what is done.
pub(crate) struct Wanted(Weak<()>);

/// Runs a whole transaction. Where the caller goes away, a task goes on with it, so that no answer is left half read, which
/// with sqlx 0.9.0 leaves a connection of MariaDB and MySQL out of step. Before it commits, it asks [`Wanted::still`].
pub(crate) async fn to_its_end<T, F>(work: impl FnOnce(Wanted) -> F) -> Result<T, DbErr>
where
    F: Future<Output = Result<T, DbErr>> + Send + 'static,
    T: Send,
{
    let caller = Arc::new(());
    let done = shielded(work(Wanted(Arc::downgrade(&caller))), |_| async {}).await;
    drop(caller);
    done
}

impl Wanted {
    /// What was done; an error where nobody waits for it any more, so that it is rolled back.
    pub(crate) fn still<T>(&self, done: Result<T, DbErr>) -> Result<T, DbErr> {
        let done = done?;
        if self.0.strong_count() == 0 {
            return Err(DbErr::Custom(
                "audit: nobody waits for it any more".to_owned(),
            ));
        }
        Ok(done)
    }
}
