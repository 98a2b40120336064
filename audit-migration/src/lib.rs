//! The tables of the audit trail, on SQLite, PostgreSQL and MySQL or MariaDB.
//!
//! Two ways to run them:
//!
//! - **Merged** into the application's migrator, with [`migrations`]: they are applied in the order of the
//!   list, and noted in the application's own migration table.
//! - **Alone**, with [`Migrator`], which keeps a migration table of its own (`audit_migrations`), or with the
//!   program `audit-migration` (feature `cli`), which reads `DATABASE_URL`.
//!
//! Choose one and stay with it: each notes what it applied in its own table.
//!
//! # Example
//! ```
//! use sea_orm_migration::prelude::*;
//!
//! # #[derive(DeriveMigrationName)]
//! # struct CreateCake;
//! # #[async_trait::async_trait]
//! # impl MigrationTrait for CreateCake {
//! #     async fn up(&self, _: &SchemaManager) -> Result<(), DbErr> { Ok(()) }
//! # }
//! struct Migrator;
//!
//! impl MigratorTrait for Migrator {
//!     fn migrations() -> Vec<Box<dyn MigrationTrait>> {
//!         let mut migrations = audit_migration::migrations();
//!         migrations.push(Box::new(CreateCake));
//!         audit_migration::unaudited(migrations)
//!     }
//! }
//! # use sea_orm_migration::sea_orm::Database;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), DbErr> {
//! # let db = Database::connect("sqlite::memory:").await?;
//! audit_migration::up::<Migrator>(&db).await?; // the migrations, then every capture trigger
//! # Ok(())
//! # }
//! ```
//!
//! # Migrations that write rows
//! Hooks cannot tell a migration from an application: both write through a `DatabaseExecutor`. So [`unaudited`] marks the
//! migrations of a list, as above. What a migration saves by active models is then not recorded, and cannot fail for
//! the tables of the trail, which an earlier one may run without. Without it such writes are recorded.
//!
//! # Capture triggers
//! [`up`] brings them up to date behind the migrations, and so does the migrator [`Captured`], for a command line. See [`capture`]
//! for what alters a captured table, and installs and removes triggers, in a migration, and
//! [the page on migrations](audit_sea_orm::migrations) for how to change such a table.
//!
//! # Schema sync
//! SeaORM can make an application's tables from its entities, without migrations (its feature `schema-sync`). Then
//!
//! 1. **the trail's tables still come from these migrations**: run [`Migrator`] first. Do not register the entities of
//!    `audit_sea_orm`: what sync would make of them has no indexes, and on SQLite no view through which capture triggers
//!    learn who acts, so that every audited write to a captured table fails;
//! 2. sync the application's entities, `db.get_schema_registry("my_shop::entity::*").sync(&db)`;
//! 3. **install the triggers after it**, with [`capture::install_all`], at every start: sync knows nothing of them.
//!
//! What a sync does to a table that is captured: triggers stay, as sync only adds. A column that it adds is not recorded until
//! step 3; writes go on meanwhile. A column that it renames (`#[sea_orm(renamed_from = "…")]`) is gone for the triggers: on
//! PostgreSQL, MariaDB and MySQL every write to the table fails until step 3, on SQLite changes are recorded under
//! the old name. `audit_sea_orm::capture::check` tells all of that. A sync that finds nothing to do leaves trail and triggers alone.
//!
//! # Checks
//! `audit-migration check` fails where the trail or a capture trigger is not as it should be: see
//! [the page on checks](audit_sea_orm::checks) for its exit codes, its JSON, and its use in CI and in probes.
//!
//! `audit-migration doctor` lists the records whose table or column is gone. The module `cli` has all commands, and makes a program of them
//! that knows your entities.
//!
//! # Timelines
//! [`timeline::TimelineExt`] gives an entity of parts an index, by which a [timeline](audit_sea_orm::timeline) finds those that are gone.
//!
//! # Rolling back
//! To roll these migrations back is to delete the trail, so they refuse, unless they are made with
//! [`MigrationOptions::allow_rollback`]. By then the application's own later migrations are rolled back, and SeaORM's `migrate
//! fresh` drops every table without asking any: [`Captured`] asks first.
//!
//! # Crate features
//! - `cli`: the program `audit-migration` and the module `cli`, with the drivers of all databases.
//! - `sqlx-sqlite`, `sqlx-postgres`, `sqlx-mysql`: forwarded to sea-orm-migration.
//!
//! None is on by default.

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod capture;
mod captured;
#[cfg(feature = "cli")]
pub mod cli;
mod m20261122_000001_create_audit_tables;
mod m20261124_000002_create_audit_context;
mod m20261124_000003_index_admin_lists;
mod m20261201_000004_create_audit_tail_positions;
mod migrator;
mod options;
mod reborrow;
mod rollback;
mod tables;
pub mod timeline;
mod unaudited;

pub use captured::{Captured, up};
pub use migrator::{Migrator, MigratorWith, migrations, migrations_with};
pub use options::MigrationOptions;
pub use unaudited::unaudited;
