//! Connections that tell capture triggers who, from where and why.

mod any;
mod audited_kind;
mod begin;
mod command;
mod hits;
mod inherent;
mod kind;
pub(crate) mod own;
pub(crate) mod own_transaction;
pub(crate) mod payload;
mod rules;
mod session;
pub(crate) mod sql;
#[cfg(feature = "stream")]
mod stream;
mod transaction;

use std::{fmt, pin::Pin, sync::Arc};

use audit_core::AuditContext;
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    ExecResult, IsolationLevel, QueryResult, Statement, StatementBuilder, TransactionError,
    TransactionOptions, TransactionSession, TransactionTrait, prelude::async_trait::async_trait,
};

pub(crate) use any::AnyConnection;
pub use begin::{AuditTransactionExt, AuditedWrite};
pub(crate) use hits::AwaitedHit;
pub(crate) use kind::ConnectionKind;
pub(crate) use own::{context_of, is_ours, is_own, own, transaction_of};
#[cfg(feature = "stream")]
pub use stream::AuditedStream;
pub use transaction::AuditedTransaction;

use command::{Command, Reply};
use own_transaction::Ending;
use sql::Kind;

mod sealed {
    use sea_orm::{DatabaseConnection, DatabaseTransaction};

    pub trait Sealed {}
    impl Sealed for &DatabaseConnection {}
    impl Sealed for DatabaseTransaction {}
    impl<C> Sealed for &super::AuditedConnection<C> {}
    #[cfg(feature = "rbac")]
    impl Sealed for &sea_orm::RestrictedConnection {}
    #[cfg(feature = "rbac")]
    impl Sealed for sea_orm::RestrictedTransaction {}
}

/// A pool whose writes tell capture triggers who, from where and why.
///
/// Made by [`AuditConnectionExt::audited`]. It passes for the connection it wraps, in everything SeaORM does with
/// one. What is read through it is sent as it is. With what is written goes the context to the database session:
/// that of [`audited_as`](AuditConnectionExt::audited_as), and what it does not say from the one that is
/// [current](AuditContext::current) at the write. So do the [skip lists](crate::AuditConfig) and
/// [unaudited scopes](AuditContext::unaudited). Whatever becomes of the write or its transaction (commit,
/// rollback, drop, cancellation), the next user of the pooled connection finds none of it.
///
/// Hooks work through it as on the pool it wraps, with its context in their records, and so do events reported by
/// hand: `LoginAttempt::success("ada").record(&audited)`. Each change is recorded once, by the tier that its entity
/// names. What a trigger records without a context, because it was written through a plain connection, has no
/// actor, but is recorded all the same.
///
/// A raw statement counts as a read where it begins with `SELECT`, `VALUES`, `TABLE` or `WITH`, changes nothing in a
/// `WITH`, and calls the database's own functions only. A function of one's own may write, but on SQLite: its `SELECT`
/// is sent as a write is, and answered the same where the database takes no writes, but its stream is executed to its
/// end first. Read through [`unaudited`](Self::unaudited) what surely writes nothing. A text that begins with
/// transaction control (`BEGIN; …`) or a definition is sent as it is, without the context. So is, outside
/// a transaction, what may end one itself: `CALL`, PostgreSQL's `DO`, MariaDB's and MySQL's `EXECUTE`. Call a procedure
/// in a transaction to have its context recorded.
///
/// # Backends
/// The statements of one write, beside what the triggers do (`BEGIN` and `COMMIT` counted):
///
/// | | PostgreSQL | SQLite | MariaDB/MySQL |
/// |---|---|---|---|
/// | an insert, update or delete that SeaORM builds | 1 | 6 | 5 |
/// | a raw statement | 4 | 6 | 5 |
/// | on a `RestrictedConnection` | 4 | 6 | 5 |
/// | more for a transaction | 0 | 2 | 2 |
/// | without a context, lists and scope, outside a transaction | 1 | 1 | 1 |
///
/// *More for a transaction*: however many writes it has, as long as the context stays the same. A transaction on
/// PostgreSQL needs 1 more where its first write is raw. On SQLite, MariaDB and MySQL a transaction without a context needs as many, for its
/// [id](crate::RecordQuery::of_transaction).
///
/// A transaction that began plain (`transaction.audited()`) may be a savepoint, and so takes its context back: with its
/// commit, 1 statement more on PostgreSQL; on MariaDB and MySQL after each write, 2 for each.
///
/// PostgreSQL takes the context in the `RETURNING` list of the statement, which is evaluated with the first row,
/// before `AFTER` triggers fire. That does not do where a rule, or a trigger of a view, sends the write on to another table:
/// such a write costs as much as a raw one. So the server is asked for the rules of each table once in a process, by 1
/// statement more before the first write. One that is made later is found when it refuses a write, which in a transaction is an
/// error, or by the next process. A `BEFORE` trigger of the application's own that writes to another audited table
/// comes too early for it: write in a transaction there, after another write, or through a raw statement.
///
/// On SQLite roles of a `RestrictedConnection` need the permissions to insert into and delete from
/// `audit_context`.
///
/// # Example
/// ```
/// # use sea_orm::{ConnectionTrait, Database};
/// use audit_sea_orm::{Actor, AuditContext, AuditConnectionExt};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), sea_orm::DbErr> {
/// # let db = Database::connect("sqlite::memory:").await?;
/// # db.execute_unprepared("CREATE TABLE audit_context (payload text not null); CREATE TABLE cake (id integer)").await?;
/// let audited = db.audited_as(AuditContext::new().actor(Actor::new("42").with_name("Ada")));
/// // Pass it wherever a connection is expected.
/// audited.execute_unprepared("INSERT INTO cake (id) VALUES (1)").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AuditedConnection<C = DatabaseConnection> {
    connection: C,
    context: Option<Arc<AuditContext>>,
}

