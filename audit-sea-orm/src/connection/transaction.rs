use std::{fmt, pin::Pin, sync::Arc};

use audit_core::AuditContext;
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, IsolationLevel,
    QueryResult, Statement, StatementBuilder, TransactionError, TransactionOptions,
    TransactionSession, TransactionTrait, prelude::async_trait::async_trait,
};

use super::{
    own, payload,
    request::{Answer, Request},
    session::Session,
    sql::Kind,
};
use crate::connection_kind::ConnectionKind;

/// A transaction whose writes tell capture triggers who, from where and why.
///
/// Begun by an [`AuditedConnection`](super::AuditedConnection), which says what it does, or made of a
/// transaction of SeaORM's by [`AuditConnectionExt`](super::AuditConnectionExt). It passes for one: nested ones
/// are savepoints, and one that is dropped is rolled back.
///
/// # Backends
/// On MySQL and MariaDB one that is dropped unfinished is rolled back in a task of its own, which takes the context
/// off the session first; elsewhere the rollback takes it along.
pub struct AuditedTransaction<T = DatabaseTransaction>
where
    T: ConnectionTrait + TransactionSession + Send + 'static,
{
    /// There until the transaction ends.
    live: Option<Live<T>>,
    context: Option<Arc<AuditContext>>,
}

struct Live<T> {
    transaction: T,
    session: Arc<Session>,
    is_nested: bool,
}

impl<T> AuditedTransaction<T>
where
    T: ConnectionTrait + TransactionSession + Send + 'static,
{
    /// Of a transaction that nobody wrote through yet.
    pub(super) fn begun(transaction: T, context: Option<Arc<AuditContext>>) -> Self {
        Self::new(transaction, context, false)
    }

    /// Of a transaction that somebody else began, of which it is not known what was done in it.
    pub(super) fn adopted(transaction: T, context: Option<Arc<AuditContext>>) -> Self {
        Self::new(transaction, context, true)
    }

    fn new(transaction: T, context: Option<Arc<AuditContext>>, is_adopted: bool) -> Self {
        let backend = transaction.get_database_backend();
        let allows_raw = ConnectionKind::of::<T>().allows_raw();
        let session = Session::new(backend, allows_raw, is_adopted);
        let live = Some(Live {
            transaction,
            session: Arc::new(session),
            is_nested: false,
        });
        Self { live, context }
    }

    fn nested(&self, transaction: T) -> Self {
        let live = Some(Live {
            transaction,
            session: Arc::clone(&self.live().session),
            is_nested: true,
        });
        let context = self.context.clone();
        Self { live, context }
    }

    fn live(&self) -> &Live<T> {
        self.live
            .as_ref()
            .expect("only `commit` and `rollback` take it, and they take the whole")
    }

    #[cfg(feature = "stream")]
    pub(super) fn plain(&self) -> &T {
        &self.live().transaction
    }

    /// The transaction itself, past which no context travels: triggers record what is written through it
    /// with what this one delivered last.
    ///
    /// `why` is traced at level `DEBUG`.
    #[must_use]
    pub fn unaudited(&self, why: &'static str) -> &T {
        tracing::debug!(why, "the plain transaction of an audited one is used");
        &self.live().transaction
    }

    /// Sends a statement, and before it, or in it, the context where the session does not hold it yet.
    pub(super) async fn send<A: Answer, S: StatementBuilder>(
        &self,
        request: Request<'_, S>,
    ) -> Result<A, DbErr> {
        let Live {
            transaction,
            session,
            ..
        } = self.live();
        let backend = transaction.get_database_backend();
        let kind = request.kind(backend);
        if kind == Kind::Other && request.rolls_back(backend) {
            session.doubt();
        }
        if kind != Kind::Write {
            return request.send(transaction).await;
        }
        let payload = payload::now(self.context.as_deref())?;
        let mut held = session.lock().await;
        if held.is(payload.as_deref()) {
            return request.send(transaction).await;
        }
        let text = payload.as_deref().unwrap_or_default();
        let carrying = session
            .allows_raw()
            .then(|| request.carrying(backend, text));
        if let Some(statement) = carrying.flatten() {
            held.soil();
            let answer = A::of_raw(transaction, statement).await?;
            // No row, and the list that sets the context was not evaluated.
            if answer.wrote() {
                held.keep(payload);
            }
            return Ok(answer);
        }
        let between = payload
            .as_deref()
            .filter(|_| session.allows_raw() && held.is_first())
            .and_then(|payload| request.between(backend, payload));
        if let Some(statement) = between {
            held.soil();
            let answer = A::of_several(transaction, statement).await?;
            held.wipe();
            return Ok(answer);
        }
        held.deliver(transaction, payload).await?;
        let rolls_back = request.rolls_back(backend);
        let answer = request.send(transaction).await;
        if rolls_back {
            held.doubt();
        }
        let settled = held.settle(transaction).await;
        // The statement's own error goes first.
        let answer = answer?;
        settled.map(|()| answer)
    }

    async fn execute_script(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let Live {
            transaction,
            session,
            ..
        } = self.live();
        let backend = transaction.get_database_backend();
        let request = Request::raw(Statement::from_string(backend, sql));
        let is_write = request.kind(backend) == Kind::Write;
        let mut held = session.lock().await;
        if is_write {
            let payload = payload::now(self.context.as_deref())?;
            if !held.is(payload.as_deref()) {
                held.deliver(transaction, payload).await?;
            }
        }
        let result = transaction.execute_unprepared(sql).await;
        if request.rolls_back(backend) {
            held.doubt();
        }
        let settled = if is_write {
            held.settle(transaction).await
        } else {
            Ok(())
        };
        let result = result?;
        settled.map(|()| result)
    }

    /// Takes what outlives the transaction off the session, where this is the one that holds it.
    async fn clear(&self, commits: bool) -> Result<(), DbErr> {
        let live = self.live();
        if live.is_nested || !live.session.outlives(commits) {
            return Ok(());
        }
        live.session.clear(&live.transaction).await
    }
}

