//! Who writes, by the locks of PostgreSQL. A transaction takes the lock of a table's writers before its first number, and keeps it to its
//! end.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, QueryResult, Statement};

use super::listing::{Listing, OpenWriter, Work, check_writable, last, refused, session};
use crate::entity::TrailEntity;

/// Reads the last number, then who holds the lock, together with whether the server can be followed.
pub(super) async fn listing<E: TrailEntity>(db: &DatabaseConnection) -> Result<Listing, DbErr> {
    let last = last::<E, _>(db).await?;
    let table = E::default().table_name();
    let asked = format!(
        "SELECT s.is_standby, s.cache, s.started, l.virtualtransaction, l.pid::int8, a.usename::text, a.application_name \
         FROM (SELECT pg_is_in_recovery() AS is_standby, extract(epoch FROM pg_postmaster_start_time())::int8 AS started, \
         (SELECT seqcache FROM pg_sequence WHERE seqrelid = to_regclass(pg_get_serial_sequence('{table}', 'id'))) AS cache) s \
         LEFT JOIN pg_locks l ON l.locktype = 'relation' AND l.relation = '{table}'::regclass AND l.mode = 'RowExclusiveLock' \
         AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
         LEFT JOIN pg_stat_activity a ON a.pid = l.pid"
    );
    let statement = Statement::from_string(db.get_database_backend(), asked);
    let rows = db.query_all_raw(statement).await?;
    let server = rows
        .first()
        .ok_or_else(|| refused(table, "PostgreSQL returns nothing about itself"))?;
    check_writable(table, server.try_get_by_index(0)?)?;
    check_numbers(table, server.try_get_by_index(1)?)?;
    let writers = rows.iter().filter_map(|row| writer(row).transpose());
    Ok(Listing {
        last,
        writers: writers.collect::<Result<_, _>>()?,
        started: server.try_get_by_index(2)?,
    })
}

/// Refuses a sequence of which a session takes several numbers at once, as some are for later transactions.
fn check_numbers(table: &str, cache: Option<i64>) -> Result<(), DbErr> {
    let why = match cache {
        Some(1) => return Ok(()),
        Some(many) => format!(
            "each session takes {many} numbers of its sequence at once, some for later transactions: `ALTER SEQUENCE … CACHE 1`, and have the sessions connect anew"
        ),
        None => "its `id` has no sequence of its own, which says how numbers are given: `ALTER SEQUENCE … OWNED BY`".to_owned(),
    };
    Err(refused(table, why))
}

/// Who holds the lock; `None` for the row that comes if nobody does.
fn writer(row: &QueryResult) -> Result<Option<OpenWriter>, DbErr> {
    let Some(number) = row.try_get_by_index::<Option<String>>(3)? else {
        return Ok(None);
    };
    let pid: Option<i64> = row.try_get_by_index(4)?;
    let (session, work) = match pid.map(i64::unsigned_abs) {
        Some(thread) => (
            session(thread, row.try_get_by_index(5)?, row.try_get_by_index(6)?),
            Work::Transaction { thread, number },
        ),
        None => (
            format!("prepared transaction {number}"),
            Work::Prepared { number },
        ),
    };
    let may_be_renumbered = false;
    Ok(Some(OpenWriter {
        work,
        session,
        may_be_renumbered,
    }))
}
