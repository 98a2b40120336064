use std::{
    any::Any,
    fmt::{self, Write},
};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, TransactionSession,
    sea_query::{Expr, Query},
};

use crate::connection::ConnectionKind;

/// How a transaction is ended, so that its connection is outside any for the next user.
///
/// SQLite ends a transaction by itself where the disk is full, an I/O error comes or memory ends
/// (<https://sqlite.org/lang_transaction.html>). With sqlx 0.9.0 the `ROLLBACK` that follows fails, and the driver goes
/// on believing that it is inside one: later transactions are savepoints in one that nobody commits, and what they
/// answered with `Ok` is lost. So SQLite is always left inside a transaction for sqlx to roll back, an empty one if need
/// be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// As SeaORM ends it.
    Plain,
    /// Of SQLite by sqlx, so many savepoints deep.
    Sqlite { depth: usize },
}

impl Ending {
    /// Of transactions on a pool.
    pub(crate) fn of<C: 'static>(pool: &C) -> Self {
        if is_sqlite_by_sqlx(pool) {
            Self::Sqlite { depth: 0 }
        } else {
            Self::Plain
        }
    }

    /// Of a savepoint in such a transaction.
    pub(crate) fn nested(self) -> Self {
        match self {
            Self::Plain => Self::Plain,
            Self::Sqlite { depth } => Self::Sqlite { depth: depth + 1 },
        }
    }

    pub(crate) fn is_plain(self) -> bool {
        self == Self::Plain
    }

    pub(crate) async fn commit<T>(self, transaction: T) -> Result<(), DbErr>
    where
        T: ConnectionTrait + TransactionSession + Send + 'static,
    {
        let Self::Sqlite { depth } = self else {
            return transaction.commit().await;
        };
        let committed = match depth {
            0 => send(&transaction, "COMMIT; BEGIN").await,
            _ => {
                let name = savepoint(depth);
                send(&transaction, &format!("RELEASE {name}; SAVEPOINT {name}")).await
            }
        };
        let is_empty = committed.is_ok();
        let ended = if is_empty {
            transaction.rollback().await
        } else {
            self.roll_back(transaction).await.map(drop)
        };
        // OK to ignore: what is written is committed, or the error of that says more.
        drop(ended);
        committed
    }

    /// Rolls it back, and tells whether SQLite had done that by itself.
    pub(crate) async fn roll_back<T>(self, transaction: T) -> Result<bool, DbErr>
    where
        T: ConnectionTrait + TransactionSession + Send + 'static,
    {
        let mut was_over = false;
        if let Self::Sqlite { depth } = self {
            // An error where it is open, which is well.
            was_over = send(&transaction, "BEGIN").await.is_ok();
            if was_over {
                for depth in 1..=depth {
                    send(&transaction, &format!("SAVEPOINT {}", savepoint(depth))).await?;
                }
            }
        }
        transaction.rollback().await.map(|()| was_over)
    }
}

/// As sqlx names them.
fn savepoint(depth: usize) -> String {
    format!("_sqlx_savepoint_{depth}")
}

/// Sends what controls a transaction. A restricted connection lets no raw text pass, but a query of a constant, behind
/// which SQLite takes more.
async fn send<C: ConnectionTrait>(db: &C, sql: &str) -> Result<(), DbErr> {
    if ConnectionKind::of_plain::<C>().allows_raw() {
        return db.execute_unprepared(sql).await.map(drop);
    }
    let query = Query::select().expr(Expr::cust(format!("1; {sql}"))).take();
    db.execute(&query).await.map(drop)
}

/// SeaORM's types have the driver only with features that an application may turn on elsewhere, but show its name.
fn is_sqlite_by_sqlx(pool: &dyn Any) -> bool {
    let mut beginning = Beginning::default();
    // OK to ignore: it ends where there is enough.
    if let Some(pool) = pool.downcast_ref::<DatabaseConnection>() {
        let _shown = write!(beginning, "{:?}", pool.inner);
    }
    #[cfg(feature = "rbac")]
    if let Some(pool) = pool.downcast_ref::<sea_orm::RestrictedConnection>() {
        let _shown = write!(beginning, "{pool:?}");
    }
    beginning.0.contains("SqlxSqlitePoolConnection")
}

/// The first characters of a text, which may be long: a restricted connection shows its roles.
#[derive(Default)]
struct Beginning(String);

impl fmt::Write for Beginning {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push_str(text);
        if self.0.len() < 150 {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::Database;

    use super::*;

    #[tokio::test]
    async fn sqlite_by_sqlx_is_told_from_other_connections() {
        let pool = Database::connect("sqlite::memory:").await.unwrap();
        assert_eq!(Ending::of(&pool), Ending::Sqlite { depth: 0 });
        assert_eq!(Ending::of(&DatabaseConnection::default()), Ending::Plain);
    }
}
