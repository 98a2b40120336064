//! The four hooks that record what an entity's active models do.
//!
//! [`derive@Audited`](crate::Audited) calls them. An entity with hooks of its own says
//! `#[audited(manual_hooks)]`, or implements [`Audited`] by hand, and calls them itself: [`before_save`] and
//! [`before_delete`] last in its own hooks, so that they see what is really written, and [`after_save`] and
//! [`after_delete`] first. The attribute [`audited_hooks`](crate::audited_hooks) does that for an `impl
//! ActiveModelBehavior`, as for the models that loco generates.
//!
//! ```
//! mod cake {
//!     use audit_sea_orm::hooks;
//!     use sea_orm::{ConnectionTrait, Set, entity::prelude::*};
//!
//!     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
//!     #[sea_orm(table_name = "cake")]
//!     #[audited(manual_hooks)]
//!     pub struct Model {
//!         #[sea_orm(primary_key)]
//!         pub id: i32,
//!         pub name: String,
//!     }
//!
//!     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
//!     pub enum Relation {}
//!
//!     #[async_trait::async_trait]
//!     impl ActiveModelBehavior for ActiveModel {
//!         async fn before_save<C: ConnectionTrait>(mut self, db: &C, insert: bool) -> Result<Self, DbErr> {
//!             if let Some(name) = self.name.take() {
//!                 self.name = Set(name.trim().to_owned());
//!             }
//!             hooks::before_save(self, db, insert).await
//!         }
//!
//!         async fn after_save<C: ConnectionTrait>(cake: Model, db: &C, insert: bool) -> Result<Model, DbErr> {
//!             hooks::after_save::<Self, C>(cake, db, insert).await
//!         }
//!
//!         async fn before_delete<C: ConnectionTrait>(self, db: &C) -> Result<Self, DbErr> {
//!             hooks::before_delete(self, db).await
//!         }
//!
//!         async fn after_delete<C: ConnectionTrait>(self, db: &C) -> Result<Self, DbErr> {
//!             hooks::after_delete(self, db).await
//!         }
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! # What it costs
//! Beside what SeaORM sends: one statement for an insert (the record), two for an update or a delete (the
//! row before, locked in a transaction, and the record). None for an update that sets nothing.
//!
//! # What they do not see
//! SeaORM calls hooks for `insert`, `update`, `save` and `delete` of an active model or model, and nothing
//! else: not for `insert_many`, `update_many`, `delete_many`, `Entity::insert`, upserts, raw SQL or cascades.
//! `update_without_returning` calls `before_save` only, so that it is not recorded either.
//!
//! An [`after_save`] that comes without its [`before_save`] (seaography calls it so) is recorded with the new values
//! alone: who reads it sees that the old ones are not known. So is an update whose key a trigger changed, and one
//! whose old values were removed from memory, of which writes that wait may hold 256 MB in all; of a delete the record then
//! has the key alone.
//!
//! # Deletes that hit nothing
//! A `BEFORE DELETE` trigger may keep the row (`RETURN NULL` on PostgreSQL, `RAISE(IGNORE)` on SQLite), or mark it as gone; a
//! rule may stand in the place of a delete, and a policy of row security let a row be seen and not deleted. The delete then
//! reports success and 0 rows, and SeaORM tells a hook neither. In a transaction, with
//! [`audited_delete`](crate::AuditActiveModelExt::audited_delete), and through an [audited
//! connection](crate::AuditedConnection), such a delete leaves no record, for no statement more: PostgreSQL's own count of the
//! transaction's deletes, SQLite's `changes()`, or the answer itself tell. What a trigger changes in the place of a delete is
//! its own, and not recorded.
//!
//! Where nobody can tell, the row that was found is recorded, as a record too many is better than one too few: by a plain
//! `delete` on a bare pool or through a wrapper of the application's own; on PostgreSQL also, but for audited connections, of
//! tables with partitions or heirs, of views, and where `track_counts` is off. On MySQL and MariaDB nothing but an error keeps
//! a row.
//!
//! # Rows that cannot be read
//! A row that the entity's model cannot hold is deleted and updated as without auditing. Its record has the columns
//! that can be read, and the database's text of the others: `{"$unreadable": "infinity"}`.
//!
//! # Tests with a mock
//! On a connection that says that it is a mock (SeaORM's `MockDatabase`) hooks record nothing and send nothing, so a
//! test appends the results that it would append without auditing. SeaORM's transactions do not say what they
//! are: where a test of yours begins one on a mock, put it in
//! `AuditConfig::new().enabled(false).scope(…)`, or append a row for each read and a result for each record. To test
//! what is recorded, use `sqlite::memory:` and the migrations.
//!
//! # Restricted connections
//! With SeaORM's RBAC a role needs `insert` on `audit_log`, and `select` on the tables that it updates and deletes
//! from; through an [`AuditedConnection`](crate::AuditedConnection) on SQLite, also `insert` and `delete` on
//! `audit_context`. What is missing is refused with [`Error::Permission`], on a restricted connection before the change
//! is made: that costs one statement more. A role with `insert` on `audit_log` can also write records of its own.
//!
//! # Backends
//! In a transaction the row stays locked from the read to the end: `FOR NO KEY UPDATE` (an update) or `FOR
//! UPDATE` (a delete) on PostgreSQL, `FOR UPDATE` on MySQL and MariaDB, the database's write lock on SQLite, which costs one
//! statement more in a transaction of the application's.
//! On a bare pool nothing can be locked: another writer may come between the read and the write, and a crash
//! between the write and the record. On MySQL and MariaDB, which do not return the row they wrote, SeaORM reads
//! it back in a statement of its own, so that there another writer may come after the write too.
//! [`audited_update`](crate::AuditActiveModelExt) has none of these gaps.
//!
//! MySQL and MariaDB refuse a statement longer than the server's `max_allowed_packet`, by default 64 MB and 16 MB. The
//! record of an update holds a changed value twice, as JSON: where values of megabytes change, set it to more than
//! twice the length of the longest row, bytes counted double. Else the write fails as a whole.
//!
//! PostgreSQL locks no row that is not there (the others do, but for MySQL and MariaDB in `READ COMMITTED`). A write of
//! one that another transaction inserts between the read that found none and the write reports that, and succeeds
//! when tried again.
//!
//! PostgreSQL also locks no row for a role without the right to update it, be that `UPDATE` or a policy of row
//! security. Before a delete the row is then read without a lock. Another transaction may still
//! change the row in between; in `REPEATABLE READ` it cannot. Whether a role may lock is asked before the first
//! delete of an entity, and remembered for the process while it may: where roles differ, one delete may fail first.

