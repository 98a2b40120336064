//! What a database session knows of the context, and how it learns it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, Statement, Value,
    sea_query::{Expr, Func, Query},
};
use tokio::sync::{Mutex, MutexGuard, OwnedRwLockWriteGuard, RwLock, RwLockReadGuard};

use super::own;
use crate::{Error, transaction_id::TransactionId};

/// The session of one transaction and the savepoints in it.
#[derive(Debug)]
pub(super) struct Session {
    backend: DbBackend,
    transaction_id: Option<TransactionId>,
    allows_raw: bool,
    /// Whether the context must go after each write, as nobody knows whether what is dropped is a savepoint.
    is_adopted: bool,
    /// Held by many statements, or by one savepoint that begins or ends: where the caller of that goes away, whatever
    /// follows waits until it is done, or undone.
    turn: Arc<RwLock<()>>,
    /// The payload it holds. Locked while a write goes, so that two that are joined do not exchange theirs.
    held: Mutex<Option<String>>,
    /// Whether it may hold another: after a savepoint was rolled back, or a delivery was not seen to end.
    is_uncertain: AtomicBool,
    /// Whether it may hold anything that does not end with the transaction.
    is_dirty: AtomicBool,
    /// Whether the database ended the transaction by itself, as was found where a savepoint ended.
    is_over: AtomicBool,
}

impl Session {
    pub(super) fn new(backend: DbBackend, allows_raw: bool, is_adopted: bool) -> Self {
        Self {
            backend,
            transaction_id: TransactionId::on(backend),
            allows_raw,
            is_adopted,
            turn: Arc::default(),
            held: Mutex::default(),
            is_uncertain: AtomicBool::new(is_adopted),
            is_dirty: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
        }
    }

    pub(super) fn transaction_id(&self) -> Option<&TransactionId> {
        self.transaction_id.as_ref()
    }

    /// The turn of a statement.
    pub(super) async fn turn(&self) -> RwLockReadGuard<'_, ()> {
        self.turn.read().await
    }

    /// The turn of a savepoint, or of the end.
    pub(super) async fn turn_alone(&self) -> OwnedRwLockWriteGuard<()> {
        Arc::clone(&self.turn).write_owned().await
    }

    pub(super) fn note_over(&self) {
        self.is_over.store(true, Ordering::Release);
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    pub(super) fn doubt(&self) {
        self.is_uncertain.store(true, Ordering::Release);
    }

    pub(super) fn allows_raw(&self) -> bool {
        self.allows_raw
    }

    /// Whether the next user of the connection would have the context, if the transaction just ended.
    ///
    /// PostgreSQL's setting ends with the transaction, but not with a savepoint that is released, which what was
    /// adopted may be. SQLite's row is gone with a rollback, but not a commit.
    pub(super) fn outlives(&self, commits: bool) -> bool {
        let is_dirty = self.is_dirty.load(Ordering::Acquire);
        match self.backend {
            DbBackend::MySql => is_dirty,
            DbBackend::Sqlite => is_dirty && commits,
            _ => is_dirty && commits && self.is_adopted,
        }
    }

    /// Keeps others from writing until the guard goes.
    pub(super) async fn lock(&self) -> Held<'_> {
        Held {
            session: self,
            payload: self.held.lock().await,
        }
    }

    /// Takes back what outlives the transaction.
    pub(super) async fn clear<C: ConnectionTrait>(&self, db: &C) -> Result<(), DbErr> {
        let cleared = self.tell(db, None).await;
        // A transaction of PostgreSQL that failed refuses it, and takes its settings along.
        if self.backend != DbBackend::Postgres {
            cleared?;
        }
        self.is_dirty.store(false, Ordering::Release);
        Ok(())
    }

    async fn tell<C: ConnectionTrait>(&self, db: &C, payload: Option<&str>) -> Result<(), DbErr> {
        let told = own::own(async {
            if self.allows_raw {
                db.execute_raw(raw(self.backend, payload)).await.map(drop)
            } else {
                tell_typed(db, self.backend, payload).await
            }
        });
        told.await
            .map_err(|source| Error::handing_over(source).into())
    }
}

