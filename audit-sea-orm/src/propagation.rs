//! Context propagation: plain connections whose writes tell capture triggers who, from where and why.

#[cfg(any(
    feature = "sqlx-mysql",
    feature = "sqlx-postgres",
    feature = "sqlx-sqlite"
))]
mod driver;
#[cfg_attr(not(feature = "sqlx-mysql"), path = "propagation/no_driver.rs")]
mod mysql;
#[cfg_attr(not(feature = "sqlx-postgres"), path = "propagation/no_driver.rs")]
mod postgres;
#[cfg(feature = "sqlx-postgres")]
mod search_path;
#[cfg_attr(not(feature = "sqlx-sqlite"), path = "propagation/no_driver.rs")]
mod sqlite;

use audit_core::AuditConfig;
use sea_orm::ConnectOptions;

#[cfg(any(
    feature = "sqlx-mysql",
    feature = "sqlx-postgres",
    feature = "sqlx-sqlite"
))]
pub use driver::AuditSqlxConnectionExt;

use crate::{Error, Result};

mod sealed {
    pub trait Sealed {}
    impl Sealed for sea_orm::ConnectOptions {}
}

/// Makes the plain connections of a pool carry the context, for applications that will not change their types.
///
/// What takes a [`DatabaseConnection`](sea_orm::DatabaseConnection) (seaography, loco, most handlers) has no place for an
/// [`AuditedConnection`](crate::AuditedConnection), so triggers record what it writes without an actor. With these options
/// each connection of the pool learns the [current context](crate::AuditContext::current) when it is acquired, in the task
/// that acquires it, with the [skip lists](crate::AuditConfig) and [unaudited scopes](crate::AuditContext::unaudited). All
/// that is written on it until it goes back has that context: any statement, by any way. Where there is no context, that
/// is what it learns, so nothing reaches the next user of the connection.
///
/// [Audited](crate::AuditConnectionExt::audited) connections work on the same pool, and their context goes before. A write
/// of theirs that has none may be recorded with that which its connection was acquired with.
///
/// On SQLite, MariaDB and MySQL a connection that carries a context carries an id too, anew at each acquire. So the records of
/// a plain transaction have one [`transaction_id`](crate::RecordQuery::of_transaction), those of hooks as well. PostgreSQL has its
/// own.
///
/// # What it does not see
/// - **A context that changes after the acquire**: `set_actor` in a running transaction, or a scope that begins in one. The
///   whole transaction has the context that it began with. Begin it in the scope, or write through `db.audited()`.
/// - **A connection that is held** for longer than a request keeps the context of the request that took it, and all its
///   transactions have one id.
/// - **A task without the scope**: `tokio::spawn` leaves it behind, [`spawn`](crate::task::spawn) takes it along.
///
/// # Callbacks of the application
/// Call it last. sqlx has one place for `after_connect` and one for `before_acquire`, SeaORM one for changes of the pool's
/// options, and neither shows what stands there. These options take all three. **They replace a callback of
/// `map_sqlx_*_pool_opts` that was set before, and those of `map_sqlx_*_before_acquire` whenever they are set.** An
/// application that has callbacks sets them itself, and calls
/// [`propagate_audit_context`](AuditSqlxConnectionExt::propagate_audit_context) of the connection in both: see
/// [`AuditSqlxConnectionExt`]. A later `map_sqlx_*_pool_opts` replaces these options: then no connection has a context.
///
/// The schema search path of the options is kept, and the settings of `map_sqlx_*_opts`. The statement that sets the context
/// also tests the connection, so that `test_before_acquire` and `test_before_acquire_if_idle_for` have nothing left to do
/// and are off.
///
/// # When it fails
/// Where the context is longer than 4 MB, or the database refuses it, the connection is left without one, the failure is traced at level `ERROR`, and the application's statements go on: their records have no actor. A
/// connection that does not answer is replaced, as one that fails a test is.
///
/// # Backends
/// Calls of the database for each acquire, in the place of the test that SeaORM has sqlx make by default:
///
/// | | PostgreSQL | SQLite | MariaDB/MySQL |
/// |---|---|---|---|
/// | acquire | 1 | 1, of two statements | 1 |
/// | more for a new connection | 0 | 2 | 0 |
/// | more for its first context | 0 | 3, or 1 for each as long as the trail's tables are not made | 0 |
/// | more for a write | 0 | 0 | 0 |
///
/// PostgreSQL and MariaDB/MySQL keep the context in a setting of the session. So nothing may stand between that shares sessions
/// among clients: PgBouncer in its modes of transactions or statements, or `ProxySQL` with multiplexing, would give the context
/// of one client to another. `db.audited()` works with PgBouncer.
///
/// SQLite has no settings of a session. The context stands in a temporary table, which belongs to the connection. A temporary
/// trigger on `audit_log` gives it to the records of the capture triggers, and another gives the id to those of hooks. Nothing
/// of it is in the file, nothing is written to the file for a read, and other connections and programs do not see it. A record
/// with a context costs more than without: some 20 µs, which shows in bulk, where `db.audited()` is faster. The triggers are
/// made by the first acquire that has a context and finds the trail's tables. A new column of `audit_log` is known to new
/// connections. Where the trail's migrations are rolled back through another connection, SQLite refuses `ALTER TABLE … RENAME`
/// on this one until they are run again, as its triggers then have no table. So run migrations through a pool of one
/// connection, or reconnect.
///
/// # Example
/// ```
/// # use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr};
/// use audit_sea_orm::{Actor, AuditConnectOptionsExt, AuditContext};
///
/// /// Knows nothing of the audit trail.
/// async fn bake(db: &DatabaseConnection) -> Result<(), DbErr> {
///     db.execute_unprepared("INSERT INTO cake (id) VALUES (1)").await.map(drop)
/// }
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), DbErr> {
/// let mut options = ConnectOptions::new("sqlite::memory:");
/// options.max_connections(1);
/// # #[cfg(feature = "sqlx-sqlite")]
/// let db = Database::connect(options.propagate_audit_context()?).await?;
/// # #[cfg(not(feature = "sqlx-sqlite"))]
/// # let db = Database::connect(options).await?;
/// # db.execute_unprepared("CREATE TABLE cake (id integer)").await?;
/// let ada = AuditContext::new().actor(Actor::new(42).with_name("Ada"));
/// ada.scope(bake(&db)).await?; // triggers record Ada
/// # Ok(())
/// # }
/// ```
pub trait AuditConnectOptionsExt: Sized + sealed::Sealed {
    /// The options, with every plain connection of the pool carrying the context that is current when it is acquired.
    ///
    /// # Errors
    /// [`Error::Config`] where the configuration in force, by default the environment's, cannot be used, and
    /// [`Error::Propagation`] where the driver's feature of this crate is off (`sqlx-sqlite`, `sqlx-postgres`, `sqlx-mysql`),
    /// the URL is of no such driver, or the schema search path cannot be kept.
    fn propagate_audit_context(self) -> Result<Self>;
}

impl AuditConnectOptionsExt for ConnectOptions {
    fn propagate_audit_context(mut self) -> Result<Self> {
        // Asked here: an error of an acquire would not be seen, as sqlx connects again until the time is up.
        AuditConfig::current()?;
        match self.get_url().split(':').next() {
            Some("sqlite") => sqlite::install(&mut self)?,
            Some("postgres" | "postgresql") => postgres::install(&mut self)?,
            Some("mysql") => mysql::install(&mut self)?,
            _ => {
                let why = "the URL is not one of SQLite, PostgreSQL, MySQL or MariaDB";
                return Err(Error::Propagation { why });
            }
        }
        Ok(self)
    }
}
