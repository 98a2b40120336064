use std::{fmt, pin::Pin, sync::Arc};

use audit_core::AuditContext;
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, IsolationLevel,
    QueryResult, Statement, StatementBuilder, TransactionError, TransactionOptions,
    TransactionSession, TransactionTrait, prelude::async_trait::async_trait,
};

use super::{
    ConnectionKind,
    own_transaction::{Ending, finished_in_a_task, shielded},
};
use super::{
    command::{self, Command, Reply},
    own, payload, rules,
    session::Session,
    sql::Kind,
};

/// A transaction whose writes tell capture triggers who, from where and why.
///
/// Begun by an [`AuditedConnection`](super::AuditedConnection), which says what it does, or made of a
/// transaction of SeaORM's by [`AuditConnectionExt`](super::AuditConnectionExt). It passes for one: nested ones
/// are savepoints, and one that is dropped is rolled back.
///
/// # Backends
/// One that is dropped unfinished is rolled back at once on PostgreSQL, or behind its own savepoints. A savepoint, and
/// whatever is dropped on MySQL and MariaDB, where the context has to be taken off the session, or on SQLite, is rolled back in a task of its own; what
/// follows in the transaction waits for that.
///
/// Where SQLite gives up a whole transaction (a full disk), its savepoints can be rolled back, and its commit is an error.
pub struct AuditedTransaction<T = DatabaseTransaction>
where
    T: ConnectionTrait + TransactionSession + Send + 'static,
{
    /// There until the transaction ends.
    live: Option<Live<T>>,
    context: Option<Arc<AuditContext>>,
}

struct Live<T> {
    /// Shared with a savepoint while it begins, in its turn.
    transaction: Arc<T>,
    session: Arc<Session>,
    ending: Ending,
    is_nested: bool,
}

