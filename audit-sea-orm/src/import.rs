//! Many rows as one record: an import, a nightly job.
//!
//! An import is one thing to the person who reads the audit log, and a hundred thousand rows to the database. An [`Import`] runs its
//! writes in one transaction and leaves one record with the action `IMPORT`: the table, who and why, how many rows were created,
//! updated and deleted, and which. The caller says whether the rows have records of their own as well.
//!
//! | | the rows | counts and range |
//! |---|---|---|
//! | [`run`](Import::run) | are recorded as usual | of their records: the numbers of the first and the last |
//! | [`without_rows`](Import::without_rows) | leave no records | as the caller says: how many, and the first and the last key |
//!
//! The counts stand in the record's [`metadata`](crate::entity::audit_log::Model::metadata), under `import`:
//!
//! ```json
//! {"import": {"rows": "recorded", "created": 2, "updated": 0, "deleted": 0, "records": [17, 18]}}
//! {"import": {"rows": "unrecorded", "created": 20000, "updated": 0, "deleted": 0, "keys": ["1", "20000"]}}
//! ```
//!
//! # Rows without records
//! Nobody can tell later what such a row held before. An [undo](crate::undo) of the import is refused. The [history](crate::history) of a
//! row does not know of it: it shows what the last record left, as if nothing had happened since, and takes a row that came so for
//! older than the audit log. The next record of the row shows it: what that found otherwise than the last one left is
//! [`unrecorded`](crate::history::Version::unrecorded).
//!
//! Where a table has capture triggers, such a row still leaves a record with the action `SKIPPED` and no values, unless the triggers were
//! [installed](crate::capture) to leave none: no context of an application silences a trigger without a trace.
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
//! use audit_sea_orm::{import::{Import, ImportCount}, prelude::*};
//! use sea_orm::{ActiveModelTrait, DbErr, EntityTrait, Set};
//! # use sea_orm::{ConnectionTrait, Database, DbBackend, Schema};
//! # #[tokio::main]
//! # async fn main() -> Result<(), DbErr> {
//! # let db = Database::connect("sqlite::memory:").await?;
//! # let schema = Schema::new(DbBackend::Sqlite);
//! # db.execute(&schema.create_table_from_entity(cake::Entity)).await?;
//! # db.execute(&schema.create_table_from_entity(audit_log::Entity)).await?;
//! # db.execute_unprepared("CREATE TABLE audit_context (payload text not null)").await?;
//! # let priced = |price| cake::ActiveModel { price: Set(price), ..Default::default() };
//! let db = db.audited_as(AuditContext::new().actor("deployment").reason("price list of March"));
//! let imported = Import::of::<cake::Entity>()
//!     .run(&db, |db| Box::pin(async move {
//!         priced(450).insert(db).await?;
//!         priced(480).insert(db).await?;
//!         Ok::<_, DbErr>(())
//!     }))
//!     .await?;
//! assert_eq!((imported.count.created, imported.records), (2, Some((1, 2))));
//!
//! Import::of::<cake::Entity>()
//!     .without_rows()
//!     .run(&db, |db| Box::pin(async move {
//!         let cakes = (0..1_000).map(|_| cake::ActiveModel { price: Set(500), ..Default::default() });
//!         let created = cake::Entity::insert_many(cakes).exec_without_returning(db).await?;
//!         Ok::<_, DbErr>(ImportCount::new().created(created).keys("3", "1002"))
//!     }))
//!     .await?;
//! let actions: Vec<_> = audit_log::Entity::find().all(&db).await?.into_iter().map(|record| record.action).collect();
//! assert_eq!(actions, ["CREATE", "CREATE", "IMPORT", "IMPORT"]);
//! # Ok(())
//! # }
//! ```

mod count;

use std::pin::Pin;

use audit_core::{Action, AuditConfig};
use sea_orm::DbErr;
use serde_json::{Value as Json, json};

use crate::{
    AuditEvent, AuditTransactionExt, Audited, AuditedTransaction,
    connection::{AnyConnection, context_of},
    entity::audit_log::Model,
    event::beside,
    read::tables_of,
};

/// What an import writes.
type Work<'c, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'c>>;

/// Writes many rows of an entity, and leaves one record of them: see [`import`](crate::import).
#[derive(Clone, Debug)]
#[must_use = "an import writes nothing before `run`"]
pub struct Import {
    event: AuditEvent,
    /// The names of the table in records.
    tables: Vec<String>,
}

/// An [`Import`] whose rows leave no records of their own.
#[derive(Clone, Debug)]
#[must_use = "an import writes nothing before `run`"]
pub struct ImportWithoutRows(AuditEvent);

/// How many rows an import wrote, and which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportCount {
    /// How many it inserted.
    pub created: u64,
    /// How many it updated.
    pub updated: u64,
    /// How many it deleted.
    pub deleted: u64,
    /// The keys of the first row and the last, as [`object_id`](crate::entity::audit_log::Model::object_id) has them.
    pub keys: Option<(String, String)>,
}

