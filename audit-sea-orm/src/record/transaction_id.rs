//! Ids of transactions, for databases that tell none.
//!
//! PostgreSQL numbers its transactions, and fills the column by itself: a default of the table. SQLite, MariaDB and MySQL
//! have no number that a statement or a trigger may read, so a transaction that the library begins, or takes, gets an
//! id here, and so does all that is written on a connection of a pool that propagates the context until it goes back.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

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

/// The variable of a session of MariaDB or MySQL which holds the id that its pool gave what is written on it now.
pub(crate) const MYSQL_VARIABLE: &str = "@audit_transaction";

/// Whether any session has such a variable.
static IS_PROPAGATED: AtomicBool = AtomicBool::new(false);

/// Has records ask the variable from now on. Without a pool that propagates they do not name one, as proxies that share sessions
/// among clients keep a session for who names a variable.
#[cfg(feature = "sqlx-mysql")]
pub(crate) fn propagate() {
    IS_PROPAGATED.store(true, Ordering::Relaxed);
}

pub(crate) fn is_propagated() -> bool {
    IS_PROPAGATED.load(Ordering::Relaxed)
}

impl From<TransactionId> for Value {
    fn from(id: TransactionId) -> Self {
        id.as_str().into()
    }
}
