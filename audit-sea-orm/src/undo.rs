//! What a request, a transaction or an actor wrote, turned back.
//!
//! An [`UndoPlan`] shows what is to be written, in which order, and every conflict. [`UndoPlan::run`] writes it in one
//! transaction, or refuses it. One object alone is turned back by [`History::revert_to`](crate::History::revert_to) and
//! [`undelete`](crate::History::undelete).
//!
//! # What is written
//! Each object that was written gets one write at most, which gives it what it was before. A row is inserted before those that
//! refer to it and deleted after them, by the relations that the entities declare; beside that, what was done last is undone
//! first. The writes go through the entities as the application's own do, with their hooks, and each has its record. So an undo
//! can be undone, by the [transaction](Undone::transaction_id) of it.
//!
//! # What is refused
//! What would not give the exact earlier state, is a [conflict](UndoConflict):
//!
//! - somebody else changed the object since, with a record or without one. Changes of columns that are declared
//!   [noise](UndoQuery::noise) do not count;
//! - the key of a deleted object, or a unique value, is taken by now;
//! - a row that stays refers to one that would go, or one that comes back refers to a row that is gone;
//! - what it was is not known: a masked or skipped column of a deleted row, a change without its old values, a change that
//!   was [silenced](UndoConflict::Silenced), a table that was emptied as a whole, an import [without records](UndoConflict::NotRecorded)
//!   of its rows;
//! - the program has no audited entity of the table.
//!
//! The relations count that `Relation` lists, and the unique columns that the entities declare. What the database alone knows, such
//! as a check, it refuses itself, and nothing is written.
//!
//! # Backends
//! On MariaDB and MySQL a statement that reads `audit_log` cannot write a table whose triggers write to it: error 1442, *Can't
//! update table 'audit_log' in stored function/trigger*. So `UPDATE cake JOIN audit_log …`, written by hand, is refused there. An undo
//! reads first and writes each row by a statement of its own.
//!
//! MariaDB and MySQL fire no triggers for what a foreign key cascades. What went that way has no record, so no undo brings it back.
//!
//! # Example
//! ```standalone_crate
//! # mod cake {
//! #     use sea_orm::entity::prelude::*;
//! #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
//! #     #[sea_orm(table_name = "cake")]
//! #     pub struct Model { #[sea_orm(primary_key)] pub id: i32, pub price: i32 }
//! #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
//! #     pub enum Relation {}
//! # }
//! # use sea_orm::{ActiveModelTrait, ConnectionTrait, Database, DbBackend, EntityTrait, IntoActiveModel, Schema, Set};
//! use audit_sea_orm::{prelude::*, undo::UndoPlan};
//! # #[tokio::main]
//! # async fn main() -> Result<(), sea_orm::DbErr> {
//! # let db = Database::connect("sqlite::memory:").await?;
//! # let schema = Schema::new(DbBackend::Sqlite);
//! # db.execute(&schema.create_table_from_entity(cake::Entity)).await?;
//! # db.execute(&schema.create_table_from_entity(audit_log::Entity)).await?;
//! # db.execute_unprepared("CREATE TABLE audit_context (payload text not null)").await?;
//! let db = db.audited();
//! let cake = cake::ActiveModel { price: Set(450), ..Default::default() }.insert(&db).await?;
//! let request = AuditContext::new().actor("ada").request_id("req-7");
//! request.scope(async {
//!     let mut edit = cake.clone().into_active_model();
//!     edit.price = Set(4800);
//!     edit.update(&db).await
//! }).await?;
//!
//! let plan = UndoPlan::for_request("req-7").noise("updated_at").plan(&db).await?;
//! assert_eq!(plan.to_string(), "undo of request req-7: 1 write\n1. UPDATE cake 1: price 4800 -> 450\n");
//! let undone = plan.run("a typing error", &db).await?;
//! assert_eq!(undone.rows, 1);
//! assert_eq!(cake::Entity::find_by_id(1).one(&db).await?, Some(cake));
//! # Ok(())
//! # }
//! ```

mod build;
mod deed;
mod judge;
mod one;
mod order;
mod plan;
mod references;
mod rows;
mod selection;
mod step;

pub use crate::any_entity::UndoableEntity;
pub use crate::error::undo_conflict::{UndoConflict, UndoConflicts, UndoneObject};
pub use plan::{UndoPlan, UndoQuery, Undone};
pub use step::{UndoAction, UndoStep};