impl<T> Drop for AuditedTransaction<T>
where
    T: ConnectionTrait + TransactionSession + Send + 'static,
{
    fn drop(&mut self) {
        let Some(live) = self.live.take() else {
            return;
        };
        live.session.doubt();
        // A savepoint is rolled back at once, as its transaction goes on; the last of them cleans up.
        let Some(session) = Arc::into_inner(live.session) else {
            return;
        };
        let runtime = tokio::runtime::Handle::try_current();
        if let (true, Ok(runtime)) = (session.outlives(false), runtime) {
            let transaction = live.transaction;
            runtime.spawn(async move {
                // OK to ignore: a session that cannot be cleared is one that is broken, and is not used again.
                let _cleared = session.clear(&transaction).await;
                let _rolled_back = transaction.rollback().await;
            });
        }
    }
}

#[async_trait]
impl<T> TransactionSession for AuditedTransaction<T>
where
    T: ConnectionTrait + TransactionSession + Send + 'static,
{
    async fn commit(mut self) -> Result<(), DbErr> {
        self.clear(true).await?;
        let Some(live) = self.live.take() else {
            return Ok(());
        };
        let committed = live.transaction.commit().await;
        if committed.is_err() {
            live.session.doubt();
        }
        committed
    }

    async fn rollback(mut self) -> Result<(), DbErr> {
        self.clear(false).await?;
        let Some(live) = self.live.take() else {
            return Ok(());
        };
        live.session.doubt();
        live.transaction.rollback().await
    }
}