/// Makes connections and transactions audited.
///
/// Implemented for SeaORM's pools, of which it makes an [`AuditedConnection`], and for its transactions, which it
/// takes and makes an [`AuditedTransaction`].
///
/// # Backends
/// A transaction that is taken should be one that was begun on a pool; nested ones are made by its `begin`. On
/// MySQL and MariaDB the context goes before and after each of its writes. One that is dropped during a write is
/// rolled back in a task of its own: were it a savepoint, that could be after later writes of its transaction.
///
/// # Example
/// ```
/// # use sea_orm::{Database, TransactionSession, TransactionTrait};
/// use audit_sea_orm::{AuditConnectionExt, AuditContext};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), sea_orm::DbErr> {
/// # let db = Database::connect("sqlite::memory:").await?;
/// let transaction = db.audited_as(AuditContext::new().reason("ticket 7")).begin().await?;
/// // … writes …
/// transaction.commit().await?;
/// # Ok(())
/// # }
/// ```
pub trait AuditConnectionExt: Sized + sealed::Sealed {
    /// What it becomes.
    type Audited;

    /// Audited, with the context that is current at each write.
    #[must_use]
    fn audited(self) -> Self::Audited;

    /// Audited, with this context; what it does not say is taken from the one that is current at each write.
    #[must_use]
    fn audited_as(self, context: AuditContext) -> Self::Audited;
}

impl AuditConnectionExt for &DatabaseConnection {
    type Audited = AuditedConnection;

    fn audited(self) -> AuditedConnection {
        AuditedConnection::new(self.clone(), None)
    }

    fn audited_as(self, context: AuditContext) -> AuditedConnection {
        AuditedConnection::new(self.clone(), Some(Arc::new(context)))
    }
}

impl AuditConnectionExt for DatabaseTransaction {
    type Audited = AuditedTransaction;

    fn audited(self) -> AuditedTransaction {
        AuditedTransaction::adopted(self, None)
    }

    fn audited_as(self, context: AuditContext) -> AuditedTransaction {
        AuditedTransaction::adopted(self, Some(Arc::new(context)))
    }
}

#[cfg(feature = "rbac")]
impl AuditConnectionExt for &sea_orm::RestrictedConnection {
    type Audited = AuditedConnection<sea_orm::RestrictedConnection>;

    fn audited(self) -> Self::Audited {
        AuditedConnection::new(self.clone(), None)
    }

    fn audited_as(self, context: AuditContext) -> Self::Audited {
        AuditedConnection::new(self.clone(), Some(Arc::new(context)))
    }
}

#[cfg(feature = "rbac")]
impl AuditConnectionExt for sea_orm::RestrictedTransaction {
    type Audited = AuditedTransaction<Self>;

    fn audited(self) -> Self::Audited {
        AuditedTransaction::adopted(self, None)
    }

    fn audited_as(self, context: AuditContext) -> Self::Audited {
        AuditedTransaction::adopted(self, Some(Arc::new(context)))
    }
}

/// The same pool: the new context beats that which it has, field by field.
impl<C: Clone> AuditConnectionExt for &AuditedConnection<C> {
    type Audited = AuditedConnection<C>;

