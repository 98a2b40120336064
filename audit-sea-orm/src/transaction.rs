use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseExecutor, DatabaseTransaction, DbErr,
    SqliteTransactionMode, TransactionOptions, TransactionSession, TransactionTrait,
    prelude::async_trait::async_trait,
};

use crate::{AuditedConnection, AuditedTransaction, Error, carry, connection::Pool};

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
        let options = write_options();
        // Outside tokio there is no task to shield the `BEGIN` with.
        if tokio::runtime::Handle::try_current().is_err() {
            return self.begin_with_options(options).await;
        }
        let pool = self.clone();
        shielded(async move { pool.begin_with_options(options).await }).await
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
        let options = write_options();
        if tokio::runtime::Handle::try_current().is_err() {
            return self.begin_with_options(options).await;
        }
        let pool = self.clone();
        shielded(async move { pool.begin_with_options(options).await }).await
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

/// Runs a `BEGIN` to its end though the caller may go away: in a task of its own, which drops the transaction
/// that nobody waits for, and so rolls it back.
pub(crate) async fn shielded<T: Send + 'static>(
    begin: impl Future<Output = Result<T, DbErr>> + Send + 'static,
) -> Result<T, DbErr> {
    tokio::spawn(carry(begin))
        .await
        .map_err(|_| Error::RuntimeStopped)?
}
