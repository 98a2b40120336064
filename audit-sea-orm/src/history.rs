//! The past of one object: its versions, and how it was at a time.
//!
//! [`History`] asks, each [`Version`] has the record of who did what and the object as that record left it, a [`Snapshot`].
//!
//! # What is known
//! A record of a creation or a deletion has the whole row, one of an update the columns that changed. So the value of a column
//! after a record is:
//!
//! 1. the one that the last record up to there left, since the object was created;
//! 2. else the one that the next record found;
//! 3. else that of the present row, which no record changed since.
//!
//! So an object that is older than its audit log is known back to its first record, and a column that was added later has the
//! value that its first record found. What nobody can know is an [`Unknown`] of the column, never a guess: see its variants.
//!
//! Records can be made to fit each other, or not: where one found other values than the one before it left, something changed the
//! object without a record. [`Version::unrecorded`] tells.
//!
//! # Names and keys
//! Records from before a [rename](crate::renames) are part of the history. An object is its key: triggers record a changed key as
//! a deletion of the one object and the creation of the other.
//!
//! # Time
//! The order of the versions is that of the records' numbers. See [`TrailQuery`](crate::TrailQuery#order) for what that means
//! where clocks differ.
//!
//! # Memory
//! Records are read a hundred at a time, and no version is kept but by [`History::versions`], which returns them all:
//! [`History::walk`] goes through a history of any length.
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
//! use audit_sea_orm::prelude::*;
//! use sea_orm::{ActiveModelTrait, IntoActiveModel, ModelTrait, Set};
//! # use sea_orm::{ConnectionTrait, Database, DbBackend, Schema};
//! # #[tokio::main]
//! # async fn main() -> Result<(), sea_orm::DbErr> {
//! # let db = Database::connect("sqlite::memory:").await?;
//! # let schema = Schema::new(DbBackend::Sqlite);
//! # db.execute(&schema.create_table_from_entity(cake::Entity)).await?;
//! # db.execute(&schema.create_table_from_entity(audit_log::Entity)).await?;
//! let cake = cake::ActiveModel { name: Set("Sachertorte".to_owned()), price: Set(450), ..Default::default() };
//! let cake = cake.audited_insert(&db).await?;
//! let mut edit = cake.clone().into_active_model();
//! edit.price = Set(480);
//! let edited = edit.audited_update(&db).await?;
//! edited.audited_delete(&db).await?;
//!
//! let history = History::<cake::Entity>::find(cake.id);
//! let versions = history.versions(&db).await?;
//! let [created, changed, deleted] = versions.as_slice() else { panic!("three versions") };
//! let changed = changed.snapshot.as_ref().expect("it was there");
//! assert_eq!(changed.model()?.price, 480);
//! assert!(deleted.snapshot.is_none());
//!
//! // Bring it back, as it was last.
//! let back = changed.active_model().audited_insert(&db).await?;
//! assert_eq!(back.price, 480);
//! assert_eq!(history.at(created.record.occurred_at, &db).await?.map(|cake| cake.is_complete()), Some(true));
//! # Ok(())
//! # }
//! ```

mod as_of;
mod column;
mod present;
mod query;
pub(crate) mod reader;
pub(crate) mod rebuild;
mod snapshot;
pub(crate) mod state;
pub(crate) mod subject;
pub(crate) mod values;
mod version;
mod versions;
pub(crate) mod walk;

pub use crate::record::unknown::{Unknown, UnknownColumns};
pub use as_of::{AsOf, Snapshots};
pub use column::ColumnChange;
pub use query::History;
pub use snapshot::{Difference, Snapshot};
pub use version::Version;
pub use versions::Versions;