/// The session while one write goes.
pub(super) struct Held<'s> {
    session: &'s Session,
    payload: MutexGuard<'s, Option<String>>,
}

impl Held<'_> {
    pub(super) fn is(&self, payload: Option<&str>) -> bool {
        !self.session.is_uncertain.load(Ordering::Acquire) && self.payload.as_deref() == payload
    }

    /// To be called before the payload goes, as the future may be dropped on the way.
    pub(super) fn doubt(&self) {
        self.session.doubt();
    }

    /// To be called before a payload goes that outlives a commit.
    pub(super) fn soil(&self) {
        self.doubt();
        self.session.is_dirty.store(true, Ordering::Release);
    }

    /// The payload has arrived.
    pub(super) fn keep(&mut self, payload: Option<String>) {
        *self.payload = payload;
        self.session.is_uncertain.store(false, Ordering::Release);
    }

    /// Sends the payload by itself.
    pub(super) async fn deliver<C: ConnectionTrait>(
        &mut self,
        db: &C,
        payload: Option<String>,
    ) -> Result<(), DbErr> {
        self.soil();
        self.session.tell(db, payload.as_deref()).await?;
        self.keep(payload);
        Ok(())
    }

    /// Takes the payload back after the write, where it must not stay.
    pub(super) async fn settle<C: ConnectionTrait>(&mut self, db: &C) -> Result<(), DbErr> {
        // What a rollback takes along is cleared by the commit.
        let stays = !self.session.is_adopted || !self.session.outlives(false);
        if stays {
            return Ok(());
        }
        self.session.clear(db).await?;
        self.keep(None);
        Ok(())
    }
}

/// What a connection holds again after a payload: the context that it was acquired with, where its pool
/// [propagates](crate::AuditConnectOptionsExt), else none.
const MYSQL_AGAIN: &str = "@audit_pool_context";
const POSTGRES_AGAIN: &str = "COALESCE(current_setting('audit.pool_context', true), '')";

fn raw(backend: DbBackend, payload: Option<&str>) -> Statement {
    let bound = |sql: &str, value: Value| Statement::from_sql_and_values(backend, sql, [value]);
    match (backend, payload) {
        (DbBackend::MySql, None) => {
            Statement::from_string(backend, format!("SET @audit_context = {MYSQL_AGAIN}"))
        }
        (DbBackend::MySql, Some(payload)) => bound("SET @audit_context = ?", payload.into()),
        (DbBackend::Sqlite, None) => Statement::from_string(backend, "DELETE FROM audit_context"),
        (DbBackend::Sqlite, Some(payload)) => bound(
            "INSERT INTO audit_context (payload) VALUES (?)",
            payload.into(),
        ),
        (_, None) => Statement::from_string(
            backend,
            format!("SELECT set_config('audit.context', {POSTGRES_AGAIN}, true)"),
        ),
        (_, Some(payload)) => bound(
            "SELECT set_config('audit.context', $1, true)",
            payload.into(),
        ),
    }
}

/// By statements that a restricted connection lets pass.
async fn tell_typed<C: ConnectionTrait>(
    db: &C,
    backend: DbBackend,
    payload: Option<&str>,
) -> Result<(), DbErr> {
    match backend {
        DbBackend::MySql => {
            let assign = match payload {
                Some(payload) => Expr::cust_with_values("@audit_context := ?", [payload]),
                None => Expr::cust(format!("@audit_context := {MYSQL_AGAIN}")),
            };
            db.query_one(Query::select().expr(assign)).await.map(drop)
        }
        DbBackend::Sqlite => {
            let Some(payload) = payload else {
                let delete = Query::delete().from_table("audit_context").take();
                return db.execute(&delete).await.map(drop);
            };
            let mut insert = Query::insert();
            insert
                .into_table("audit_context")
                .columns(["payload"])
                .values_panic([payload.into()]);
            db.execute(&insert).await.map(drop)
        }
        _ => {
            let arguments: [Expr; 3] = [
                Expr::value("audit.context"),
                payload.map_or_else(|| Expr::cust(POSTGRES_AGAIN), Expr::value),
                Expr::value(true),
            ];
            let set = Func::cust("set_config").args(arguments);
            db.query_one(Query::select().expr(set)).await.map(drop)
        }
    }
}
