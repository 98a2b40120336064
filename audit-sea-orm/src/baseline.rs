//! The present state of rows that are older than the audit log, as records.
//!
//! A table that becomes audited has rows already. [`history`](crate::history) knows them back to their first record, and a row that
//! nobody changed since has none: there is nothing to show an auditor, and nothing to bring back after a raw `DELETE`. A
//! [`Baseline`] records what such rows hold, one record for each, with the action `BASELINE`.
//!
//! # What is recorded
//! The columns, as a `CREATE` has them, with the context of the caller: who made the baseline, and why. It is no change: that the
//! row came then is not said, and what it was before is not known. A row whose last record says what it holds gets none. One does
//! that was silenced, or whose last record says that it went: it came back without a record.
//!
//! # Beside writers
//! Rows are read in the order of their keys, some hundred at a time, each batch in a transaction of its own. Its rows are locked
//! until their records are there. So who changes one of them waits for the batch, and has a later record. Nothing else is
//! locked. A row that is inserted meanwhile has a record of its own. A transaction that locks rows against the order of their keys can
//! deadlock with a batch, as with any other: then run the baseline again.
//!
//! Hooks on a bare pool write their record after the change, in a transaction of its own. A baseline that comes between the two finds
//! the new values, and its record stands before that of the change. So use `audited_*` or transactions while it runs, as triggers do.
//!
//! # Interrupted
//! A batch is there as a whole or not at all, whatever happens: a dropped future, a killed process, a lost connection. Run it
//! again: it passes over the rows that have a record by then.
//!
//! # Example
//! ```
//! # mod cake {
//! #     use sea_orm::entity::prelude::*;
//! #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
//! #     #[sea_orm(table_name = "cake")]
//! #     pub struct Model { #[sea_orm(primary_key)] pub id: i32, pub price: i32 }
//! #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
//! #     pub enum Relation {}
//! # }
//! use audit_sea_orm::{baseline::Baseline, prelude::*};
//! # use sea_orm::{ConnectionTrait, Database, DbBackend, Schema};
//! # #[tokio::main]
//! # async fn main() -> Result<(), sea_orm::DbErr> {
//! # let db = Database::connect("sqlite::memory:").await?;
//! # let schema = Schema::new(DbBackend::Sqlite);
//! # db.execute(&schema.create_table_from_entity(cake::Entity)).await?;
//! # db.execute(&schema.create_table_from_entity(audit_log::Entity)).await?;
//! db.execute_unprepared("INSERT INTO cake (price) VALUES (450), (480)").await?; // before auditing
//!
//! let context = AuditContext::new().actor("deployment").reason("auditing begins");
//! let baseline = Baseline::of::<cake::Entity>().on_progress(|so_far| println!("{} rows", so_far.rows));
//! let count = context.scope(baseline.run(&db)).await?;
//! assert_eq!((count.rows, count.recorded), (2, 2));
//!
//! let again = Baseline::of::<cake::Entity>().run(&db).await?;
//! assert_eq!((again.rows, again.recorded), (2, 0));
//! # Ok(())
//! # }
//! ```

pub(crate) mod entity;

use std::{collections::HashSet, fmt, sync::Arc};

use audit_core::{AuditConfig, AuditContext};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, IsolationLevel, QueryFilter,
    QueryResult, QuerySelect, QueryTrait, TransactionOptions, Value,
    sea_query::{Alias, Expr, Func, LockType, Query},
};

use crate::{
    Audited, AuditedWrite, Error,
    audited::object,
    connection::{
        AnyConnection, context_of,
        own_transaction::{self, Own},
    },
    entity::audit_log::{self, Column},
    history::state::{ACTIONS, BASELINE},
    record::object_key,
    write,
};
use entity::BaselineEntity;

/// How many rows a transaction records.
const BATCH: u64 = 500;

/// Records what the rows of an entity hold that have no record: see [`baseline`](crate::baseline).
#[derive(Clone)]
#[must_use = "a baseline records nothing before `run`"]
pub struct Baseline {
    entity: &'static dyn BaselineEntity,
    progress: Option<Arc<dyn Fn(BaselineCount) + Send + Sync>>,
}

/// How far a [`Baseline`] is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BaselineCount {
    /// How many rows were looked at.
    pub rows: u64,
    /// How many of them had no record, and have one now.
    pub recorded: u64,
}

impl Baseline {
    /// Of every row of an entity's table. [`AnyTable::baseline`](crate::AnyTable::baseline) makes one of a table that is named at run
    /// time.
    pub fn of<E: Audited>() -> Self {
        Self::of_entity(entity::of::<E>())
    }

    pub(crate) fn of_entity(entity: &'static dyn BaselineEntity) -> Self {
        Self {
            entity,
            progress: None,
        }
    }

