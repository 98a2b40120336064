//! What a database session knows of the context, and how it learns it.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, Statement, Value,
    sea_query::{Expr, Func, Query},
};
use tokio::sync::{self, OwnedRwLockWriteGuard, RwLock, RwLockReadGuard};

use super::own;
use crate::{Error, record::transaction_id::TransactionId};

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
    /// Held while a write goes, so that two that are joined do not exchange their payloads.
    writing: sync::Mutex<()>,
    state: Mutex<State>,
}

/// What the session holds of the library's.
#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    /// Nothing, and nothing was sent.
    #[default]
    Empty,
    /// The payload that was sent last, or none in its place.
    Holds(Option<String>),
    /// Nothing was sent, but somebody else may have.
    Unknown,
    /// One payload that was sent or another: a savepoint was rolled back, or a delivery was not seen to end.
    Uncertain,
    /// Nothing any more: the database ended the transaction by itself, as was found where a savepoint ended.
    Over,
}

impl State {
    /// What becomes of it where nobody knows whether a payload came or went.
    fn doubted(self) -> Self {
        match self {
            Self::Empty | Self::Unknown => Self::Unknown,
            Self::Holds(_) | Self::Uncertain => Self::Uncertain,
            Self::Over => Self::Over,
        }
    }
}

impl Session {
    pub(super) fn new(backend: DbBackend, allows_raw: bool, is_adopted: bool) -> Self {
        let state = if is_adopted {
            State::Unknown
        } else {
            State::Empty
        };
        Self {
            backend,
            transaction_id: TransactionId::on(backend),
            allows_raw,
            is_adopted,
            turn: Arc::default(),
            writing: sync::Mutex::default(),
            state: Mutex::new(state),
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

    fn state(&self) -> MutexGuard<'_, State> {
        // OK to go on after a panic: a state is replaced as a whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, but the last one stays.
    fn turn_into(&self, next: impl FnOnce(State) -> State) {
        let mut state = self.state();
        if *state != State::Over {
            *state = next(mem::take(&mut *state));
        }
    }

    /// The database ended the transaction by itself.
    pub(super) fn note_over(&self) {
        self.turn_into(|_| State::Over);
    }

    pub(super) fn is_over(&self) -> bool {
        *self.state() == State::Over
    }

    /// A savepoint was rolled back, or nobody saw how something ended.
    pub(super) fn doubt(&self) {
        self.turn_into(State::doubted);
    }

    pub(super) fn allows_raw(&self) -> bool {
        self.allows_raw
    }

    /// Whether the next user of the connection would have the context, if the transaction just ended.
    ///
    /// PostgreSQL's setting ends with the transaction, but not with a savepoint that is released, which what was
    /// adopted may be. SQLite's row is gone with a rollback, but not a commit.
    pub(super) fn outlives(&self, commits: bool) -> bool {
        let may_hold_a_payload = matches!(*self.state(), State::Holds(_) | State::Uncertain);
        may_hold_a_payload
            && match self.backend {
                DbBackend::MySql => true,
                DbBackend::Sqlite => commits,
                _ => commits && self.is_adopted,
            }
    }

    /// Keeps others from writing until the guard goes.
    pub(super) async fn write(&self) -> Write<'_> {
        Write {
            session: self,
            _writing: self.writing.lock().await,
        }
    }

    /// Takes back what outlives the transaction.
    pub(super) async fn clear<C: ConnectionTrait>(&self, db: &C) -> Result<(), DbErr> {
        let cleared = self.send_payload(db, None).await;
        // A transaction of PostgreSQL that failed refuses it, and takes its settings along.
        if self.backend != DbBackend::Postgres {
            cleared?;
        }
        self.turn_into(|_| State::Empty);
        Ok(())
    }

    async fn send_payload<C: ConnectionTrait>(
        &self,
        db: &C,
        payload: Option<&str>,
    ) -> Result<(), DbErr> {
        let sent = own::own(async {
            if self.allows_raw {
                db.execute_raw(raw(self.backend, payload)).await.map(drop)
            } else {
                send_typed(db, self.backend, payload).await
            }
        });
        sent.await
            .map_err(|source| Error::handing_over(source).into())
    }
}

/// The session while one write goes.
pub(super) struct Write<'s> {
    session: &'s Session,
    _writing: sync::MutexGuard<'s, ()>,
}

impl Write<'_> {
    /// Whether the session surely holds that payload.
    pub(super) fn finds(&self, payload: Option<&str>) -> bool {
        match &*self.session.state() {
            State::Empty => payload.is_none(),
            State::Holds(held) => held.as_deref() == payload,
            State::Unknown | State::Uncertain | State::Over => false,
        }
    }

    /// A payload is about to be sent. To be called first, as the future may be dropped on the way.
    pub(super) fn sends(&self) {
        self.session.turn_into(|_| State::Uncertain);
    }

    /// The payload has arrived.
    pub(super) fn sent(&self, payload: Option<String>) {
        self.session.turn_into(|_| State::Holds(payload));
    }

    /// Sends the payload by itself.
    pub(super) async fn deliver<C: ConnectionTrait>(
        &self,
        db: &C,
        payload: Option<String>,
    ) -> Result<(), DbErr> {
        self.sends();
        self.session.send_payload(db, payload.as_deref()).await?;
        self.sent(payload);
        Ok(())
    }

    /// Takes the payload back after the write, where it must not stay.
    pub(super) async fn settle<C: ConnectionTrait>(&self, db: &C) -> Result<(), DbErr> {
        // What a rollback takes along is cleared by the commit.
        let stays = !self.session.is_adopted || !self.session.outlives(false);
        if stays {
            return Ok(());
        }
        self.session.clear(db).await
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
async fn send_typed<C: ConnectionTrait>(
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_session_knows_what_it_holds_or_that_it_does_not() {
        let begun = Session::new(DbBackend::MySql, true, false);
        let write = begun.write().await;
        assert!(write.finds(None) && !begun.outlives(true));
        begun.doubt();
        assert!(!write.finds(None) && !begun.outlives(true));
        write.sends();
        assert!(!write.finds(None) && begun.outlives(false));
        write.sent(Some("{}".to_owned()));
        assert!(write.finds(Some("{}")) && !write.finds(None));
        begun.doubt();
        assert!(!write.finds(Some("{}")) && begun.outlives(false));
        begun.note_over();
        write.sent(None);
        assert!(begun.is_over() && !write.finds(None));

        let adopted = Session::new(DbBackend::Sqlite, true, true);
        assert!(!adopted.write().await.finds(None) && !adopted.outlives(true));
    }

    #[test]
    fn what_outlives_a_transaction_differs_by_database() {
        let outlives = |backend, is_adopted| {
            let session = Session::new(backend, true, is_adopted);
            session.turn_into(|_| State::Holds(None));
            [false, true].map(|commits| session.outlives(commits))
        };
        assert_eq!(outlives(DbBackend::MySql, false), [true, true]);
        assert_eq!(outlives(DbBackend::Sqlite, false), [false, true]);
        assert_eq!(outlives(DbBackend::Postgres, false), [false, false]);
        assert_eq!(outlives(DbBackend::Postgres, true), [false, true]);
    }
}
