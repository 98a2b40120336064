use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseExecutor, DatabaseTransaction, DbErr,
    TransactionOptions, TransactionSession, TransactionTrait, prelude::async_trait::async_trait,
};

use crate::{
    AuditedConnection, AuditedTransaction,
    connection::{
        Pool,
        own_transaction::{self, Ours, Own},
    },
    record::transaction_id::TransactionId,
};

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
/// Where all connections are taken, as many callers wait in the pool as it has connections, and the others before it,
/// each as long as the pool's `acquire_timeout`: so those who give up leave nothing behind. The size of the pool is known
/// where this crate has the driver's feature (`sqlx-postgres` and its sisters), but not of a `RestrictedConnection`.
///
/// On an [`AuditedTransaction`] it is a savepoint, as SeaORM's `begin` is, and can be cancelled too: what follows in the
/// transaction waits until the savepoint is gone. SeaORM's own transactions have no `begin_write`: where their `begin`
/// is dropped, SeaORM 2.0.4 rolls back the transaction around it, and later writes commit one by one.
///
/// # Backends
/// With sqlx 0.9.0 a transaction on SQLite that meets a full disk, and is ended by the application, leaves its
/// connection unfit: later transactions on it are lost. Have the pool send `ROLLBACK` when it hands out a connection
/// (`ConnectOptions::map_sqlx_sqlite_before_acquire`). What the library ends itself it ends safely, and so does an
/// [`AuditedConnection`].
///
/// # Example
/// ```
/// # use sea_orm::Database;
/// use audit_sea_orm::AuditTransactionExt;
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
pub trait AuditTransactionExt: ConnectionTrait + TransactionTrait + sealed::Sealed {
    /// Begins the transaction.
    ///
    /// # Errors
    /// What the database reports, or the pool where it has no connection in time.
    async fn begin_write(&self) -> Result<Self::Transaction, DbErr>;
}

#[async_trait]
impl AuditTransactionExt for DatabaseConnection {
    async fn begin_write(&self) -> Result<DatabaseTransaction, DbErr> {
        own_transaction::begin(self, own_transaction::to_write()).await
    }
}

#[async_trait]
impl<C: Pool> AuditTransactionExt for AuditedConnection<C> {
    async fn begin_write(&self) -> Result<Self::Transaction, DbErr> {
        self.begin_with_options(own_transaction::to_write()).await
    }
}

#[async_trait]
impl<T> AuditTransactionExt for AuditedTransaction<T>
where
    T: ConnectionTrait + TransactionTrait<Transaction = T> + TransactionSession + Send + 'static,
{
    async fn begin_write(&self) -> Result<Self, DbErr> {
        self.begin().await
    }
}

#[cfg(feature = "rbac")]
#[async_trait]
impl AuditTransactionExt for sea_orm::RestrictedConnection {
    async fn begin_write(&self) -> Result<sea_orm::RestrictedTransaction, DbErr> {
        own_transaction::begin(self, own_transaction::to_write()).await
    }
}

/// What a change is written through together with its record: SeaORM's pools and transactions, and audited ones.
///
/// On a pool both are written in a transaction of the library's own. In a transaction they are two of its writes: no
/// savepoint is put around them, as one that is rolled back would take along what the application writes at the same
/// time. So roll the transaction back where such a write fails, as with any other; see
/// [`AuditActiveModelExt`](crate::AuditActiveModelExt).
#[diagnostic::on_unimplemented(
    message = "a change and its record cannot be written together through `{Self}`",
    label = "neither a connection of SeaORM nor an audited one",
    note = "pass a `DatabaseConnection`, a `DatabaseTransaction` or an `AuditedConnection`; of a wrapper of your own, what it holds"
)]
#[async_trait]
pub trait AuditedWrite: ConnectionTrait + sealed::Sealed {
    /// The transaction of one write.
    #[doc(hidden)]
    type Ours: Own;

    /// Begins it; `None` where this is a transaction.
    #[doc(hidden)]
    async fn begin_ours(&self) -> Result<Option<Self::Ours>, DbErr> {
        self.begin_ours_with(own_transaction::to_write()).await
    }

    /// Begins one of another kind; `None` where this is a transaction.
    #[doc(hidden)]
    async fn begin_ours_with(
        &self,
        options: TransactionOptions,
    ) -> Result<Option<Self::Ours>, DbErr>;
}

#[async_trait]
impl AuditedWrite for DatabaseConnection {
    type Ours = Ours<DatabaseTransaction>;

    async fn begin_ours_with(
        &self,
        options: TransactionOptions,
    ) -> Result<Option<Self::Ours>, DbErr> {
        own_transaction::begin_ours(self, options).await.map(Some)
    }
}

#[async_trait]
impl AuditedWrite for DatabaseTransaction {
    type Ours = Ours<Self>;

    async fn begin_ours_with(
        &self,
        _options: TransactionOptions,
    ) -> Result<Option<Self::Ours>, DbErr> {
        Ok(None)
    }
}

#[async_trait]
impl AuditedWrite for DatabaseExecutor<'_> {
    type Ours = Ours<DatabaseTransaction>;

    async fn begin_ours_with(
        &self,
        options: TransactionOptions,
    ) -> Result<Option<Self::Ours>, DbErr> {
        match self {
            DatabaseExecutor::Connection(pool) => pool.begin_ours_with(options).await,
            DatabaseExecutor::Transaction(_) | DatabaseExecutor::OwnedTransaction(_) => Ok(None),
        }
    }
}

#[async_trait]
impl<C: Pool> AuditedWrite for AuditedConnection<C> {
    type Ours = AuditedTransaction<C::Begun>;

    async fn begin_ours_with(
        &self,
        options: TransactionOptions,
    ) -> Result<Option<Self::Ours>, DbErr> {
        self.begin_with_options(options).await.map(Some)
    }
}

#[async_trait]
impl<T> AuditedWrite for AuditedTransaction<T>
where
    T: ConnectionTrait + TransactionSession + Send + 'static,
{
    type Ours = Self;

    async fn begin_ours_with(&self, _options: TransactionOptions) -> Result<Option<Self>, DbErr> {
        Ok(None)
    }
}

#[cfg(feature = "rbac")]
#[async_trait]
impl AuditedWrite for sea_orm::RestrictedConnection {
    type Ours = Ours<sea_orm::RestrictedTransaction>;

    async fn begin_ours_with(
        &self,
        options: TransactionOptions,
    ) -> Result<Option<Self::Ours>, DbErr> {
        own_transaction::begin_ours(self, options).await.map(Some)
    }
}

#[cfg(feature = "rbac")]
#[async_trait]
impl AuditedWrite for sea_orm::RestrictedTransaction {
    type Ours = Ours<Self>;

    async fn begin_ours_with(
        &self,
        _options: TransactionOptions,
    ) -> Result<Option<Self::Ours>, DbErr> {
        Ok(None)
    }
}

#[async_trait]
impl<T> Own for AuditedTransaction<T>
where
    T: ConnectionTrait + TransactionSession + Send + 'static,
{
    type Connection = Self;

    fn connection(&self) -> &Self {
        self
    }

    /// Hooks ask the connection: see `connection::own`.
    fn transaction_id(&self) -> Option<&TransactionId> {
        None
    }

    async fn end(self, commits: bool) -> Result<(), DbErr> {
        if commits {
            self.commit().await
        } else {
            self.rollback().await
        }
    }
}