impl<T> AuditedTransaction<T>
where
    T: ConnectionTrait + TransactionSession + Send + 'static,
{
    /// Of a transaction that nobody wrote through yet.
    pub(super) fn begun(
        transaction: T,
        ending: Ending,
        context: Option<Arc<AuditContext>>,
    ) -> Self {
        Self::new(transaction, ending, context, false)
    }

    /// Of a transaction that somebody else began, of which it is not known what was done in it.
    pub(super) fn adopted(transaction: T, context: Option<Arc<AuditContext>>) -> Self {
        Self::new(transaction, Ending::Plain, context, true)
    }

    fn new(
        transaction: T,
        ending: Ending,
        context: Option<Arc<AuditContext>>,
        is_adopted: bool,
    ) -> Self {
        let backend = transaction.get_database_backend();
        let allows_raw = ConnectionKind::of_plain::<T>().allows_raw();
        let session = Session::new(backend, allows_raw, is_adopted);
        let live = Some(Live {
            transaction: Arc::new(transaction),
            session: Arc::new(session),
            ending,
            is_nested: false,
        });
        Self { live, context }
    }

    fn nested(&self, transaction: T) -> Self {
        let Live {
            session, ending, ..
        } = self.live();
        let live = Some(Live {
            transaction: Arc::new(transaction),
            session: Arc::clone(session),
            ending: ending.nested(),
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
    pub(super) async fn send<A: Reply, S: StatementBuilder>(
        &self,
        command: Command<'_, S>,
    ) -> Result<A, DbErr> {
        let Live {
            transaction,
            session,
            ..
        } = self.live();
        let transaction = transaction.as_ref();
        let _turn = session.turn().await;
        let backend = transaction.get_database_backend();
        let kind = command.kind(backend);
        if kind == Kind::Other && command.rolls_back(backend) {
            session.doubt();
        }
        if kind != Kind::Write {
            return command.send(transaction).await;
        }
        let payload = payload::now(self.context.as_deref(), session.transaction_id())?;
        let write = session.write().await;
        if write.finds(payload.as_deref()) {
            return command.send(transaction).await;
        }
        let text = payload.as_deref().unwrap_or_default();
        let carrying = session
            .allows_raw()
            .then(|| command.carrying(backend, text));
        if let Some(statement) = carrying.flatten()
            && !rules::may_turn(transaction, &statement.sql).await?
        {
            write.sends();
            let answer: A = command::carried(transaction, statement)
                .await
                .map_err(DbErr::from)?;
            // No row, and the list that sets the context was not evaluated.
            if answer.wrote() {
                write.sent(payload);
            }
            return Ok(answer);
        }
        write.deliver(transaction, payload).await?;
        let rolls_back = command.rolls_back(backend);
        let answer = command.send(transaction).await;
        if rolls_back {
            session.doubt();
        }
        let settled = write.settle(transaction).await;
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
        let transaction = transaction.as_ref();
        let _turn = session.turn().await;
        let backend = transaction.get_database_backend();
        let command = Command::raw(Statement::from_string(backend, sql));
        let is_write = command.kind(backend) == Kind::Write;
        let write = session.write().await;
        if is_write {
            let payload = payload::now(self.context.as_deref(), session.transaction_id())?;
            if !write.finds(payload.as_deref()) {
                write.deliver(transaction, payload).await?;
            }
        }
        let result = transaction.execute_unprepared(sql).await;
        if command.rolls_back(backend) {
            session.doubt();
        }
        let settled = if is_write {
            write.settle(transaction).await
        } else {
            Ok(())
        };
        let result = result?;
        settled.map(|()| result)
    }
}

/// Ends a transaction, or a savepoint, in its turn.
async fn conclude<T>(live: Live<T>, commits: bool) -> Result<(), DbErr>
where
    T: ConnectionTrait + TransactionSession + Send + 'static,
{
    let _turn = live.session.turn_alone().await;
    let Live {
        transaction,
        session,
        ending,
        is_nested,
    } = live;
    let transaction = Arc::into_inner(transaction)
        .expect("only a savepoint that begins shares it, and holds the turn");
    // Savepoints leave it to their transaction, or to the last of them where that is gone.
    let clears = !is_nested || Arc::strong_count(&session) == 1;
    let cleared = if clears && session.outlives(commits) {
        session.clear(&transaction).await
    } else {
        Ok(())
    };
    let ready = cleared.and_then(|()| match commits && session.is_over() {
        true => Err(over()),
        false => Ok(()),
    });
    if commits && ready.is_ok() {
        let committed = ending.commit(transaction).await;
        if committed.is_err() {
            session.doubt();
        }
        return committed;
    }
    session.doubt();
    let rolled_back = ending.roll_back(transaction).await;
    if let (true, Ok(true)) = (is_nested, &rolled_back) {
        session.note_over();
    }
    ready?;
    rolled_back.map(drop)
}

fn over() -> DbErr {
    DbErr::Custom(
        "audit: the database rolled the whole transaction back after an error in it".to_owned(),
    )
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
        // A savepoint that was dropped before may still be on its way back, and has the connection until then.
        let is_alone = Arc::strong_count(&live.session) == 1;
        let leaves_nothing =
            is_alone && !live.is_nested && live.ending.is_plain() && !live.session.outlives(false);
        // What leaves nothing behind is rolled back by SeaORM, on the spot.
        if !leaves_nothing {
            finished_in_a_task(async move {
                // OK to ignore: a session that cannot be cleared is one that is broken, and is not used again.
                let _concluded = conclude(live, false).await;
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
        match self.live.take() {
            Some(live) => shielded(conclude(live, true), |_| async {}).await,
            None => Ok(()),
        }
    }

    async fn rollback(mut self) -> Result<(), DbErr> {
        match self.live.take() {
            Some(live) => shielded(conclude(live, false), |_| async {}).await,
            None => Ok(()),
        }
    }
}

#[async_trait]
impl<T> ConnectionTrait for AuditedTransaction<T>
where
    T: ConnectionTrait + TransactionSession + Send + 'static,
{
    fn get_database_backend(&self) -> DbBackend {
        let live = self.live();
        own::answer(self.context.as_ref(), live.session.transaction_id());
        live.transaction.get_database_backend()
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
        if own::is_own() {
            let live = self.live();
            let _turn = live.session.turn().await;
            return live.transaction.execute_unprepared(sql).await;
        }
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
        self.begin_with_options(TransactionOptions::default()).await
    }

    async fn begin_with_config(
        &self,
        isolation_level: Option<IsolationLevel>,
        access_mode: Option<AccessMode>,
    ) -> Result<Self, DbErr> {
        self.begin_with_options(TransactionOptions {
            isolation_level,
            access_mode,
            sqlite_transaction_mode: None,
        })
        .await
    }

    /// SeaORM 2.0.4 rolls back the transaction around a savepoint whose `begin` is dropped, so it is not dropped.
    async fn begin_with_options(&self, options: TransactionOptions) -> Result<Self, DbErr> {
        let live = self.live();
        let turn = live.session.turn_alone().await;
        let transaction = Arc::clone(&live.transaction);
        let begin = async move {
            let begun = transaction.begin_with_options(options).await;
            (begun, turn)
        };
        let (begun, _turn) = shielded(begin, |(begun, _turn)| async move {
            if let Ok(savepoint) = begun {
                // OK to ignore: what cannot be rolled back is a broken connection.
                let _rolled_back = savepoint.rollback().await;
            }
        })
        .await;
        Ok(self.nested(begun?))
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
