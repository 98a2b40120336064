//! Ids of transactions, for databases that tell none.
//!
//! PostgreSQL numbers its transactions, and fills the column by itself: a default of the table. SQLite, MariaDB and MySQL
//! have no number that a statement or a trigger may read, so a transaction that the library begins, or takes, gets an
//! id here.

use std::sync::Arc;

use sea_orm::{DbBackend, Value};
use uuid::Uuid;

/// The id of a transaction, with its savepoints.
#[derive(Clone, Debug)]
pub struct TransactionId(Arc<str>);

impl TransactionId {
    /// A new one, where the database has none of its own.
    pub(crate) fn on(backend: DbBackend) -> Option<Self> {
        // By time, so that one transaction's place in the index is beside that of the one before.
        (backend != DbBackend::Postgres).then(|| Self(Uuid::now_v7().to_string().into()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<TransactionId> for Value {
    fn from(id: TransactionId) -> Self {
        id.as_str().into()
    }
}
