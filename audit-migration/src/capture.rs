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

mod alter;
mod lock;

pub use audit_sea_orm::capture::{
    AuditedEntity, CaptureOptions, InstallReport, Installation, OnSkip, TableInstallation, install,
    install_all, install_all_with, install_entities, install_with, installed_options, remove,
    remove_all,
};
use audit_sea_orm::{__private::install_capture_if_ready, Audited};
use sea_orm_migration::prelude::{DbErr, SchemaManager, async_trait};

/// Installs and removes capture triggers inside a migration.
#[async_trait::async_trait]
pub trait CaptureExt: sealed::Sealed {
    /// Installs the triggers of an entity: see [`install`].
    ///
    /// A migration runs with the entities of a later time: one whose table is not there yet, or lacks a column of its key, or has a
    /// column that is not yet of the entity's type (on PostgreSQL), is left to the installation that follows the migrations, as
    /// [`up`](crate::up) makes it, and a warning is traced.
    ///
    /// # Errors
    /// The other ones of [`install`].
    async fn install_capture<E: Audited>(&self, entity: E) -> Result<(), DbErr>;

    /// Installs the triggers of an entity with options: see [`install_with`]. As
    /// [`install_capture`](Self::install_capture) it leaves a table that is not what the entity says.
    ///
    /// # Errors
    /// The other ones of [`install`].
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

    /// Alters the table of an entity: removes its triggers, runs the closure, and installs them for the table as it then is,
    /// with the options that they had. No write of others fails for that, and none goes unrecorded; what the closure itself
    /// writes to the table is not recorded, so change rows before or after it.
    ///
    /// # Backends
    /// PostgreSQL and SQLite do all of it in one transaction: who else uses the table waits for its end. MariaDB and MySQL have
    /// none for a schema, so the table is locked (`LOCK TABLES … WRITE`), and the closure may use no other table: those come before
    /// or after. Where the closure fails there, what it had altered stays, and the triggers are installed for that, also where a
    /// migration on a pool is dropped half done. One that is killed leaves the table without triggers until the next installation.
    ///
    /// That lock needs the right `LOCK TABLES`. It takes the tables along that the triggers write, those of the trail: on MariaDB, with
    /// InnoDB, others go on to write to them; on MySQL (9.7) they wait, and so does every audited write until the end. On a Galera
    /// cluster it is no lock: what is written through another node meanwhile goes unrecorded, so let nothing write there.
    ///
    /// The closure may rename the table, from a name that the entity says to be a former one (`#[audited(renamed("…"))]`). On
    /// MariaDB and MySQL let it do nothing else, as the table is not locked then, and keeps its triggers until it is done. Each is
    /// then replaced, with a moment between in which a change may go unrecorded, and until then writes fail where it names a column
    /// that is gone. A table that has the entity's name is not renamed there: MariaDB refuses it.
    ///
    /// Where the table still has a former name in the end, as a later migration renames it, nothing is installed: that is left to
    /// [`up`](crate::up).
    ///
    /// # Errors
    /// Those of the closure, of [`remove`] and of [`install`].
    ///
    /// # Example
    /// ```
    /// # mod cake {
    /// #     use sea_orm_migration::sea_orm::{self, entity::prelude::*};
    /// #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
    /// #     #[sea_orm(table_name = "cake")]
    /// #     #[audited(capture = "triggers")]
    /// #     pub struct Model { #[sea_orm(primary_key)] pub id: i32, pub title: String }
    /// #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    /// #     pub enum Relation {}
    /// # }
    /// use audit_migration::capture::CaptureExt;
    /// use sea_orm_migration::prelude::*;
    ///
    /// #[derive(DeriveMigrationName)]
    /// struct RenameName;
    ///
    /// #[async_trait::async_trait]
    /// impl MigrationTrait for RenameName {
    ///     async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
    ///         let rename = Table::alter().table("cake").rename_column("name", "title").take();
    ///         manager.alter_captured(cake::Entity, async |manager| manager.alter_table(rename).await).await
    ///     }
    /// }
    /// # fn main() {}
    /// ```
    fn alter_captured<E, F>(&self, entity: E, alter: F) -> impl Future<Output = Result<(), DbErr>>
    where
        E: Audited,
        F: AsyncFnOnce(&SchemaManager<'_>) -> Result<(), DbErr>;

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
        install_capture_if_ready(self.get_connection(), entity, None).await
    }

    async fn install_capture_with<E: Audited>(
        &self,
        entity: E,
        options: CaptureOptions,
    ) -> Result<(), DbErr> {
        install_capture_if_ready(self.get_connection(), entity, Some(options)).await
    }

    async fn remove_capture<E: Audited>(&self, entity: E) -> Result<(), DbErr> {
        remove(self.get_connection(), entity).await
    }

    fn alter_captured<E, F>(&self, entity: E, alter: F) -> impl Future<Output = Result<(), DbErr>>
    where
        E: Audited,
        F: AsyncFnOnce(&SchemaManager<'_>) -> Result<(), DbErr>,
    {
        alter::alter_captured(self, entity, alter)
    }

    async fn install_every_capture(&self) -> Result<(), DbErr> {
        install_all(self.get_connection()).await.map(drop)
    }

    async fn install_every_capture_with(&self, options: CaptureOptions) -> Result<(), DbErr> {
        install_all_with(self.get_connection(), options)
            .await
            .map(drop)
    }
}

mod sealed {
    /// Only this crate implements the extension.
    pub trait Sealed: Sync {}
    impl Sealed for sea_orm_migration::SchemaManager<'_> {}
}
