use std::{
    pin::Pin,
    task::{Context, Poll},
};

use audit_core::Scoped;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseExecutor, DatabaseTransaction, DbErr,
    SqliteTransactionMode, TransactionOptions, TransactionSession, TransactionTrait,
    prelude::async_trait::async_trait,
};
use tokio::runtime::Handle;

use crate::{AuditedConnection, AuditedTransaction, carry, connection::Pool};

mod sealed {
    pub trait Sealed {}
    impl Sealed for sea_orm::DatabaseConnection {}
    impl Sealed for sea_orm::DatabaseTransaction {}
    impl Sealed for sea_orm::DatabaseExecutor<'_> {}
    impl<C> Sealed for crate::AuditedConnection<C> {}
    impl<T> Sealed for crate::AuditedTransaction<T> where
        T: sea_orm::ConnectionTrait + sea_orm::TransactionSession + Send + 'static
    {
    }
    #[cfg(feature = "rbac")]
    impl Sealed for sea_orm::RestrictedConnection {}
    #[cfg(feature = "rbac")]
    impl Sealed for sea_orm::RestrictedTransaction {}
}

/// Begins a transaction that is going to write, safely.
///
/// On a pool it differs from SeaORM's `begin` in two things. It can be cancelled: with sqlx 0.9.0 a `BEGIN`
/// whose future is dropped (a client goes away, a timeout fires) gives a connection back to the pool inside
/// an open transaction, and later writes on it are lost. And on SQLite it takes the write lock at once, as a
/// transaction that reads first may be refused to write later.
///
/// On a transaction it is a savepoint, as SeaORM's `begin` is.
///
/// # Example
/// ```
/// # use sea_orm::Database;
/// use audit_sea_orm::BeginWrite;
/// # #[tokio::main]
/// # async fn main() -> Result<(), sea_orm::DbErr> {
/// # let db = Database::connect("sqlite::memory:").await?;
/// let transaction = db.begin_write().await?;
/// // … several audited writes …
/// transaction.commit().await?;
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait BeginWrite: ConnectionTrait + TransactionTrait + sealed::Sealed {
    /// Begins the transaction.
    ///
    /// # Errors
    /// What the database reports, or the pool where it has no connection in time.
    async fn begin_write(&self) -> Result<Self::Transaction, DbErr>;
}

#[async_trait]
impl BeginWrite for DatabaseConnection {
    async fn begin_write(&self) -> Result<DatabaseTransaction, DbErr> {
        let pool = self.clone();
        shielded(async move { pool.begin_with_options(write_options()).await }).await
    }
}

#[async_trait]
impl BeginWrite for DatabaseTransaction {
    async fn begin_write(&self) -> Result<Self, DbErr> {
        self.begin().await
    }
}

#[async_trait]
impl BeginWrite for DatabaseExecutor<'_> {
    async fn begin_write(&self) -> Result<DatabaseTransaction, DbErr> {
        match self {
            DatabaseExecutor::Connection(pool) => pool.begin_write().await,
            DatabaseExecutor::Transaction(transaction) => transaction.begin().await,
            DatabaseExecutor::OwnedTransaction(transaction) => transaction.begin().await,
        }
    }
}

#[async_trait]
impl<C: Pool> BeginWrite for AuditedConnection<C> {
    async fn begin_write(&self) -> Result<Self::Transaction, DbErr> {
        self.begin_to_write().await
    }
}

#[async_trait]
impl<T> BeginWrite for AuditedTransaction<T>
where
    T: ConnectionTrait + TransactionTrait<Transaction = T> + TransactionSession + Send + 'static,
{
    async fn begin_write(&self) -> Result<Self, DbErr> {
        self.begin().await
    }
}

#[cfg(feature = "rbac")]
#[async_trait]
impl BeginWrite for sea_orm::RestrictedConnection {
    async fn begin_write(&self) -> Result<sea_orm::RestrictedTransaction, DbErr> {
        let pool = self.clone();
        shielded(async move { pool.begin_with_options(write_options()).await }).await
    }
}

#[cfg(feature = "rbac")]
#[async_trait]
impl BeginWrite for sea_orm::RestrictedTransaction {
    async fn begin_write(&self) -> Result<Self, DbErr> {
        self.begin().await
    }
}

pub(crate) fn write_options() -> TransactionOptions {
    TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    }
}

/// Runs a `BEGIN` to its end though the caller may go away: if it is dropped on the way, a task goes on with it, which
/// drops the transaction that nobody waits for, and so rolls it back.
///
/// Not in a task from the start, which would cost each transaction two changes of threads. Outside tokio there is no task
/// to shield it with, and it is dropped as it is.
pub(crate) fn shielded<F>(begin: F) -> Shielded<Scoped<F>>
where
    F: Future<Output: Send> + Send + 'static,
{
    Shielded {
        begin: Some(Box::pin(carry(begin))),
        runtime: None,
    }
}

/// A future that a task takes over where it is dropped half done.
pub(crate) struct Shielded<F: Future<Output: Send> + Send + 'static> {
    begin: Option<Pin<Box<F>>>,
    /// Where a task can go on with it, once it runs.
    runtime: Option<Handle>,
}

impl<F: Future<Output: Send> + Send + 'static> Future for Shielded<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        if self.runtime.is_none() {
            self.runtime = Handle::try_current().ok();
        }
        // Taken out, so that one that panics is not gone on with.
        let mut begin = self
            .begin
            .take()
            .expect("a future is not polled after its end");
        let polled = begin.as_mut().poll(context);
        if polled.is_pending() {
            self.begin = Some(begin);
        }
        polled
    }
}

impl<F: Future<Output: Send> + Send + 'static> Drop for Shielded<F> {
    fn drop(&mut self) {
        if let (Some(begin), Some(runtime)) = (self.begin.take(), &self.runtime) {
            runtime.spawn(begin);
        }
    }
}
