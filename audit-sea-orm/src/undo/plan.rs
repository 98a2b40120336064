//! Shows an undo, and runs it.

use std::fmt;

use audit_core::AuditContext;
use sea_orm::{
    DbBackend, DbErr, IsolationLevel, TransactionOptions, TransactionTrait, prelude::DateTimeUtc,
};
use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::{
    build::{self, Built},
    rows::entity_of,
    selection::{Origin, Selection},
    step::UndoStep,
};
use crate::{
    AuditConnectionExt, AuditedConnection, AuditedTransaction, Error, TrailQuery,
    connection::own_transaction,
    entity::audit_log,
    error::undo_conflict::{UndoConflict, UndoConflicts},
    event::beside,
};

/// What is to be undone: made by [`UndoPlan`], which shows an example.
#[derive(Clone, Debug)]
#[must_use = "it asks nothing until `plan` is called"]
pub struct UndoQuery(Selection);

impl UndoQuery {
    /// Names a column in which a change since is no conflict, such as `updated_at`: in every table, by its present name.
    ///
    /// A column that somebody changed since keeps what it has; one that nobody did is turned back as any other.
    pub fn noise(mut self, column: impl Into<String>) -> Self {
        self.0.noise.insert(column.into());
        self
    }

    /// Makes the plan, and changes nothing. It holds all records and rows of the undo in memory.
    ///
    /// # Errors
    /// What the database reports. What stands in the way of the undo is part of the plan: see [`UndoPlan::conflicts`].
    pub async fn plan(self, db: &AuditedConnection) -> Result<UndoPlan, DbErr> {
        let db = db.clone();
        own_transaction::to_its_end(|_| async move {
            let transaction = db.begin().await?;
            let built = build::build(&self.0, false, &transaction).await;
            transaction.rollback().await?;
            let Built { steps, conflicts } = built?;
            Ok(UndoPlan {
                selection: self.0,
                steps,
                conflicts,
            })
        })
        .await
    }
}

/// What an undo writes, in its order, and what stands in its way. See [`undo`](crate::undo) for an example.
#[derive(Clone, Debug)]
pub struct UndoPlan {
    selection: Selection,
    steps: Vec<UndoStep>,
    conflicts: Vec<UndoConflict>,
}

/// An undo that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Undone {
    /// How many rows were written.
    pub rows: usize,
    /// The transaction of it, by which it can be undone in turn: see [`UndoPlan::for_transaction`]. `None` where nothing was
    /// written, or the configuration leaves its records out.
    pub transaction_id: Option<String>,
}

impl UndoPlan {
    /// Undoes what one request wrote.
    pub fn for_request(request_id: impl Into<String>) -> UndoQuery {
        UndoQuery(Selection::of(Origin::Request(request_id.into())))
    }

    /// Undoes what one transaction wrote, by the [`transaction_id`](audit_log::Model::transaction_id) of its records.
    ///
    /// # Backends
    /// Which transactions have an id: see [`RecordQuery::of_transaction`](crate::RecordQuery::of_transaction).
    pub fn for_transaction(transaction_id: impl Into<String>) -> UndoQuery {
        UndoQuery(Selection::of(Origin::Transaction(transaction_id.into())))
    }

    /// Undoes what one actor wrote from a time on and before another.
    pub fn for_actor(
        actor_id: impl fmt::Display,
        from: DateTimeUtc,
        until: DateTimeUtc,
    ) -> UndoQuery {
        let id = actor_id.to_string();
        UndoQuery(Selection::of(Origin::Actor { id, from, until }))
    }

    /// The writes, in their order; each object has one at most.
    #[must_use]
    pub fn steps(&self) -> &[UndoStep] {
        &self.steps
    }

    /// What stands in the way. An undo with conflicts is refused.
    #[must_use]
    pub fn conflicts(&self) -> &[UndoConflict] {
        &self.conflicts
    }

