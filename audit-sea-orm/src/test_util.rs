//! For the tests of an application: what a block of code left in the audit log, and failures that a person can read.
//!
//! Behind the feature `test-util`, which belongs into `[dev-dependencies]`:
//!
//! ```toml
//! [dev-dependencies]
//! audit-sea-orm = { version = "0.1", features = ["test-util"] }
//! ```
//!
//! Each test needs a database of its own, or none that others write to meanwhile: `sqlite::memory:` with the migrations, or a schema
//! for each test.
//!
//! # Example
//! ```
//! # mod cake {
//! #     use sea_orm::entity::prelude::*;
//! #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
//! #     #[sea_orm(table_name = "cake")]
//! #     pub struct Model { #[sea_orm(primary_key)] pub id: i32, pub name: String, pub price: i32 }
//! #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
//! #     pub enum Relation {}
//! # }
//! use audit_sea_orm::{prelude::*, test_util::{AuditTest, ExpectedRecord}};
//! use sea_orm::{ActiveModelTrait, IntoActiveModel, Set};
//! # use sea_orm::{ConnectionTrait, Database, DbBackend, Schema};
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let db = Database::connect("sqlite::memory:").await?;
//! # let schema = Schema::new(DbBackend::Sqlite);
//! # db.execute(&schema.create_table_from_entity(cake::Entity)).await?;
//! # db.execute(&schema.create_table_from_entity(audit_log::Entity)).await?;
//! # let new = cake::ActiveModel { name: Set("Sachertorte".to_owned()), price: Set(450), ..Default::default() };
//! # let cake = new.insert(&db).await?;
//! let test = AuditTest::new().actor("ada").time("2026-12-01T12:00:00Z".parse()?);
//! let left = test.run(&db, async {
//!     let mut edit = cake.into_active_model();
//!     edit.price = Set(480);
//!     edit.update(&db).await
//! }).await?;
//! let raised = left.outcome?;
//!
//! left.records.assert_are([
//!     ExpectedRecord::update::<cake::Entity>(raised.id).change(cake::Column::Price, 450, 480).actor("ada"),
//! ]);
//! assert_eq!(left.records.as_slice()[0].occurred_at.to_rfc3339(), "2026-12-01T12:00:00+00:00");
//! # Ok(())
//! # }
//! ```

mod expected;
mod line;
mod records;

use audit_core::{Actor, AuditContext};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, prelude::DateTimeUtc};

use crate::{TrailQuery, clock, entity::audit_log};
pub use expected::ExpectedRecord;
pub use records::LeftRecords;

/// Runs a block of code, and tells what it left in the audit log: see [`test_util`](crate::test_util).
#[derive(Clone, Debug, Default)]
#[must_use = "a test runs nothing before `run`"]
pub struct AuditTest {
    context: AuditContext,
    time: Option<DateTimeUtc>,
}

/// What a block of code came to, and what it left: see [`AuditTest::run`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Left<T> {
    /// What the block returned.
    pub outcome: T,
    /// The records that it left, in their order.
    pub records: LeftRecords,
}

impl AuditTest {
    /// One without an actor, by the clock of the machine.
    pub fn new() -> Self {
        Self::default()
    }

    /// Who acts in the block.
    pub fn actor(mut self, actor: impl Into<Actor>) -> Self {
        self.context = self.context.actor(actor);
        self
    }

    /// The whole context of the block, instead of an actor alone.
    pub fn context(mut self, context: AuditContext) -> Self {
        self.context = context;
        self
    }

    /// The time of what the block records, to the microsecond.
    ///
    /// Hooks and events have it. Triggers take the clock of the database, which nobody can set.
    pub fn time(mut self, time: DateTimeUtc) -> Self {
        self.time = Some(time);
        self
    }

    /// Runs the block, and reads what it left: the records that were not there before, whoever wrote them.
    ///
    /// What the block spawns has neither its context nor its time, as in the application:
    /// [`task::spawn`](crate::task::spawn) takes the context along.
    ///
    /// # Errors
    /// What the database reports where the records are read.
    pub async fn run<F: Future, C: ConnectionTrait>(
        self,
        db: &C,
        block: F,
    ) -> Result<Left<F::Output>, DbErr> {
        let last = audit_log::Entity::find().newest_first().page(db, 1).await?;
        let last = last.rows.first().map_or(0, |record| record.id);
        let outcome = clock::fixed(self.time, self.context.scope(block)).await;
        let left = audit_log::Entity::find().newer_than(last.into());
        Ok(Left {
            outcome,
            records: LeftRecords::new(left.oldest_first().all(db).await?),
        })
    }
}