    /// Calls this after each batch, such as for a progress bar, of which [`rows`](Self::rows) is the length.
    pub fn on_progress(mut self, progress: impl Fn(BaselineCount) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(progress));
        self
    }

    /// How many rows the table has now.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn rows<C: ConnectionTrait>(&self, db: &C) -> Result<u64, DbErr> {
        let table = Alias::new("rows");
        let count = Query::select()
            .expr(Expr::from(Func::count(Expr::val(1))))
            .from_subquery(self.entity.all(), table)
            .take();
        let row = db.query_one(&count).await?;
        let count: i64 = row.map_or(Ok(0), |row| row.try_get_by_index(0))?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Records, whoever writes meanwhile, in transactions of its own: pass a pool.
    ///
    /// Where the [configuration](AuditConfig) turns auditing off, or skips the table or the action `BASELINE`, nothing is recorded.
    ///
    /// # Errors
    /// What the database reports, [`Error::Encoding`] for a value that no record can hold, and [`DbErr::Custom`] for a transaction. A row
    /// that its model cannot hold is an error too. The batches before stay.
    ///
    /// # Backends
    /// PostgreSQL locks the rows `FOR NO KEY UPDATE`, so that others may insert rows that refer to them; MariaDB and MySQL `FOR
    /// UPDATE`. Both need the right to update. SQLite has one writer at a time: others wait for the batch.
    ///
    /// # Example
    /// See [`baseline`](crate::baseline).
    pub async fn run<C: AuditedWrite>(self, db: &C) -> Result<BaselineCount, DbErr> {
        let mut count = BaselineCount::default();
        let config = AuditConfig::current().map_err(Error::from)?;
        let table = self.entity.table();
        if !config.get_enabled() || config.skips_action(BASELINE) || config.skips_model(table) {
            return Ok(count);
        }
        let mut last = None;
        loop {
            let batch = in_a_transaction(self.entity, last.clone(), db).await?;
            count.rows += batch.rows;
            count.recorded += batch.recorded;
            if let Some(progress) = &self.progress {
                progress(count);
            }
            if batch.end.is_none() {
                return Ok(count);
            }
            last = batch.end;
        }
    }
}

/// What became of some rows.
struct Batch {
    rows: u64,
    recorded: u64,
    /// The key of the last one; `None` where no more follow.
    end: Option<Vec<Value>>,
}

/// A batch in a transaction of its own. One whose future is dropped goes to its end.
async fn in_a_transaction<C: AuditedWrite>(
    entity: &'static dyn BaselineEntity,
    last: Option<Vec<Value>>,
    db: &C,
) -> Result<Batch, DbErr> {
    let context = context_of(&AnyConnection::of(db));
    let ours = db.begin_ours_with(options(db.get_database_backend()));
    let ours = ours.await?.ok_or_else(in_a_callers)?;
    own_transaction::to_its_end(|wanted| async move {
        let work = batch(entity, last, &context, ours.connection());
        let done = wanted.still(own_transaction::within(&ours, work).await);
        own_transaction::end(ours, done, |error| error).await
    })
    .await
}

/// What was committed since the caller's transaction began may not be seen in it.
fn in_a_callers() -> DbErr {
    DbErr::Custom(
        "audit: a baseline begins transactions of its own: pass the pool, not a transaction"
            .to_owned(),
    )
}

/// What is committed while a batch waits for its rows must be seen, and nothing between the rows be locked.
fn options(backend: DbBackend) -> TransactionOptions {
    let isolation_level = (backend != DbBackend::Sqlite).then_some(IsolationLevel::ReadCommitted);
    TransactionOptions {
        isolation_level,
        ..own_transaction::to_write()
    }
}

async fn batch<C: ConnectionTrait>(
    entity: &dyn BaselineEntity,
    last: Option<Vec<Value>>,
    context: &AuditContext,
    db: &C,
) -> Result<Batch, DbErr> {
    let backend = db.get_database_backend();
    let lock = match backend {
        DbBackend::Postgres => LockType::NoKeyUpdate,
        _ => LockType::Update,
    };
    // Where the batch ends, before it waits for any row: one may have another key by then.
    let end = db.query_one(&entity.nth(last.as_deref(), BATCH)).await?;
    let end = end.map(|row| entity.key(&row)).transpose()?;
    // Locked first: who changed one before has its record by then, and who comes later has a later one.
    let mut rows = entity.between(last.as_deref(), end.as_deref());
    let rows = db.query_all(rows.lock(lock)).await?;
    let ids = ids(entity, &rows)?;
    let stored = ids.iter().map(|id| object_key::stored(id.clone(), backend));
    let stored: Vec<_> = stored.collect();
    let known = known(entity, &stored, db).await?;
    let (any, config) = (AnyConnection::of(db), AuditConfig::new());
    let mut recorded = 0;
    for ((row, id), stored) in rows.iter().zip(ids).zip(&stored) {
        if known.contains(stored) {
            continue;
        }
        let record = entity.record(id, row)?;
        write::write(&any, &config, record, context).await?;
        recorded += 1;
    }
    Ok(Batch {
        rows: u64::try_from(rows.len()).unwrap_or(u64::MAX),
        recorded,
        end,
    })
}

/// The texts of the keys of some rows.
fn ids(entity: &dyn BaselineEntity, rows: &[QueryResult]) -> Result<Vec<String>, DbErr> {
    let ids = rows.iter().map(|row| {
        let id = object::id_text(&entity.key(row)?);
        Ok(id.map_err(|error| entity::refused(entity.table(), "", error))?)
    });
    ids.collect()
}

/// Those of the objects whose last record says what they hold.
async fn known<C: ConnectionTrait>(
    entity: &dyn BaselineEntity,
    stored: &[String],
    db: &C,
) -> Result<HashSet<String>, DbErr> {
    let stored: Vec<&str> = stored.iter().map(String::as_str).collect();
    let last = entity
        .records(&stored)
        .filter(Column::Action.is_in(ACTIONS))
        .select_only()
        .column_as(Column::Id.max(), "id")
        .group_by(Column::ObjectId)
        .into_query();
    let known = audit_log::Entity::find()
        .filter(Column::Id.in_subquery(last))
        .filter(Column::Action.is_in(["CREATE", "UPDATE", BASELINE]))
        .select_only()
        .column(Column::ObjectId)
        .into_tuple::<String>();
    Ok(known.all(db).await?.into_iter().collect())
}

impl fmt::Debug for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Baseline")
            .field("table", &self.entity.table())
            .field("has_progress", &self.progress.is_some())
            .finish_non_exhaustive()
    }
}