    /// Whether it can be run.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        self.conflicts.is_empty()
    }

    /// Runs the plan in one transaction, and records each write with this reason, and with what it undoes in its
    /// [`metadata`](audit_log::Model::metadata): `{"undo": {"request": "…"}}`. A record has the tenant of those that its write undoes, unless
    /// the context names one.
    ///
    /// The rows are locked, and the plan is made once more before anything is written: what changed since it was shown is a
    /// conflict. So it gives the exact earlier state, or writes nothing.
    ///
    /// Who does it is the actor of the connection's context, or of the current one. A call that is dropped leaves the whole or
    /// nothing: what nobody waits for any more is rolled back in a task.
    ///
    /// # Errors
    /// [`Error::Undo`] with everything that stands in the way, and what the database reports. Nothing is written then.
    ///
    /// # Backends
    /// In the isolation level `READ COMMITTED` on PostgreSQL, MariaDB and MySQL. On SQLite other writers wait.
    pub async fn run(
        &self,
        reason: impl Into<String>,
        db: &AuditedConnection,
    ) -> Result<Undone, DbErr> {
        self.refuse(&self.conflicts)?;
        let db = db.audited_as(self.context(reason.into()));
        let plan = self.clone();
        own_transaction::to_its_end(|wanted| async move {
            let transaction = db.begin_with_options(to_undo(&db)).await?;
            let done = wanted.still(plan.write(&transaction).await);
            own_transaction::end(transaction, done, |error| error).await
        })
        .await
    }

    async fn write(&self, transaction: &AuditedTransaction) -> Result<Undone, DbErr> {
        let Built { steps, conflicts } = build::build(&self.selection, true, transaction).await?;
        self.refuse(&conflicts)?;
        let (now, shown) = (steps.iter(), self.steps.iter());
        if now.map(UndoStep::written).ne(shown.map(UndoStep::written)) {
            self.refuse(&[UndoConflict::Outdated])?;
        }
        for step in &steps {
            let columns = step.columns();
            let write = entity_of(step).write(&step.key, step.write(&columns), transaction);
            // The tenant sees that it was turned back, unless the connection names another.
            match &step.tenant {
                Some(tenant) => {
                    let context = AuditContext::current().tenant_id(tenant);
                    context.scope(write).await?;
                }
                None => write.await?,
            }
        }
        Ok(Undone {
            rows: steps.len(),
            transaction_id: self.transaction_id(transaction).await?,
        })
    }

    /// The transaction of the records that were just written: that of the last step has it.
    async fn transaction_id(&self, db: &AuditedTransaction) -> Result<Option<String>, DbErr> {
        let Some(last) = self.steps.last() else {
            return Ok(None);
        };
        let object = last.object();
        let records = audit_log::Entity::for_key(&object.table, &object.id);
        let record = records.newest_first().page(db, 1).await?.rows.pop();
        // Where the configuration leaves the undo out, that is the record of somebody else.
        let origin = self.selection.origin.to_json();
        let record = record.filter(|record| {
            let metadata = record.metadata.as_ref();
            metadata.is_some_and(|metadata| metadata["undo"] == origin)
        });
        Ok(record.and_then(|record| record.transaction_id))
    }

    fn refuse(&self, conflicts: &[UndoConflict]) -> Result<(), Error> {
        if conflicts.is_empty() {
            return Ok(());
        }
        Err(Error::Undo {
            origin: self.selection.origin.to_string(),
            conflicts: UndoConflicts::new(conflicts.to_vec()),
        })
    }

    /// The reason, and a link to what is undone, beside the metadata of the present context.
    fn context(&self, reason: String) -> AuditContext {
        let origin = self.selection.origin.to_json();
        let metadata = beside(AuditContext::current().metadata, "undo", origin);
        AuditContext::new().reason(reason).metadata(metadata)
    }
}

/// An object of `undo`, which is what the records of it will name, of `steps` and of `conflicts`. Each conflict has its `kind`, its
/// `text`, and what belongs to it.
impl Serialize for UndoPlan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let conflicts = self.conflicts.iter().map(|conflict| TextConflict {
            text: conflict.to_string(),
            conflict,
        });
        let mut plan = serializer.serialize_struct("UndoPlan", 3)?;
        plan.serialize_field("undo", &self.selection.origin.to_json())?;
        plan.serialize_field("steps", &self.steps)?;
        plan.serialize_field("conflicts", &conflicts.collect::<Vec<_>>())?;
        plan.end()
    }
}

#[derive(Serialize)]
struct TextConflict<'a> {
    text: String,
    #[serde(flatten)]
    conflict: &'a UndoConflict,
}

/// A list of the steps, and one of the conflicts.
impl fmt::Display for UndoPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "undo of {}: {}",
            self.selection.origin,
            counted(self.steps.len(), "write")
        )?;
        for (number, step) in self.steps.iter().enumerate() {
            writeln!(f, "{}. {step}", number + 1)?;
        }
        if !self.conflicts.is_empty() {
            writeln!(
                f,
                "{}, so it cannot be run:",
                counted(self.conflicts.len(), "conflict")
            )?;
        }
        for conflict in &self.conflicts {
            writeln!(f, "- {conflict}")?;
        }
        Ok(())
    }
}

fn counted(number: usize, name: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {name}{plural}")
}

/// What is written after the rows are locked must be seen, and on SQLite nobody else may write at all.
fn to_undo(db: &AuditedConnection) -> TransactionOptions {
    let isolation = match db.get_database_backend() {
        DbBackend::Sqlite => None,
        _ => Some(IsolationLevel::ReadCommitted),
    };
    TransactionOptions {
        isolation_level: isolation,
        ..own_transaction::to_write()
    }
}
