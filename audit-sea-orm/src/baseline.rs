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
//! let baseline = Baseline::<cake::Entity>::new().on_progress(|so_far| println!("{} rows", so_far.rows));
//! let count = context.scope(baseline.run(&db)).await?;
//! assert_eq!((count.rows, count.recorded), (2, 2));
//!
//! let again = Baseline::<cake::Entity>::new().run(&db).await?;
//! assert_eq!((again.rows, again.recorded), (2, 0));
//! # Ok(())
//! # }
//! ```

use std::{collections::HashSet, fmt, marker::PhantomData, sync::Arc};

use audit_core::{AuditConfig, diff};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, IsolationLevel, QueryFilter,
    QuerySelect, QueryTrait, TransactionOptions, Value, sea_query::LockType,
};

use crate::{
    Audited, AuditedWrite, Error,
    audited::{object, recorded::Recorded},
    connection::{
        AnyConnection, context_of,
        own_transaction::{self, Own},
    },
    entity::audit_log::{self, Column},
    history::state::{ACTIONS, BASELINE},
    read::{behind, between, of_objects},
    record::{Record, encoding::EncodingError, event, object_key},
    write,
};

/// How many rows a transaction records.
const BATCH: u64 = 500;

/// Records what the rows of an entity hold that have no record: see [`baseline`](crate::baseline).
#[must_use = "a baseline records nothing before `run`"]
pub struct Baseline<E> {
    progress: Option<Arc<dyn Fn(BaselineCount) + Send + Sync>>,
    entity: PhantomData<fn() -> E>,
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

impl<E: Audited> Baseline<E> {
    /// Of every row of the entity's table.
    pub fn new() -> Self {
        Self {
            progress: None,
            entity: PhantomData,
        }
    }

    /// Calls this after each batch, such as for a progress bar: `E::find().count(db)` is its length.
    pub fn on_progress(mut self, progress: impl Fn(BaselineCount) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(progress));
        self
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
        let table = Recorded::<E>::get().table();
        if !config.get_enabled() || config.skips_action(BASELINE) || config.skips_model(table) {
            return Ok(count);
        }
        let mut last = None;
        loop {
            let batch = in_a_transaction::<E, C>(last.clone(), db).await?;
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
async fn in_a_transaction<E: Audited, C: AuditedWrite>(
    last: Option<Vec<Value>>,
    db: &C,
) -> Result<Batch, DbErr> {
    let context = context_of(&AnyConnection::of(db));
    let ours = db.begin_ours_with(options(db.get_database_backend()));
    let ours = ours.await?.ok_or_else(in_a_callers)?;
    own_transaction::to_its_end(|wanted| async move {
        let work = batch::<E, _>(last, &context, ours.connection());
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

async fn batch<E: Audited, C: ConnectionTrait>(
    last: Option<Vec<Value>>,
    context: &audit_core::AuditContext,
    db: &C,
) -> Result<Batch, DbErr> {
    let backend = db.get_database_backend();
    let lock = match backend {
        DbBackend::Postgres => LockType::NoKeyUpdate,
        _ => LockType::Update,
    };
    // Where the batch ends, before it waits for any row: one may have another key by then.
    let end = behind::<E>(last.as_deref(), 1).offset(BATCH - 1);
    let end = end.one(db).await?;
    let end = end.map(|row| object::model_key::<E>(&row, Recorded::<E>::get().keys()));
    // Locked first: who changed one before has its record by then, and who comes later has a later one.
    let rows = between::<E>(last.as_deref(), end.as_deref());
    let rows = rows.lock(lock).all(db).await?;
    let ids = ids::<E>(&rows)?;
    let stored: Vec<_> = ids
        .iter()
        .map(|id| object_key::stored(id.clone(), backend))
        .collect();
    let known = known::<E, C>(stored.iter().map(String::as_str), db).await?;
    let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let rows = rows.iter().zip(ids).zip(stored);
    let new = rows.filter(|(_, stored)| !known.contains(stored));
    let records = new
        .map(|((row, id), _)| record::<E>(id, row))
        .collect::<Result<Vec<_>, _>>()?;
    let recorded = u64::try_from(records.len()).unwrap_or(u64::MAX);
    let (any, config) = (AnyConnection::of(db), AuditConfig::new());
    for record in records {
        write::write(&any, &config, record, context).await?;
    }
    Ok(Batch {
        rows: count,
        recorded,
        end,
    })
}

/// The texts of the keys of some rows.
fn ids<E: Audited>(rows: &[E::Model]) -> Result<Vec<String>, Error> {
    let keys = Recorded::<E>::get().keys();
    let ids = rows.iter().map(|row| {
        let key = object::model_key::<E>(row, keys);
        object::id_text(&key).map_err(|error| refused::<E>("", error))
    });
    ids.collect()
}

/// Those of the objects whose last record says what they hold.
async fn known<'a, E: Audited, C: ConnectionTrait>(
    stored: impl Iterator<Item = &'a str>,
    db: &C,
) -> Result<HashSet<String>, DbErr> {
    let last = of_objects::<E>(audit_log::Entity::find(), stored)
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

fn record<E: Audited>(id: String, row: &E::Model) -> Result<Record, Error> {
    let recorded = Recorded::<E>::get();
    let values = recorded.capture(row);
    let image = diff::object(recorded.fields(), &values, 0..values.len());
    let image =
        image.map_err(|error| refused::<E>(&id, EncodingError::Unsupported(error.to_string())))?;
    Ok(Record {
        action: BASELINE.into(),
        table_name: Some(recorded.table().into()),
        object_id: Some(id),
        object_repr: Some(E::object_repr(row)),
        new_values: Some(image),
        ..Record::default()
    })
}

fn refused<E: Audited>(id: &str, source: EncodingError) -> Error {
    let event = event(BASELINE, Some(Recorded::<E>::get().table()), Some(id));
    Error::Encoding { event, source }
}

impl<E: Audited> Default for Baseline<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> Clone for Baseline<E> {
    fn clone(&self) -> Self {
        Self {
            progress: self.progress.clone(),
            entity: PhantomData,
        }
    }
}

impl<E> fmt::Debug for Baseline<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Baseline")
            .field("has_progress", &self.progress.is_some())
            .finish_non_exhaustive()
    }
}
