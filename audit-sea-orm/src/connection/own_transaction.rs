//! Transactions that the library begins itself: begun so that nobody who goes away leaves one open, and ended so that
//! the connection is clean for its next user.

mod ending;
mod gate;
mod shield;
mod wanted;

use sea_orm::{
    AccessMode, ConnectionTrait, DbBackend, DbErr, IsolationLevel, SqliteTransactionMode,
    TransactionOptions, TransactionSession, TransactionTrait, prelude::async_trait::async_trait,
};

pub(crate) use ending::Ending;
pub use shield::finished_in_a_task;
pub(crate) use shield::shielded;
pub(crate) use wanted::to_its_end;

use super::{AnyConnection, own};
use crate::record::transaction_id::TransactionId;

/// Begins a transaction on a pool.
///
/// With sqlx 0.9.0 a `BEGIN` whose future is dropped gives a connection back to the pool inside an open transaction, so
/// it is shielded: one that nobody waits for any more is begun, and rolled back. SeaORM takes the connection in the same
/// call, and who waits for that is kept at a gate, where a caller can go away and leave nothing behind.
pub(crate) async fn begin<C>(pool: &C, options: TransactionOptions) -> Result<C::Transaction, DbErr>
where
    C: TransactionTrait<Transaction: TransactionSession + Send + 'static>
        + Clone
        + Send
        + Sync
        + 'static,
{
    let permit = gate::enter(pool).await?;
    let pool = pool.clone();
    let begin = async move {
        let begun = pool.begin_with_options(options).await;
        drop(permit);
        begun
    };
    shielded(begin, |begun| async move {
        if let Ok(transaction) = begun {
            // OK to ignore: what cannot be rolled back is a broken connection, which is not used again.
            let _rolled_back = transaction.rollback().await;
        }
    })
    .await
}

/// Begins a transaction on a pool, which the library ends.
pub(crate) async fn begin_ours<C>(
    pool: &C,
    options: TransactionOptions,
) -> Result<Ours<C::Transaction>, DbErr>
where
    C: TransactionTrait<Transaction: ConnectionTrait + TransactionSession + Send + 'static>
        + Clone
        + Send
        + Sync
        + 'static,
{
    let transaction = begin(pool, options).await?;
    Ok(Ours::new(transaction, Ending::of(pool)))
}

/// For a transaction that is going to write: SQLite takes the write lock at once.
pub(crate) fn to_write() -> TransactionOptions {
    TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    }
}

/// For a transaction that only reads, and sees one state of the database from its first statement on.
pub(crate) fn to_read(backend: DbBackend) -> TransactionOptions {
    if backend == DbBackend::Sqlite {
        // Any transaction of SQLite is so; it knows no levels.
        return TransactionOptions::default();
    }
    TransactionOptions {
        isolation_level: Some(IsolationLevel::RepeatableRead),
        access_mode: Some(AccessMode::ReadOnly),
        ..TransactionOptions::default()
    }
}

/// Works so that a failure leaves the transaction of the caller's as it was before. A savepoint that stays, as the future is
/// dropped, changes nothing, and ends with its transaction.
///
/// By statements: with sqlx 0.9.0 a savepoint whose future is dropped while it is made takes the whole transaction along, and
/// what its owner writes then commits by itself.
///
/// # Errors
/// What failed, or what the database reports.
pub async fn in_savepoint<C: ConnectionTrait, T, E>(
    db: &C,
    failed: impl Fn(DbErr) -> E + Send,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    in_savepoint_of(&AnyConnection::of(db), failed, work).await
}

/// See [`in_savepoint`].
pub(crate) async fn in_savepoint_of<T, E>(
    db: &AnyConnection<'_>,
    failed: impl Fn(DbErr) -> E + Send,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let send = async |sql| db.execute_unprepared(sql).await;
    send("SAVEPOINT audit").await.map_err(&failed)?;
    let done = work.await;
    if done.is_err() && send("ROLLBACK TO SAVEPOINT audit").await.is_err() {
        // The savepoint is gone with its transaction. The first error says why, and that it is.
        return done;
    }
    let released = send("RELEASE SAVEPOINT audit").await;
    let done = done?;
    released.map_err(failed)?;
    Ok(done)
}

/// A transaction of the library's own around one write.
#[doc(hidden)]
#[async_trait]
pub trait Own: Send + Sync + 'static {
    /// What is written through.
    type Connection: ConnectionTrait;

    /// What is written through.
    fn connection(&self) -> &Self::Connection;

    /// The id of it that the connection cannot tell by itself.
    fn transaction_id(&self) -> Option<&TransactionId>;

    /// Commits it, or rolls it back.
    async fn end(self, commits: bool) -> Result<(), DbErr>;
}

/// Runs what is written through it, so that its records have its id.
pub(crate) async fn within<O: Own, F: Future>(ours: &O, work: F) -> F::Output {
    match ours.transaction_id() {
        Some(id) => own::within(ours.connection(), id.clone(), work).await,
        None => work.await,
    }
}

/// Ends the transaction as what was done in it went; an error of that goes before one of the end.
pub(crate) async fn end<O: Own, R: Send, E: Send>(
    ours: O,
    done: Result<R, E>,
    failed: impl FnOnce(DbErr) -> E + Send,
) -> Result<R, E> {
    let ended = ours.end(done.is_ok()).await;
    let answer = done?;
    ended.map(|()| answer).map_err(failed)
}

/// A transaction of SeaORM's that the library began on a pool.
#[doc(hidden)]
#[derive(Debug)]
pub struct Ours<T: ConnectionTrait + TransactionSession + Send + 'static> {
    /// There until it ends.
    transaction: Option<T>,
    id: Option<TransactionId>,
    ending: Ending,
}

impl<T: ConnectionTrait + TransactionSession + Send + 'static> Ours<T> {
    fn new(transaction: T, ending: Ending) -> Self {
        Self {
            id: TransactionId::on(transaction.get_database_backend()),
            transaction: Some(transaction),
            ending,
        }
    }
}

#[async_trait]
impl<T: ConnectionTrait + TransactionSession + Send + 'static> Own for Ours<T> {
    type Connection = T;

    fn connection(&self) -> &T {
        let transaction = self.transaction.as_ref();
        transaction.expect("only `end` takes it, and it takes the whole")
    }

    fn transaction_id(&self) -> Option<&TransactionId> {
        self.id.as_ref()
    }

    async fn end(mut self, commits: bool) -> Result<(), DbErr> {
        let Some(transaction) = self.transaction.take() else {
            return Ok(());
        };
        let ending = self.ending;
        let ended = async move {
            if commits {
                ending.commit(transaction).await
            } else {
                ending.roll_back(transaction).await.map(drop)
            }
        };
        shielded(ended, |_| async {}).await
    }
}

impl<T: ConnectionTrait + TransactionSession + Send + 'static> Drop for Ours<T> {
    fn drop(&mut self) {
        let Some(transaction) = self.transaction.take() else {
            return;
        };
        let ending = self.ending;
        if ending.is_plain() {
            return;
        }
        finished_in_a_task(async move {
            // OK to ignore, as above.
            let _rolled_back = ending.roll_back(transaction).await;
        });
    }
}
