//! Capture triggers in migrations: see [`audit_sea_orm::capture`], which this re-exports, for what they record.
//!
//! # Example
//! ```
//! mod cake {
//!     use sea_orm_migration::sea_orm::{self, entity::prelude::*};
//!
//!     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
//!     #[sea_orm(table_name = "cake")]
//!     #[audited(capture = "triggers")]
//!     pub struct Model {
//!         #[sea_orm(primary_key)]
//!         pub id: i32,
//!         pub name: String,
//!     }
//!
//!     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
//!     pub enum Relation {}
//! }
//!
//! use audit_migration::capture::CaptureExt;
//! use sea_orm_migration::prelude::*;
//!
//! #[derive(DeriveMigrationName)]
//! struct CaptureCake;
//!
//! #[async_trait::async_trait]
//! impl MigrationTrait for CaptureCake {
//!     async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
//! #       let schema = sea_orm_migration::sea_orm::Schema::new(manager.get_database_backend());
//! #       manager.create_table(schema.create_table_from_entity(cake::Entity)).await?;
//!         manager.install_capture(cake::Entity).await
//!     }
//!
//!     async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
//!         manager.remove_capture(cake::Entity).await
//!     }
//! }
//! # struct Migrator;
//! # impl MigratorTrait for Migrator {
//! #     fn migrations() -> Vec<Box<dyn MigrationTrait>> {
//! #         let mut migrations = audit_migration::migrations();
//! #         migrations.push(Box::new(CaptureCake));
//! #         migrations
//! #     }
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), DbErr> {
//! # let db = sea_orm_migration::sea_orm::Database::connect("sqlite::memory:").await?;
//! # Migrator::up(&db, None).await?;
//! # db.execute_unprepared("INSERT INTO cake (name) VALUES ('Sacher')").await?;
//! # use sea_orm_migration::sea_orm::{ConnectionTrait, EntityTrait};
//! # let records = audit_sea_orm::entity::audit_log::Entity::find().all(&db).await?;
//! # assert_eq!(records.len(), 1);
//! # Ok(())
//! # }
//! ```

use audit_sea_orm::Audited;
pub use audit_sea_orm::capture::{
    CaptureOptions, OnSkip, install, install_all, install_all_with, install_with, remove,
    remove_all,
};
use sea_orm_migration::prelude::{DbErr, SchemaManager, async_trait};

/// Installs and removes capture triggers inside a migration.
#[async_trait::async_trait]
pub trait CaptureExt: sealed::Sealed {
    /// Installs the triggers of an entity: see [`install`].
    ///
    /// # Errors
    /// Those of [`install`].
    async fn install_capture<E: Audited>(&self, entity: E) -> Result<(), DbErr>;

    /// Installs the triggers of an entity with options: see [`install_with`].
    ///
    /// # Errors
    /// Those of [`install`].
    async fn install_capture_with<E: Audited>(
        &self,
        entity: E,
        options: CaptureOptions,
    ) -> Result<(), DbErr>;

    /// Removes the triggers of an entity: see [`remove`].
    ///
    /// # Errors
    /// Those of [`remove`].
    async fn remove_capture<E: Audited>(&self, entity: E) -> Result<(), DbErr>;

    /// Installs the triggers of every entity of the program: see [`install_all`].
    ///
    /// # Errors
    /// Those of [`install_all`].
    async fn install_every_capture(&self) -> Result<(), DbErr>;

    /// Installs the triggers of every entity of the program with options: see [`install_all_with`].
    ///
    /// # Errors
    /// Those of [`install_all`].
    async fn install_every_capture_with(&self, options: CaptureOptions) -> Result<(), DbErr>;
}

#[async_trait::async_trait]
impl CaptureExt for SchemaManager<'_> {
    async fn install_capture<E: Audited>(&self, entity: E) -> Result<(), DbErr> {
        install(self.get_connection(), entity).await
    }

    async fn install_capture_with<E: Audited>(
        &self,
        entity: E,
        options: CaptureOptions,
    ) -> Result<(), DbErr> {
        install_with(self.get_connection(), entity, options).await
    }

    async fn remove_capture<E: Audited>(&self, entity: E) -> Result<(), DbErr> {
        remove(self.get_connection(), entity).await
    }

    async fn install_every_capture(&self) -> Result<(), DbErr> {
        install_all(self.get_connection()).await
    }

    async fn install_every_capture_with(&self, options: CaptureOptions) -> Result<(), DbErr> {
        install_all_with(self.get_connection(), options).await
    }
}

mod sealed {
    /// Only this crate implements the extension.
    pub trait Sealed: Sync {}
    impl Sealed for sea_orm_migration::SchemaManager<'_> {}
}
