//! The audit log, followed to its end: every row once, in one order, and none missed.
//!
//! A row gets its number when it is written and is seen when its transaction commits. So a reader that asks for "every number above
//! the last one" misses rows whose transaction takes longer. A [`Tail`] misses none: if a number is missing, it waits until the row is
//! there, or until the database says that no open transaction can have that number.
//!
//! # Order
//! Rows come in the order of their numbers, which is [that of the trail](crate::TrailQuery#order), and never change their place.
//! A tail of one table tells nothing about the order of another one.
//!
//! # Delays
//! A transaction that stays open holds back every row with a higher number than it may have. Nothing is lost: the rows come when it
//! ends. Until then each batch says so in its [`delay`](TailBatch::delay), with the sessions that are waited for.
//!
//! # Consumers
//! A [`TailConsumer`] is a tail with a name, whose place is kept in the table `audit_tail_position` of the migrations. It goes on where
//! it was acknowledged last. Acknowledge a batch after it is dealt with: then each row is dealt with at least once.
//! [Acknowledge](TailConsumer::acknowledge) it in the transaction that writes your results, if they go to the same database: then each
//! row is dealt with exactly once.
//!
//! # Cost
//! Without missing numbers a batch is one statement. No row and no table is locked against writers.
//!
//! # Backends
//! | database | what shows that no transaction has a number | what the role needs for it |
//! |---|---|---|
//! | SQLite | nothing is needed, as one transaction writes at a time | nothing |
//! | PostgreSQL | no transaction of that time holds the lock of writers on the table any more (`pg_locks`) | nothing |
//! | MariaDB | no transaction or statement of that time goes on (`INNODB_TRX`, `PROCESSLIST`) | `GRANT PROCESS ON *.*` |
//! | MySQL | no transaction of that time holds the lock of writers on the table any more (`performance_schema.metadata_locks`) | `GRANT SELECT ON performance_schema.*` |
//!
//! Ask the one server that takes the writes. A replica gets rows in the order of commits, and knows no open transactions of its source. So a
//! tail refuses a standby of PostgreSQL, and a server of MariaDB or MySQL that is `read_only`, replicates, or leaves numbers out for other
//! servers (`auto_increment_increment`). It refuses a sequence of PostgreSQL with a `CACHE` too: each session takes some of its numbers for
//! later transactions. Numbers must come from the database, in the statement that writes the row, as they do for all rows of this crate.
//!
//! InnoDB makes the list of its transactions anew only if nobody has read it for a tenth of a second
//! ([MariaDB's source](https://github.com/MariaDB/server/blob/10.11/storage/innobase/trx/trx0i_s.cc)). A tail asks less often, and
//! recognizes an old list. A program that reads the list without a pause delays tails on MariaDB. Then the delay names no sessions.
//!
//! A tail also gives rows that are lost later. A crash or a failover can take back transactions if the server does not wait for its disk
//! or its standby (`synchronous_commit = off`, `innodb_flush_log_at_trx_commit = 0`). The server may give their numbers again. A tail that
//! has passed these numbers does not come back.
//!
//! # Example
//! ```
//! use audit_sea_orm::{prelude::*, tail::TailConsumer};
//! # use audit_sea_orm::tail::tail_position;
//! # use sea_orm::{ConnectionTrait, Database, DbBackend, DbErr, Schema};
//! # async fn send(_: &[audit_log::Model]) -> Result<(), DbErr> { Ok(()) }
//! # #[tokio::main]
//! # async fn main() -> Result<(), DbErr> {
//! # let db = Database::connect("sqlite::memory:").await?;
//! # let schema = Schema::new(DbBackend::Sqlite);
//! # db.execute(&schema.create_table_from_entity(audit_log::Entity)).await?;
//! # db.execute(&schema.create_table_from_entity(tail_position::Entity)).await?;
//! # for n in 0..3 { AuditEvent::custom("EXAMPLE").record(&db).await?; }
//! let mut warehouse = TailConsumer::<audit_log::Entity>::open("warehouse", &db).await?;
//! loop {
//!     let batch = warehouse.next(500).await?;
//!     if batch.rows.is_empty() {
//!         break; // a service sleeps here for a while, and asks again
//!     }
//!     send(&batch.rows).await?;
//!     warehouse.acknowledge(&batch, &db).await?;
//! }
//! # assert_eq!(tail_position::Entity::find().one(&db).await?.map(|at| at.position), Some(3));
//! # Ok(())
//! # }
//! # use sea_orm::EntityTrait;
//! ```

mod consumer;
mod horizon;
mod listing;
mod mariadb;
mod mysql;
mod postgres;
mod server;
pub mod tail_position;

pub use consumer::TailConsumer;

use std::{fmt, marker::PhantomData};

use chrono::{DateTime, SecondsFormat, Utc};
use sea_orm::{
    ColumnTrait, DatabaseConnection, DbBackend, DbErr, QueryFilter, QueryOrder, QuerySelect,
    TransactionOptions,
};

