//! An audit trail for SeaORM 2.0: who changed which row from what to what, when, from where and why.
//!
//! Put [`#[derive(Audited)]`](derive@Audited) on an entity, run the migrations of `audit-migration`, and every
//! insert, update and delete of its active models writes a record of it, with the values before and after. One
//! table serves every entity and any key, and is read with ordinary SeaORM queries. Around it stand
//! [logins](LoginAttempt), [exports](DataExport), [system events](SystemEvent) and events of the
//! application's [own](AuditEvent).
//!
//! # What is recorded, and what is not
//! - **Is**: `insert`, `update`, `save` and `delete` of an active model or model, nested saves too. In a
//!   transaction the record commits or rolls back with the change; see [`hooks`] for what it costs.
//! - **Is not**: `insert_many`, `update_many`, `delete_many`, `Entity::insert`, upserts,
//!   `update_without_returning`, raw SQL, cascades, and what another program writes. SeaORM runs no hooks for
//!   them. [Capture triggers](capture) see the rows that statements change, whoever sends them: [`coverage`] tells what even
//!   they do not see, and which tier when. An [`AuditedConnection`] tells triggers who and why, and so do the plain ones of a pool
//!   whose options [propagate](AuditConnectOptionsExt) the context.
//! - **Never**: a [masked](MASK) or skipped value, the trail's own tables, what runs
//!   [unaudited](AuditContext::unaudited), what a migration writes that `audit_migration::unaudited` marks, and what
//!   goes to a mock connection.
//!
//! # Example
//! ```
//! mod cake {
//!     use sea_orm::entity::prelude::*;
//!
//!     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
//!     #[sea_orm(table_name = "cake")]
//!     pub struct Model {
//!         #[sea_orm(primary_key)]
//!         pub id: i32,
//!         pub name: String,
//!         pub price: i32,
//!         #[audited(mask)]
//!         pub secret_recipe: String,
//!     }
//!
//!     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
//!     pub enum Relation {}
//! }
//!
//! use audit_sea_orm::prelude::*;
//! use sea_orm::{ConnectionTrait, Database, IntoActiveModel, Schema, Set};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), sea_orm::DbErr> {
//!     let db = Database::connect("sqlite::memory:").await?;
//! #   // An application runs the migrations of `audit-migration`, which depends on this crate.
//! #   let schema = Schema::new(db.get_database_backend());
//! #   db.execute(&schema.create_table_from_entity(cake::Entity)).await?;
//! #   db.execute(&schema.create_table_from_entity(audit_log::Entity)).await?;
//!     let ada = AuditContext::new().actor(Actor::new(42).with_name("Ada"));
//!     let cake = ada
//!         .scope(async {
//!             let cake = cake::ActiveModel {
//!                 name: Set("Sachertorte".to_owned()),
//!                 price: Set(450),
//!                 secret_recipe: Set("apricots".to_owned()),
//!                 ..Default::default()
//!             };
//!             let mut cake = cake.audited_insert(&db).await?.into_active_model();
//!             cake.price = Set(480);
//!             cake.audited_update(&db).await
//!         })
//!         .await?;
//!
//!     let history = audit_log::Entity::for_object(&cake).newest_first().all(&db).await?;
//!     assert_eq!(history[0].action, "UPDATE");
//!     assert_eq!(history[0].actor_name.as_deref(), Some("Ada"));
//!     let changes = history[0].changes();
//!     assert_eq!(changes.get("price").unwrap().old, Some(450.into()));
//!     assert_eq!(history[1].new_values.as_ref().unwrap()["secret_recipe"], "***");
//!     Ok(())
//! }
//! ```
//!
//! # How it fits together
//! A write calls [`hooks`], which read the row before it, [`encode`](encoding) what differs and insert one row
//! of [`entity::audit_log`]. Who, from where and why come from the current [`AuditContext`]; what to leave out
//! and what to do on failure from the [`AuditConfig`] in force, by default from the environment
//! (`AUDIT_SKIP_MODELS`, `AUDIT_SKIP_ACTIONS`, `AUDIT_REQUIRE_TRANSACTION`, `AUDIT_ON_FAILURE`, `AUDIT_ENABLED`).
//!
//! Write in transactions, with [`audited_insert`](AuditActiveModelExt::audited_insert) and its sisters or
//! one of your own from [`begin_write`](AuditTransactionExt::begin_write): on a bare pool SeaORM gives a hook no way to
//! join a change and its record. [`AuditConfig::require_transaction`] makes the rule binding.
//!
//! Triggers learn who acts from the connection. Two ways leave nothing to remember: let the application's state hold an
//! [`AuditedConnection`] and no plain pool (the README has a state for axum), or connect with options that
//! [propagate](AuditConnectOptionsExt) the context, and let the types be as they are. Where a task or a callback runs apart from
//! its request, [`task::spawn`], [`task::carry`] and [`task::carry_into`] take the context along.
//!
//! # Crate features
//! Turn on the types that the application turns on in `sea-orm`; a value of any other is an error that says so.
//!
//! - `with-rust_decimal`, `with-time`, `with-uuid`: on by default, as in `sea-orm`.
//! - `with-bigdecimal`, `with-ipnetwork`, `with-mac_address`, `postgres-array`, `postgres-vector`.
//! - `rbac`: audited writes through SeaORM's restricted connections.
//! - `stream`: streams through an [`AuditedConnection`].
//! - `sqlx-sqlite`, `sqlx-postgres`, `sqlx-mysql`: forwarded to `sea-orm`, which this crate otherwise leaves
//!   without driver, runtime and TLS. [`AuditConnectOptionsExt`] needs that of the driver.
//! - `test-util`: helpers for the tests of an application.
//!
//! # Database support
//! SQLite 3.38 and later (hooks alone: 3.35), PostgreSQL 13 and later, MySQL 8 and MariaDB 10.6 and later, with one behaviour. What
//! differs stands under *Backends* at the item: see [`hooks`], [`entity`] and [`encoding`].
//!
//! sqlx 0.9.0 has a fault that this crate guards its own transactions against: a `BEGIN` that is cancelled can
//! leave a connection inside a transaction, and lose later writes. [`AuditTransactionExt`] tells more; for transactions
//! that the application begins itself, use it, or have the pool send `ROLLBACK` when a connection is acquired.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc = include_str!("docs/backups.md")]
pub mod backups {}