    fn audited(self) -> AuditedConnection<C> {
        self.clone()
    }

    fn audited_as(self, context: AuditContext) -> AuditedConnection<C> {
        let context = match &self.context {
            Some(outer) => context.or(AuditContext::clone(outer)),
            None => context,
        };
        AuditedConnection::new(self.connection.clone(), Some(Arc::new(context)))
    }
}

impl<C> AuditedConnection<C> {
    fn new(connection: C, context: Option<Arc<AuditContext>>) -> Self {
        Self {
            connection,
            context,
        }
    }

    /// The pool itself, past which no context travels: triggers record what is written through it without an
    /// actor.
    ///
    /// `why` is traced at level `DEBUG`.
    #[must_use]
    pub fn unaudited(&self, why: &'static str) -> &C {
        tracing::debug!(why, "the plain connection of an audited one is used");
        &self.connection
    }
}

/// What is needed of a pool.
///
/// An alias by another name: SeaORM's pools, with transactions that can be moved into a task.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no pool of connections",
    label = "this cannot be audited",
    note = "`audited()` takes a `DatabaseConnection` or a transaction of SeaORM"
)]
pub trait Pool:
    ConnectionTrait + TransactionTrait<Transaction = Self::Begun> + Clone + Send + Sync + 'static
{
    /// What it begins.
    type Begun: ConnectionTrait
        + TransactionTrait<Transaction = Self::Begun>
        + TransactionSession
        + Send
        + 'static;
}

impl<C, T> Pool for C
where
    C: ConnectionTrait + TransactionTrait<Transaction = T> + Clone + Send + Sync + 'static,
    T: ConnectionTrait + TransactionTrait<Transaction = T> + TransactionSession + Send + 'static,
{
    type Begun = T;
}

impl<C: Pool> AuditedConnection<C> {
    async fn send<A: Reply, S: StatementBuilder>(
        &self,
        command: Command<'_, S>,
    ) -> Result<A, DbErr> {
        let backend = self.connection.get_database_backend();
        if command.kind(backend) != Kind::Write {
            return command.send(&self.connection).await;
        }
        let Some(payload) = payload::now(self.context.as_deref(), None)? else {
            return command.send(&self.connection).await;
        };
        if ConnectionKind::of::<C>().allows_raw()
            && let Some(statement) = command.carrying(backend, &payload)
            && !rules::may_turn(&self.connection, &statement.sql).await?
        {
            match command::carried(&self.connection, statement).await {
                // It did nothing: a rule refused it.
                Err(command::Refused::ByRule(_)) => {}
                Err(command::Refused::Otherwise(error)) => return Err(error),
                Ok(answer) => return Ok(answer),
            }
        }
        if command.may_end_transactions(backend) {
            return command.send(&self.connection).await;
        }
        let transaction = self.begin_with_options(own_transaction::to_write()).await?;
        let result = transaction.send(command).await;
        end_write(transaction, result).await
    }

    async fn execute_script(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let backend = self.connection.get_database_backend();
        let command = Command::raw(Statement::from_string(backend, sql));
        let is_plain = command.kind(backend) != Kind::Write
            || command.may_end_transactions(backend)
            || payload::now(self.context.as_deref(), None)?.is_none();
        if is_plain {
            return self.connection.execute_unprepared(sql).await;
        }
        let transaction = self.begin_with_options(own_transaction::to_write()).await?;
        let result = transaction.execute_unprepared(sql).await;
        end_write(transaction, result).await
    }
}

/// Ends the transaction of one write; an error comes out as it was.
async fn end_write<T, A>(
    transaction: AuditedTransaction<T>,
    result: Result<A, DbErr>,
) -> Result<A, DbErr>
where
    T: ConnectionTrait + TransactionSession + Send + 'static,
{
    transaction::end(transaction, result)
        .await
        .map_err(|error| match error {
            TransactionError::Connection(error) | TransactionError::Transaction(error) => error,
        })
}

#[async_trait]
impl<C: Pool> ConnectionTrait for AuditedConnection<C> {
    fn get_database_backend(&self) -> DbBackend {
        own::answer(self.context.as_ref(), None);
        self.connection.get_database_backend()
    }

    async fn execute_raw(&self, stmt: Statement) -> Result<ExecResult, DbErr> {
        self.send(Command::raw(stmt)).await
    }

    async fn execute<S: StatementBuilder>(&self, stmt: &S) -> Result<ExecResult, DbErr> {
        let done = self.send(Command::Typed(stmt)).await?;
        command::note_delete(self, stmt, &done);
        Ok(done)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.execute_script(sql).await
    }