/// What an import left.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imported<T> {
    /// What the work gave.
    pub value: T,
    /// How many rows have a record.
    pub count: ImportCount,
    /// The numbers of the first and the last of these records; `None` where there is none.
    pub records: Option<(i64, i64)>,
}

impl Import {
    /// Of rows of an entity. What else the work writes is recorded as usual, and not counted.
    pub fn of<E: Audited>() -> Self {
        Self {
            event: AuditEvent::new(Action::Import).on_table::<E>(),
            tables: tables_of::<E>(),
        }
    }

    /// The rows leave no records of their own: no write of the work does, whatever its table.
    pub fn without_rows(self) -> ImportWithoutRows {
        ImportWithoutRows(self.event)
    }

    /// Does the work in a transaction, a savepoint of the caller's where `db` is one, and records it as a whole. Where the work fails, or
    /// the call is dropped, nothing is left.
    ///
    /// It counts what was recorded: rows that change nothing, and those of which the configuration records nothing, are none.
    ///
    /// # Errors
    /// What the work reports, and what the database does.
    ///
    /// # Backends
    /// It counts by the id of the transaction, which has an index. On PostgreSQL that is the number of the server's transaction.
    pub async fn run<C, F, T, E>(self, db: &C, work: F) -> Result<Imported<T>, E>
    where
        C: AuditTransactionExt<Transaction = AuditedTransaction>,
        F: for<'c> FnOnce(&'c AuditedTransaction) -> Work<'c, T, E> + Send,
        T: Send,
        E: From<DbErr>,
    {
        let transaction = db.begin_write().await?;
        let before = count::last(&transaction).await?;
        let value = work(&transaction).await?;
        let (count, records) = count::since(before, &self.tables, &transaction).await?;
        let range = records.map(|(first, last)| [first, last]);
        let told = told("recorded", &count, ("records", json!(range)));
        record(self.event, told, &transaction).await?;
        transaction.commit().await?;
        Ok(Imported {
            value,
            count,
            records,
        })
    }
}

impl ImportWithoutRows {
    /// Does the work in a transaction, a savepoint of the caller's where `db` is one, and records what it says that it wrote. Where it
    /// fails, or the call is dropped, nothing is left.
    ///
    /// # Errors
    /// What the work reports, and what the database does.
    pub async fn run<C, F, E>(self, db: &C, work: F) -> Result<ImportCount, E>
    where
        C: AuditTransactionExt<Transaction = AuditedTransaction>,
        F: for<'c> FnOnce(&'c AuditedTransaction) -> Work<'c, ImportCount, E> + Send,
        E: From<DbErr>,
    {
        let transaction = db.begin_write().await?;
        let silent = AuditConfig::new().enabled(false);
        let count = silent.scope(work(&transaction)).await?;
        let keys = count.keys.as_ref().map(|(first, last)| [first, last]);
        let told = told(UNRECORDED, &count, ("keys", json!(keys)));
        record(self.0, told, &transaction).await?;
        transaction.commit().await?;
        Ok(count)
    }
}

/// The action of the record of an import.
pub(crate) const IMPORT: &str = "IMPORT";

/// What it says of rows that have none.
const UNRECORDED: &str = "unrecorded";

/// Whether a record is of an import whose rows have none.
pub(crate) fn is_without_rows(record: &Model) -> bool {
    let rows = || record.metadata.as_ref()?.pointer("/import/rows")?.as_str();
    record.action == IMPORT && rows() == Some(UNRECORDED)
}

fn told(rows: &str, count: &ImportCount, (name, range): (&str, Json)) -> Json {
    let ImportCount {
        created,
        updated,
        deleted,
        ..
    } = count;
    json!({"rows": rows, "created": created, "updated": updated, "deleted": deleted, name: range})
}

async fn record(
    event: AuditEvent,
    told: Json,
    transaction: &AuditedTransaction,
) -> Result<(), DbErr> {
    let context = context_of(&AnyConnection::of(transaction));
    let metadata = beside(context.metadata.clone(), "import", told);
    event.metadata(metadata).record(transaction).await
}

impl ImportCount {
    /// Nothing, yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says how many rows were inserted.
    #[must_use]
    pub fn created(mut self, rows: u64) -> Self {
        self.created = rows;
        self
    }

    /// Says how many rows were updated.
    #[must_use]
    pub fn updated(mut self, rows: u64) -> Self {
        self.updated = rows;
        self
    }

    /// Says how many rows were deleted.
    #[must_use]
    pub fn deleted(mut self, rows: u64) -> Self {
        self.deleted = rows;
        self
    }

    /// Says which rows: the keys of the first and the last.
    #[must_use]
    pub fn keys(mut self, first: impl Into<String>, last: impl Into<String>) -> Self {
        self.keys = Some((first.into(), last.into()));
        self
    }
}
