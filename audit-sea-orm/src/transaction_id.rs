//! Ids of transactions, for databases that tell none.
//!
//! PostgreSQL numbers its transactions, and fills the column by itself: a default of the table. SQLite, MariaDB and MySQL
//! have no number that a statement or a trigger may read, so a transaction that the library begins, or takes, gets an
//! id here.

use std::sync::Arc;

use sea_orm::{DbBackend, Value};
use tokio::task::futures::TaskLocalFuture;
use uuid::Uuid;

tokio::task_local! {
    /// The address of the connection of a transaction of the library's own, and the transaction's id.
    static OURS: (usize, TransactionId);
}

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

/// Runs what is written in a transaction of the library's own, whose connection cannot tell the id to hooks.
pub(crate) fn within<C, F: Future>(
    connection: &C,
    id: TransactionId,
    work: F,
) -> TaskLocalFuture<(usize, TransactionId), F> {
    OURS.scope((address(connection), id), work)
}

/// The id of the transaction, where it is one of the library's own.
pub(crate) fn of_ours<C>(connection: &C) -> Option<TransactionId> {
    let here = address(connection);
    let of_here = |ours: &(usize, TransactionId)| (ours.0 == here).then(|| ours.1.clone());
    OURS.try_with(of_here).ok().flatten()
}

/// Compared, never followed: a hook may write through another connection as well.
fn address<C>(connection: &C) -> usize {
    std::ptr::from_ref(connection).addr()
}
