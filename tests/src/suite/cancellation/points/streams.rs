//! Streams, dropped before and between their rows.

use audit_sea_orm::prelude::*;
use futures_util::{StreamExt as _, TryStreamExt as _};
use sea_orm::{ConnectionTrait, DbErr, Statement, StreamTrait, TransactionSession};

use super::{
    one::{One, begin_in},
    operation::context,
};
use crate::{
    Backend, Outcome, Test,
    cancelled::{Point, Points},
};

const READ: &str = "SELECT id FROM tart ORDER BY id";
const WRITE: &str = "UPDATE tart SET price = 22 WHERE id = 2 RETURNING id";

/// MariaDB and MySQL answer no update with rows.
fn statements(backend: Backend) -> &'static [&'static str] {
    match backend {
        Backend::MySql => &[READ],
        Backend::Sqlite | Backend::Postgres => &[READ, WRITE],
    }
}

/// Reads one row after another and stops after so many.
async fn read<C: StreamTrait>(db: &C, sql: &str, rows: usize) -> Result<(), DbErr> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.stream_raw(statement).await?.take(rows);
    rows.try_collect::<Vec<_>>().await.map(drop)
}

async fn read_and_go_on<T>(
    one: &One<'_>,
    (sql, rows): (&str, usize),
    actor: Option<&str>,
    point: Point,
    transaction: T,
) -> Result<bool, Box<dyn std::error::Error + Send + Sync>>
where
    T: ConnectionTrait + StreamTrait + TransactionSession,
{
    begin_in(&transaction).await?;
    let cut = point.cut(read(&transaction, sql, rows)).await;
    let name = format!("{sql} {rows} {point:?}");
    one.assert_goes_on(transaction, actor, &name).await?;
    Ok(cut.transpose()?.is_some())
}

/// In a transaction and on a pool: what follows is as if nobody had asked, and a write has its record or did not happen.
pub async fn streams_dropped_anywhere_leave_nothing(t: &mut Test) -> Outcome {
    let one = One::new(t).await?;
    let audited = one.db.audited_as(context());
    for sql in statements(t.backend) {
        // Less rows than there are, and all.
        for rows in [1, 9] {
            let mut connection = None;
            let mut points = Points::default();
            while let Some(point) = points.step() {
                if one.is_new(&mut connection).await? {
                    read(&one.db, sql, 9).await?;
                }
                one.reset().await?;
                let what = (*sql, rows);
                let plain = one.db.begin_write().await?;
                read_and_go_on(&one, what, None, point, plain).await?;
                one.reset().await?;
                let transaction = audited.begin_write().await?;
                let ended = read_and_go_on(&one, what, Some("ada"), point, transaction).await?;
                points.saw_end(ended);
                one.assert_outside(sql).await?;
            }
            let mut points = Points::default();
            while let Some(point) = points.step() {
                if one.is_new(&mut connection).await? {
                    read(&audited, sql, 9).await?;
                }
                one.reset().await?;
                let cut = point.cut(read(&audited, sql, rows)).await;
                points.saw_end(cut.transpose()?.is_some());
                one.assert_outside(sql).await?;
                let changed = usize::from(one.has_changed().await?);
                let records = one.records_of_the_cut().await?;
                assert_eq!(records, vec![Some("ada".to_owned()); changed]);
            }
        }
    }
    one.db.close().await?;
    Ok(())
}