mod active_model;
mod before_image;
mod entity;
mod pending;
mod recording;

use audit_core::Action;
use sea_orm::{ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait};

#[cfg(doc)]
use crate::Error;
use crate::{Audited, connection::AnyConnection};

pub use active_model::{AuditActiveModelExt, AuditModelExt};
use entity::{State, Write, key_of};
pub use pending::{WaitingWrites, waiting_writes};
use recording::Recording;

/// Call this last in `ActiveModelBehavior::before_save`.
///
/// # Errors
/// Where the row's state cannot be read or a required transaction is missing; see [`Error`].
pub async fn before_save<A, C>(active_model: A, db: &C, insert: bool) -> Result<A, DbErr>
where
    A: ActiveModelTrait + Send + Sync,
    A::Entity: Audited,
    C: ConnectionTrait,
{
    let db = AnyConnection::of(db);
    if let Some(recording) = Recording::of::<A::Entity>(&db, saved(insert))? {
        let update = (!insert).then(|| Write::update(&active_model));
        recording.before_save(update, &db).await?;
    }
    Ok(active_model)
}

/// Call this first in `ActiveModelBehavior::after_save`.
///
/// # Errors
/// Where the record cannot be written; see [`Error`].
pub async fn after_save<A, C>(
    model: <A::Entity as EntityTrait>::Model,
    db: &C,
    insert: bool,
) -> Result<<A::Entity as EntityTrait>::Model, DbErr>
where
    A: ActiveModelTrait,
    A::Entity: Audited,
    <A::Entity as EntityTrait>::Model: Sync,
    C: ConnectionTrait,
{
    let db = AnyConnection::of(db);
    if let Some(recording) = Recording::of::<A::Entity>(&db, saved(insert))? {
        let after = State::of::<A::Entity>(&model, false);
        let repr = || A::Entity::object_repr(&model);
        let record = recording.saved(&after, &repr, insert, &db);
        recording.write(&db, record).await?;
    }
    Ok(model)
}

/// Call this last in `ActiveModelBehavior::before_delete`.
///
/// # Errors
/// Where the row's state cannot be read or a required transaction is missing; see [`Error`].
pub async fn before_delete<A, C>(active_model: A, db: &C) -> Result<A, DbErr>
where
    A: ActiveModelTrait + Send + Sync,
    A::Entity: Audited,
    <A::Entity as EntityTrait>::Model: Sync,
    C: ConnectionTrait,
{
    let db = AnyConnection::of(db);
    if let Some(recording) = Recording::of::<A::Entity>(&db, Action::Delete)? {
        recording.before_delete(key_of(&active_model), &db).await?;
    }
    Ok(active_model)
}

/// Call this first in `ActiveModelBehavior::after_delete`.
///
/// # Errors
/// Where the record cannot be written; see [`Error`].
pub async fn after_delete<A, C>(active_model: A, db: &C) -> Result<A, DbErr>
where
    A: ActiveModelTrait + Send + Sync,
    A::Entity: Audited,
    C: ConnectionTrait,
{
    let db = AnyConnection::of(db);
    if let Some(recording) = Recording::of::<A::Entity>(&db, Action::Delete)? {
        recording.write_deleted(key_of(&active_model), &db).await?;
    }
    Ok(active_model)
}

fn saved(insert: bool) -> Action {
    if insert {
        Action::Create
    } else {
        Action::Update
    }
}
