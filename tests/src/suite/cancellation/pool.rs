//! The connections of a pool, one by one: made ready, and seen to be outside any transaction.

use std::collections::VecDeque;

use audit_sea_orm::prelude::*;
use futures_util::future::BoxFuture;
use sea_orm::{ActiveModelTrait, ConnectionTrait, DatabaseConnection, DbErr, Statement, sqlx};

use crate::{Backend, Outcome, Test};

/// The size of a test's pool.
const CONNECTIONS: usize = 10;

/// Has every connection prepare the statements of an update.
///
/// With sqlx 0.9.0 a future that is dropped while MySQL prepares its statement takes the connection with it: the
/// driver loses count of the answers it waits for, and the connection never returns to the pool. That happens
/// without the trail too, and ends once each connection knows its statements, as it does soon in a program.
pub(super) async fn warm_up(t: &Test) -> Outcome {
    warm_up_by(t, |db| {
        Box::pin(async move {
            super::new_price(1).update(&db).await?;
            super::new_price(1).audited_update(&db).await?;
            Ok(())
        })
    })
    .await
}

/// Writes something through a pool.
pub(crate) type Write = fn(DatabaseConnection) -> BoxFuture<'static, Result<(), DbErr>>;

/// Has every connection prepare the statements that a function sends.
pub(crate) async fn warm_up_by(t: &Test, write: Write) -> Outcome {
    match t.backend {
        Backend::Sqlite => warm_up_each(t, t.db.get_sqlite_connection_pool(), write).await,
        Backend::Postgres => warm_up_each(t, t.db.get_postgres_connection_pool(), write).await,
        Backend::MySql => warm_up_each(t, t.db.get_mysql_connection_pool(), write).await,
    }
}

async fn warm_up_each<D: sqlx::Database>(t: &Test, pool: &sqlx::Pool<D>, write: Write) -> Outcome {
    let mut held = VecDeque::new();
    while held.len() < CONNECTIONS {
        held.push_back(pool.acquire().await?);
    }
    for _ in 0..CONNECTIONS {
        // The one that is let go is the only one that the writes can take.
        drop(held.pop_front());
        write(t.db.clone()).await?;
        held.push_back(pool.acquire().await?);
    }
    Ok(())
}

/// Takes every connection of the pool out of it, writes on each without a transaction, and asserts that
/// another pool sees that write at once.
pub(super) async fn assert_every_connection_commits(t: &Test) -> Outcome {
    t.db.execute_unprepared("CREATE TABLE probe (number INT)")
        .await?;
    match t.backend {
        Backend::Sqlite => write_on_each(t, t.db.get_sqlite_connection_pool()).await?,
        Backend::Postgres => write_on_each(t, t.db.get_postgres_connection_pool()).await?,
        Backend::MySql => write_on_each(t, t.db.get_mysql_connection_pool()).await?,
    }
    t.db.execute_unprepared("DROP TABLE probe").await?;
    Ok(())
}

async fn write_on_each<D>(t: &Test, pool: &sqlx::Pool<D>) -> Outcome
where
    D: sqlx::Database,
    for<'c> &'c mut D::Connection: sqlx::Executor<'c, Database = D>,
{
    let other = t.isolated.connect(1).await?;
    let mut held = Vec::new();
    for number in 1..=CONNECTIONS {
        let mut connection = pool.acquire().await?;
        let write = format!("INSERT INTO probe VALUES ({number})");
        sqlx::Executor::execute(&mut *connection, sqlx::AssertSqlSafe(write)).await?;
        assert_eq!(
            probes(&other).await?,
            number,
            "a write that was answered is not committed"
        );
        held.push(connection);
    }
    other.close().await?;
    Ok(())
}

async fn probes<C: ConnectionTrait>(db: &C) -> Result<usize, DbErr> {
    let backend = db.get_database_backend();
    let rows = Statement::from_string(backend, "SELECT number FROM probe");
    Ok(db.query_all_raw(rows).await?.len())
}
