//! Who writes, by the metadata locks of MySQL. A transaction takes the lock of a table's writers before its first number, and keeps it to
//! its end.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};

use super::listing::{
    Listing, OpenWriter, SERVER, Work, check_server, last, one, refused, session,
};
use crate::entity::TrailEntity;

const RIGHT: &str = "it cannot be asked who writes: `GRANT SELECT ON performance_schema.*` to the role that follows";

const NOTES: &str = "the server does not note all metadata locks: turn on `performance_schema`, its consumer `global_instrumentation` and \
    its instrument `wait/lock/metadata/sql/mdl`, as they are by default, and raise `performance_schema_max_metadata_locks` where \
    `Performance_schema_metadata_lock_lost` is not 0";

/// Reads the last number, then who holds the lock. It reads the locks twice: a transaction that is prepared meanwhile gets another lock,
/// and one reading may come too late for the first lock and too early for the second.
pub(super) async fn listing<E: TrailEntity>(db: &DatabaseConnection) -> Result<Listing, DbErr> {
    let table = E::default().table_name();
    let started = started(table, db).await?;
    let last = last::<E, _>(db).await?;
    let mut writers = holders(table, db).await?;
    writers.extend(holders(table, db).await?);
    writers.sort();
    writers.dedup();
    Ok(Listing {
        last,
        writers,
        started,
    })
}

/// When the server started.
///
/// # Errors
/// [`Error::Tail`](crate::Error::Tail) if it cannot be followed.
async fn started(table: &str, db: &DatabaseConnection) -> Result<i64, DbErr> {
    let asked = format!(
        "SELECT {SERVER}, CAST(UNIX_TIMESTAMP() - (SELECT VARIABLE_VALUE FROM performance_schema.global_status \
         WHERE VARIABLE_NAME = 'Uptime') AS SIGNED), \
         (SELECT COUNT(*) FROM performance_schema.setup_instruments WHERE NAME = 'wait/lock/metadata/sql/mdl' AND ENABLED = 'YES') \
         + (SELECT COUNT(*) FROM performance_schema.setup_consumers WHERE NAME = 'global_instrumentation' AND ENABLED = 'YES') \
         + (SELECT COUNT(*) FROM performance_schema.global_status \
         WHERE VARIABLE_NAME = 'Performance_schema_metadata_lock_lost' AND VARIABLE_VALUE = '0')"
    );
    let row = one(&asked, db)
        .await
        .map_err(|error| match error.to_string() {
            denied if denied.contains("denied") => refused(table, format!("{RIGHT}: {denied}")),
            _ => error,
        })?;
    check_server(table, &row)?;
    let (started, notes): (Option<i64>, i64) = (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
    match started {
        Some(started) if notes == 3 => Ok(started),
        _ => Err(refused(table, NOTES)),
    }
}

/// Who holds the lock.
async fn holders(table: &str, db: &DatabaseConnection) -> Result<Vec<OpenWriter>, DbErr> {
    let asked = format!(
        "SELECT CONCAT(l.OWNER_EVENT_ID, ' ', l.OBJECT_INSTANCE_BEGIN), CAST(COALESCE(t.PROCESSLIST_ID, 0) AS SIGNED), \
         t.PROCESSLIST_USER, CAST(COALESCE(l.OWNER_THREAD_ID, 0) AS SIGNED) FROM performance_schema.metadata_locks l \
         LEFT JOIN performance_schema.threads t ON t.THREAD_ID = l.OWNER_THREAD_ID \
         WHERE l.OBJECT_TYPE = 'TABLE' AND l.OBJECT_SCHEMA = DATABASE() AND l.OBJECT_NAME = '{table}' AND l.LOCK_STATUS = 'GRANTED' \
         AND l.LOCK_TYPE IN ('SHARED_WRITE', 'SHARED_WRITE_LOW_PRIO', 'SHARED_UPGRADABLE', 'SHARED_NO_WRITE', 'SHARED_NO_READ_WRITE', 'EXCLUSIVE')"
    );
    let statement = Statement::from_string(db.get_database_backend(), asked);
    let rows = db.query_all_raw(statement).await?;
    let writers = rows.iter().map(|row| {
        let (session_id, thread): (i64, i64) = (row.try_get_by_index(1)?, row.try_get_by_index(3)?);
        Ok(OpenWriter {
            work: Work::Transaction {
                thread: thread.unsigned_abs(),
                number: row.try_get_by_index(0)?,
            },
            session: session(session_id.unsigned_abs(), row.try_get_by_index(2)?, None),
            may_be_renumbered: true,
        })
    });
    writers.collect()
}
