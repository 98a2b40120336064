use sea_orm::{
    ConnectOptions, DbBackend,
    sqlx::{self, AssertSqlSafe, Executor, Sqlite, SqliteConnection},
};

use super::driver::{
    AuditSqlxConnectionExt, Carried, Session, propagate, propagating, sealed::Sealed,
};
use crate::{capture::propagated, clock};

/// Writes where that changes anything, to the temporary tables alone, and tells whether the triggers are there.
///
/// Of the two statements only the first may lose its table: with sqlx 0.9.0, where a later one of a text can be prepared no
/// more, the thread of the connection ends.
const HOLD: &str = "UPDATE temp.audit_propagated SET payload = ?, since = ?, is_busy = 0 WHERE payload IS NOT ? OR is_busy; \
     SELECT count(*) FROM temp.sqlite_master WHERE type = 'trigger' AND name = 'audit_propagation'";

/// The columns of the trail, none where its tables are not made yet.
const COLUMNS: &str = "SELECT name FROM pragma_table_info('audit_log', 'main') \
     WHERE EXISTS (SELECT 1 FROM main.sqlite_master WHERE name = 'audit_context') ORDER BY cid";

pub(super) fn install(options: &mut ConnectOptions) -> crate::Result<()> {
    options.map_sqlx_sqlite_pool_opts(propagating::<Sqlite>);
    Ok(())
}

impl Session for SqliteConnection {
    const BACKEND: DbBackend = DbBackend::Sqlite;

    async fn hold(&mut self, carried: Option<&Carried>) -> Result<(), sqlx::Error> {
        let payload = carried.map(|carried| &*carried.payload);
        let has_trigger = match write(self, payload).await {
            Err(error) if error.as_database_error().is_some() => {
                // It is new, or lost its temporary tables to `PRAGMA temp_store`.
                match self.execute(propagated::CREATE_TABLE).await {
                    Ok(_) => write(self, payload).await?,
                    // Nothing can be recorded, and it holds nothing: where the table is there, making it does nothing.
                    Err(error) if payload.is_none() || is_read_only(&error) => return Ok(()),
                    Err(error) => return Err(error),
                }
            }
            written => written?,
        };
        if has_trigger || payload.is_none() {
            return Ok(());
        }
        create_triggers(self).await
    }
}

/// Whether the connection takes no writes, by `PRAGMA query_only`.
fn is_read_only(error: &sqlx::Error) -> bool {
    const SQLITE_READONLY: &str = "8";
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == SQLITE_READONLY)
}

/// Whether the triggers are there.
async fn write(
    connection: &mut SqliteConnection,
    payload: Option<&str>,
) -> Result<bool, sqlx::Error> {
    let hold = sqlx::query_scalar(HOLD).bind(payload).bind(clock::now());
    let hold = hold.bind(payload);
    let triggers: i64 = hold.fetch_one(connection).await?;
    Ok(triggers > 0)
}

/// The one that is looked for comes last.
async fn create_triggers(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let columns = sqlx::query_scalar(COLUMNS).fetch_all(&mut *connection);
    let columns: Vec<String> = columns.await?;
    if columns.is_empty() {
        return Ok(());
    }
    connection.execute(propagated::CREATE_TO_HOOKS).await?;
    let create = AssertSqlSafe(propagated::create(&columns));
    connection.execute(create).await.map(drop)
}

impl Sealed for SqliteConnection {}

impl AuditSqlxConnectionExt for SqliteConnection {
    async fn propagate_audit_context(&mut self) -> Result<(), sqlx::Error> {
        propagate(self).await
    }
}