#[doc = include_str!("docs/checks.md")]
pub mod checks {}

#[doc = include_str!("docs/coverage.md")]
pub mod coverage {}

#[doc = include_str!("docs/migrations.md")]
pub mod migrations {}

#[doc = include_str!("docs/threats.md")]
pub mod threats {}

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod any_entity;
mod any_object;
mod any_table;
mod audited;
pub mod baseline;
pub mod capture;
mod clock;
mod connection;
pub mod doctor;
pub mod entity;
mod error;
mod event;
pub mod history;
pub mod hooks;
pub mod import;
pub mod prelude;
mod propagation;
mod quoted;
mod read;
mod record;
pub mod tail;
pub mod task;
#[cfg(feature = "test-util")]
pub mod test_util;
pub mod timeline;
mod tripwire;
pub mod undo;
mod write;

pub use audit_core::{
    Action, ActionError, Actor, AuditConfig, AuditContext, AuditFutureExt, Change, Changes,
    ConfigError, FieldPolicy, MASK, OnFailure, SharedContext, text,
};
pub use audit_derive::{Audited, audited_hooks};
#[doc(no_inline)]
pub use serde_json;

pub use any_object::{AnyObject, AnySnapshot, AnyVersion, AnyVersions};
pub use any_table::AnyTable;
pub use audited::{Audited, Capture, renames};
#[cfg(feature = "stream")]
pub use connection::AuditedStream;
pub use connection::{
    AuditConnectionExt, AuditTransactionExt, AuditedConnection, AuditedTransaction, AuditedWrite,
};
pub use entity::{TrailCursor, TrailEntity};
pub use error::{AuditDbErrExt, Error, Result};
pub use event::{AuditEvent, DataExport, GeoLocator, GeoPlace, LoginAttempt, SystemEvent};
pub use history::{AsOf, History};
pub use hooks::{AuditActiveModelExt, AuditModelExt};
pub use import::Import;
pub use propagation::AuditConnectOptionsExt;
#[cfg(any(
    feature = "sqlx-mysql",
    feature = "sqlx-postgres",
    feature = "sqlx-sqlite"
))]
pub use propagation::AuditSqlxConnectionExt;
pub use read::{
    AuditSummary, ByEntity, ByName, Period, PeriodCount, RecordQuery, RecordedColumn, SummaryQuery,
    TrailPage, TrailQuery,
};
pub use record::encoding;
pub use timeline::Timeline;
pub use tripwire::Tripwire;
pub use undo::UndoPlan;
pub use write::{lost_records, lost_records_of};
