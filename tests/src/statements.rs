//! Counts and shows the statements that reach a database.

use std::sync::{Arc, Mutex, PoisonError};

use sea_orm::DatabaseConnection;

/// The statements that a pool and its transactions sent; `BEGIN`, `COMMIT` and savepoints are not among them.
#[derive(Clone, Debug, Default)]
pub struct Statements(Arc<Mutex<Vec<String>>>);

impl Statements {
    /// Begins to note what `db` sends.
    pub fn note(&self, db: &mut DatabaseConnection) {
        let sent = Arc::clone(&self.0);
        db.set_metric_callback(move |info| {
            let sql = info.statement.sql.clone();
            sent.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(sql);
        });
    }

    /// Takes what was noted since the last time.
    #[must_use]
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