#[async_trait]
impl<T> ConnectionTrait for AuditedTransaction<T>
where
    T: ConnectionTrait + TransactionSession + Send + 'static,
{
    fn get_database_backend(&self) -> DbBackend {
        own::answer(self.context.as_ref());
        self.live().transaction.get_database_backend()
    }

    async fn execute_raw(&self, stmt: Statement) -> Result<ExecResult, DbErr> {
        self.send(Request::raw(stmt)).await
    }

    async fn execute<S: StatementBuilder>(&self, stmt: &S) -> Result<ExecResult, DbErr> {
        self.send(Request::Typed(stmt)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        if own::is_own() {
            return self.live().transaction.execute_unprepared(sql).await;
        }
        self.execute_script(sql).await
    }

    async fn query_one_raw(&self, stmt: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.send(Request::raw(stmt)).await
    }

    async fn query_one<S: StatementBuilder>(&self, stmt: &S) -> Result<Option<QueryResult>, DbErr> {
        self.send(Request::Typed(stmt)).await
    }

    async fn query_all_raw(&self, stmt: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.send(Request::raw(stmt)).await
    }

    async fn query_all<S: StatementBuilder>(&self, stmt: &S) -> Result<Vec<QueryResult>, DbErr> {
        self.send(Request::Typed(stmt)).await
    }

    fn support_returning(&self) -> bool {
        self.live().transaction.support_returning()
    }

    fn is_mock_connection(&self) -> bool {
        self.live().transaction.is_mock_connection()
    }
}

#[async_trait]
impl<T> TransactionTrait for AuditedTransaction<T>
where
    T: ConnectionTrait + TransactionTrait<Transaction = T> + TransactionSession + Send + 'static,
{
    type Transaction = Self;

    async fn begin(&self) -> Result<Self, DbErr> {
        Ok(self.nested(self.live().transaction.begin().await?))
    }

    async fn begin_with_config(
        &self,
        isolation_level: Option<IsolationLevel>,
        access_mode: Option<AccessMode>,
    ) -> Result<Self, DbErr> {
        let transaction = &self.live().transaction;
        let begun = transaction.begin_with_config(isolation_level, access_mode);
        Ok(self.nested(begun.await?))
    }

    async fn begin_with_options(&self, options: TransactionOptions) -> Result<Self, DbErr> {
        let begun = self.live().transaction.begin_with_options(options).await?;
        Ok(self.nested(begun))
    }

    async fn transaction<F, R, E>(&self, callback: F) -> Result<R, TransactionError<E>>
    where
        F: for<'c> FnOnce(&'c Self) -> Pin<Box<dyn Future<Output = Result<R, E>> + Send + 'c>>
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
        F: for<'c> FnOnce(&'c Self) -> Pin<Box<dyn Future<Output = Result<R, E>> + Send + 'c>>
            + Send,
        R: Send,
        E: fmt::Display + fmt::Debug + Send,
    {
        let begun = self.begin_with_config(isolation_level, access_mode).await;
        let transaction = begun.map_err(TransactionError::Connection)?;
        let result = callback(&transaction).await;
        end(transaction, result).await
    }
}

impl<T> AuditedTransaction<T>
where
    T: ConnectionTrait + TransactionTrait<Transaction = T> + TransactionSession + Send + 'static,
{
    /// Runs an asynchronous closure in a nested transaction: commits on `Ok`, rolls back on `Err`.
    ///
    /// # Errors
    /// What the closure or the database reports.
    pub async fn transaction_async<F, R, E>(&self, callback: F) -> Result<R, TransactionError<E>>
    where
        F: for<'c> AsyncFnOnce(&'c Self) -> Result<R, E> + Send,
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
        F: for<'c> AsyncFnOnce(&'c Self) -> Result<R, E> + Send,
        R: Send,
        E: fmt::Display + fmt::Debug + Send,
    {
        let begun = self.begin_with_config(isolation_level, access_mode).await;
        let transaction = begun.map_err(TransactionError::Connection)?;
        let result = callback(&transaction).await;
        end(transaction, result).await
    }
}

/// Commits what went well, and rolls back what did not.
pub(super) async fn end<T, R, E>(
    transaction: AuditedTransaction<T>,
    result: Result<R, E>,
) -> Result<R, TransactionError<E>>
where
    T: ConnectionTrait + TransactionSession + Send + 'static,
{
    let ended = if result.is_ok() {
        transaction.commit().await
    } else {
        transaction.rollback().await
    };
    ended.map_err(TransactionError::Connection)?;
    result.map_err(TransactionError::Transaction)
}

impl<T> fmt::Debug for AuditedTransaction<T>
where
    T: ConnectionTrait + TransactionSession + Send + 'static,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the context: it names people.
        f.debug_struct("AuditedTransaction").finish_non_exhaustive()
    }
}