use crate::{
    connection::own_transaction::{self, Own},
    entity::{TrailCursor, TrailEntity, audit_log},
};
use horizon::Horizon;

/// Follows a table of the audit log: see [`tail`](crate::tail).
///
/// It keeps its place in memory. [`TailConsumer`] keeps it in the database.
pub struct Tail<E: TrailEntity = audit_log::Entity> {
    /// Behind which row it goes on.
    place: TrailCursor,
    horizon: Horizon,
    db: DatabaseConnection,
    table: PhantomData<fn() -> E>,
}

/// Rows that are final: no other row will ever come before or between them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TailBatch<M> {
    /// The rows, in the order of their numbers. None where nothing new is final.
    pub rows: Vec<M>,
    /// The place before the first row.
    pub start: TrailCursor,
    /// The place behind the last row.
    pub end: TrailCursor,
    /// What the rows behind this batch wait for; `None` if there are no rows that are not final yet.
    pub delay: Option<TailDelay>,
}

/// What holds rows back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TailDelay {
    /// Since when no row came, by the clock of the application.
    pub since: DateTime<Utc>,
    /// The sessions whose open transactions may have the number that is missing, such as `session 4711 of shop`. `None` if the
    /// tail has not asked yet, or InnoDB shows an old list: see [Backends](crate::tail#backends).
    pub sessions: Option<Vec<String>>,
}

impl fmt::Display for TailDelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self.since.to_rfc3339_opts(SecondsFormat::Secs, true);
        write!(f, "no row since {since}: it waits for ")?;
        match self.sessions.as_deref() {
            Some(sessions) => f.write_str(&sessions.join(", ")),
            None => f.write_str("the database to tell who writes"),
        }
    }
}

impl<E: TrailEntity> Tail<E>
where
    E::Model: Send + Sync,
{
    /// The rows after a place, which [`TailBatch::end`] gives; `TrailCursor::from(0)` is the beginning.
    ///
    /// The pool must be that of the server that takes the writes.
    #[must_use]
    pub fn after(place: TrailCursor, db: &DatabaseConnection) -> Self {
        Self {
            place,
            horizon: Horizon::new(),
            db: db.clone(),
            table: PhantomData,
        }
    }

    /// The next rows, up to `most` of them (0 counts as 1). The batch is empty if nothing new is final. It does not wait: sleep before
    /// you ask again.
    ///
    /// A call that is dropped loses nothing.
    ///
    /// # Errors
    /// [`Error::Tail`](crate::Error::Tail) if the database cannot be followed, else what the database reports.
    pub async fn next(&mut self, most: u64) -> Result<TailBatch<E::Model>, DbErr> {
        let most = most.max(1);
        let is_proven = self.horizon.reaches_behind(self.place);
        let mut rows = self.read(most, is_proven).await?;
        let mut final_rows = self.count_final(&rows);
        if final_rows == 0 && !rows.is_empty() && self.horizon.ask::<E>(&self.db).await? {
            // Rows of transactions that were open when the page was read are there now.
            rows = self.read(most, true).await?;
            final_rows = self.count_final(&rows);
        }
        let delay = self.horizon.delay(final_rows, rows.len());
        rows.truncate(final_rows);
        let start = self.place;
        self.place = rows.last().map_or(start, E::cursor);
        Ok(TailBatch {
            rows,
            start,
            end: self.place,
            delay,
        })
    }

    async fn read(&self, most: u64, by_proof: bool) -> Result<Vec<E::Model>, DbErr> {
        let page = E::find()
            .filter(E::ID.gt(self.place.id()))
            .order_by_asc(E::ID)
            .limit(most);
        if by_proof && self.db.get_database_backend() == DbBackend::MySql {
            // A connection of the pool may be in an old transaction, which does not see what came until it was proven.
            let db = self.db.clone();
            let read = |_| async move {
                let ours = own_transaction::begin_ours(&db, TransactionOptions::default()).await?;
                let done = page.all(ours.connection()).await;
                own_transaction::end(ours, done, |error| error).await
            };
            return own_transaction::to_its_end(read).await;
        }
        page.all(&self.db).await
    }

    fn count_final(&self, rows: &[E::Model]) -> usize {
        let places = rows.iter().map(E::cursor);
        let backend = self.db.get_database_backend();
        self.horizon.count_final(self.place, places, backend)
    }
}

impl<E: TrailEntity> fmt::Debug for Tail<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tail")
            .field("place", &self.place)
            .field("horizon", &self.horizon)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_names_the_sessions() {
        let since = DateTime::UNIX_EPOCH;
        let sessions = ["session 7 of shop", "prepared transaction 8"].map(str::to_owned);
        let sessions = Some(sessions.into());
        let delay = TailDelay { since, sessions };
        assert_eq!(
            delay.to_string(),
            "no row since 1970-01-01T00:00:00Z: it waits for session 7 of shop, prepared transaction 8"
        );
        let sessions = None;
        let unknown = TailDelay { since, sessions };
        assert_eq!(
            unknown.to_string(),
            "no row since 1970-01-01T00:00:00Z: it waits for the database to tell who writes"
        );
    }
}
