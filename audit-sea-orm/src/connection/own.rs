//! How the library's own statements, and what it asks of a connection, find their way through the wrappers.

use std::{cell::RefCell, sync::Arc};

use audit_core::AuditContext;
use tokio::task::futures::TaskLocalFuture;

use super::AnyConnection;
use crate::record::transaction_id::TransactionId;

tokio::task_local! {
    static OWN: ();
    static ANSWER: RefCell<Known>;
    /// The address of the connection of a transaction of the library's own, and the transaction's id.
    static OURS: (usize, TransactionId);
}

/// What an audited connection tells of itself.
#[derive(Debug, Default)]
struct Known {
    context: Option<Arc<AuditContext>>,
    transaction: Option<TransactionId>,
}

/// Marks what a future sends as the library's own: records, and reads before a change. They need no context.
pub(crate) async fn own<F: Future>(future: F) -> F::Output {
    OWN.scope((), future).await
}

pub(crate) fn is_own() -> bool {
    OWN.try_with(|()| ()).is_ok()
}

/// The context of what is written through a connection now: the explicit one of an audited connection, what
/// it does not say taken from the current one.
///
/// See [`ask`].
pub(crate) fn context_of(db: &AnyConnection<'_>) -> Arc<AuditContext> {
    match ask(db).context {
        Some(explicit) => {
            let context = AuditContext::clone(&explicit).or(AuditContext::current());
            Arc::new(context)
        }
        None => AuditContext::shared(),
    }
}

/// The id of the transaction that is written in, where the library gave it one.
pub(crate) fn transaction_of(db: &AnyConnection<'_>) -> Option<TransactionId> {
    let answered = ask(db).transaction;
    answered.or_else(|| of_ours(db.address()))
}

/// Asks a connection what it knows.
///
/// A hook knows its connection as a `ConnectionTrait` only, which has no method that could tell. So the question
/// is left where [`answer`] finds it, and a method without effect is called. It reaches an audited connection
/// inside an application's own wrapper too.
fn ask(db: &AnyConnection<'_>) -> Known {
    ANSWER.sync_scope(RefCell::default(), || {
        db.get_database_backend();
        ANSWER.with(RefCell::take)
    })
}

/// Answers [`ask`], where it asks.
pub(super) fn answer(context: Option<&Arc<AuditContext>>, transaction: Option<&TransactionId>) {
    // OK to ignore: mostly nobody asks.
    let _asked = ANSWER.try_with(|answer| {
        *answer.borrow_mut() = Known {
            context: context.map(Arc::clone),
            transaction: transaction.cloned(),
        }
    });
}

/// Runs what is written in a transaction of the library's own, whose connection cannot tell the id to hooks.
pub(crate) fn within<C, F: Future>(
    connection: &C,
    id: TransactionId,
    work: F,
) -> TaskLocalFuture<(usize, TransactionId), F> {
    OURS.scope((address(connection), id), work)
}

/// Whether what is written through is a transaction that the library began for one write: one that took SQLite's write lock.
pub(crate) fn is_ours(connection: &AnyConnection<'_>) -> bool {
    of_ours(connection.address()).is_some()
}

/// The id of the transaction, where it is one of the library's own.
fn of_ours(here: usize) -> Option<TransactionId> {
    let of_here = |ours: &(usize, TransactionId)| (ours.0 == here).then(|| ours.1.clone());
    OURS.try_with(of_here).ok().flatten()
}

/// Compared, never followed: a hook may write through another connection as well.
fn address<C>(connection: &C) -> usize {
    std::ptr::from_ref(connection).addr()
}