    async fn query_one_raw(&self, stmt: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.send(Command::raw(stmt)).await
    }

    async fn query_one<S: StatementBuilder>(&self, stmt: &S) -> Result<Option<QueryResult>, DbErr> {
        self.send(Command::Typed(stmt)).await
    }

    async fn query_all_raw(&self, stmt: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.send(Command::raw(stmt)).await
    }

    async fn query_all<S: StatementBuilder>(&self, stmt: &S) -> Result<Vec<QueryResult>, DbErr> {
        self.send(Command::Typed(stmt)).await
    }

    fn support_returning(&self) -> bool {
        self.connection.support_returning()
    }

    fn is_mock_connection(&self) -> bool {
        self.connection.is_mock_connection()
    }
}

#[async_trait]
impl<C: Pool> TransactionTrait for AuditedConnection<C> {
    type Transaction = AuditedTransaction<C::Begun>;

    async fn begin(&self) -> Result<Self::Transaction, DbErr> {
        self.begin_with_options(TransactionOptions::default()).await
    }

    async fn begin_with_config(
        &self,
        isolation_level: Option<IsolationLevel>,
        access_mode: Option<AccessMode>,
    ) -> Result<Self::Transaction, DbErr> {
        self.begin_with_options(TransactionOptions {
            isolation_level,
            access_mode,
            sqlite_transaction_mode: None,
        })
        .await
    }

    async fn begin_with_options(
        &self,
        options: TransactionOptions,
    ) -> Result<Self::Transaction, DbErr> {
        let transaction = own_transaction::begin(&self.connection, options).await?;
        let ending = Ending::of(&self.connection);
        Ok(AuditedTransaction::begun(
            transaction,
            ending,
            self.context.clone(),
        ))
    }

    async fn transaction<F, R, E>(&self, callback: F) -> Result<R, TransactionError<E>>
    where
        F: for<'c> FnOnce(
                &'c Self::Transaction,
            ) -> Pin<Box<dyn Future<Output = Result<R, E>> + Send + 'c>>
            + Send,
        R: Send,
        E: fmt::Display + fmt::Debug + Send,
    {
        self.transaction_with_config(callback, None, None).await
    }

    async fn transaction_with_config<F, R, E>(
        &self,
        callback: F,
        isolation_level: Option<IsolationLevel>,
        access_mode: Option<AccessMode>,
    ) -> Result<R, TransactionError<E>>
    where
        F: for<'c> FnOnce(
                &'c Self::Transaction,
            ) -> Pin<Box<dyn Future<Output = Result<R, E>> + Send + 'c>>
            + Send,
        R: Send,
        E: fmt::Display + fmt::Debug + Send,
    {
        let begun = self.begin_with_config(isolation_level, access_mode).await;
        let transaction = begun.map_err(TransactionError::Connection)?;
        let result = callback(&transaction).await;
        transaction::end(transaction, result).await
    }
}

impl<C: Pool> AuditedConnection<C> {
    /// Runs an asynchronous closure in a transaction: commits on `Ok`, rolls back on `Err`.
    ///
    /// # Errors
    /// What the closure or the database reports.
    pub async fn transaction_async<F, R, E>(&self, callback: F) -> Result<R, TransactionError<E>>
    where
        F: for<'c> AsyncFnOnce(&'c AuditedTransaction<C::Begun>) -> Result<R, E> + Send,
        R: Send,
        E: fmt::Display + fmt::Debug + Send,
    {
        self.transaction_with_config_async(callback, None, None)
            .await
    }

    /// As [`transaction_async`](Self::transaction_async), with isolation level and access mode.
    ///
    /// # Errors
    /// What the closure or the database reports.
    pub async fn transaction_with_config_async<F, R, E>(
        &self,
        callback: F,
        isolation_level: Option<IsolationLevel>,
        access_mode: Option<AccessMode>,
    ) -> Result<R, TransactionError<E>>
    where
        F: for<'c> AsyncFnOnce(&'c AuditedTransaction<C::Begun>) -> Result<R, E> + Send,
        R: Send,
        E: fmt::Display + fmt::Debug + Send,
    {
        let begun = self.begin_with_config(isolation_level, access_mode).await;
        let transaction = begun.map_err(TransactionError::Connection)?;
        let result = callback(&transaction).await;
        transaction::end(transaction, result).await
    }
}

impl<C> fmt::Debug for AuditedConnection<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the context: it names people.
        f.debug_struct("AuditedConnection").finish_non_exhaustive()
    }
}
