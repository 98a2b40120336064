use std::marker::PhantomData;

use audit_sea_orm::{__private::has_trail, capture};
use sea_orm_migration::{
    MigrationTrait, MigratorTrait, SchemaManager,
    prelude::{DbErr, DynIden, IntoSchemaManagerConnection, async_trait},
};

use crate::{reborrow::reborrow, rollback};

/// Applies every migration that is pending, then brings the capture triggers of every entity of the program up to date.
///
/// The step of a deployment that needs no thought: run it before the new release answers, in as many places at once as
/// `M::up` may run. Where nothing is pending and every trigger up to date, it changes nothing and takes no lock.
/// [`Captured`] is the same as a migrator, for SeaORM's command line and frameworks.
///
/// # Errors
/// Those of `M::up`, and of [`capture::install_all`].
///
/// # Example
/// ```
/// use sea_orm_migration::prelude::*;
///
/// struct Migrator;
///
/// impl MigratorTrait for Migrator {
///     fn migrations() -> Vec<Box<dyn MigrationTrait>> {
///         audit_migration::migrations() // and the application's own
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), DbErr> {
/// # let db = sea_orm_migration::sea_orm::Database::connect("sqlite::memory:").await?;
/// audit_migration::up::<Migrator>(&db).await?;
/// # Ok(())
/// # }
/// ```
pub async fn up<'c, M: MigratorTrait>(
    db: impl IntoSchemaManagerConnection<'c>,
) -> Result<(), DbErr> {
    Captured::<M>::up(db, None).await
}

/// A migrator that keeps the capture triggers of every entity of the program up to date, and the trail from being rolled back
/// unasked.
///
/// - `up` and `down` end with [`capture::install_all`], so that no migration need install triggers; also where a migration fails,
///   whose error they then report.
/// - `down`, `reset`, `refresh` and `fresh` first ask the trail's own migrations, where those would be rolled back: unless they
///   [allow it](crate::MigrationOptions::allow_rollback), nothing is rolled back or dropped, the application's tables neither.
///   As `fresh` drops every table, it refuses too where another migrator made the trail, such as [`Migrator`](crate::Migrator).
///
/// # Example
/// ```
/// use audit_migration::Captured;
/// use sea_orm_migration::prelude::*;
///
/// struct Migrator;
///
/// impl MigratorTrait for Migrator {
///     fn migrations() -> Vec<Box<dyn MigrationTrait>> {
///         audit_migration::migrations() // and the application's own
///     }
/// }
///
/// // The `main` of an application's migration program: `cli::run_cli(Captured::<Migrator>::new()).await`.
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), DbErr> {
/// # let db = sea_orm_migration::sea_orm::Database::connect("sqlite::memory:").await?;
/// Captured::<Migrator>::up(&db, None).await?;
/// assert!(Captured::<Migrator>::fresh(&db).await.is_err(), "the trail stays");
/// # Ok(())
/// # }
/// ```
pub struct Captured<M>(PhantomData<fn() -> M>);

impl<M> Captured<M> {
    /// The migrator, where a value is asked for.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<M> Default for Captured<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M> Clone for Captured<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Captured<M> {}

impl<M> std::fmt::Debug for Captured<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Captured")
    }
}

#[async_trait::async_trait]
impl<M: MigratorTrait> MigratorTrait for Captured<M> {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        M::migrations()
    }

    fn migration_table_name() -> DynIden {
        M::migration_table_name()
    }

    async fn up<'c, C>(db: C, steps: Option<u32>) -> Result<(), DbErr>
    where
        C: IntoSchemaManagerConnection<'c>,
    {
        let manager = SchemaManager::new(db);
        let migrated = M::up(reborrow(manager.get_connection()), steps).await;
        install_after(&manager, migrated).await
    }

    async fn down<'c, C>(db: C, steps: Option<u32>) -> Result<(), DbErr>
    where
        C: IntoSchemaManagerConnection<'c>,
    {
        let manager = SchemaManager::new(db);
        rollback::ask::<M>(&manager, steps).await?;
        let migrated = M::down(reborrow(manager.get_connection()), steps).await;
        install_after(&manager, migrated).await
    }

    async fn reset<'c, C>(db: C) -> Result<(), DbErr>
    where
        C: IntoSchemaManagerConnection<'c>,
    {
        let manager = SchemaManager::new(db);
        rollback::ask::<M>(&manager, None).await?;
        M::reset(reborrow(manager.get_connection())).await
    }

    async fn refresh<'c, C>(db: C) -> Result<(), DbErr>
    where
        C: IntoSchemaManagerConnection<'c>,
    {
        let manager = SchemaManager::new(db);
        rollback::ask::<M>(&manager, None).await?;
        let migrated = M::refresh(reborrow(manager.get_connection())).await;
        install_after(&manager, migrated).await
    }

    async fn fresh<'c, C>(db: C) -> Result<(), DbErr>
    where
        C: IntoSchemaManagerConnection<'c>,
    {
        let manager = SchemaManager::new(db);
        rollback::ask_to_drop_all::<M>(&manager).await?;
        let migrated = M::fresh(reborrow(manager.get_connection())).await;
        install_after(&manager, migrated).await
    }
}

/// Installs after the migrations also where one of them failed: those before it stay, and the release that runs meanwhile writes
/// the tables that they altered. Only where there is a trail: it may have been rolled back, or its migrations be still to run.
async fn install_after(
    manager: &SchemaManager<'_>,
    migrated: Result<(), DbErr>,
) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let installed = match has_trail(db).await {
        Ok(true) => capture::install_all(db).await.map(drop),
        Ok(false) => Ok(()),
        Err(error) => Err(error),
    };
    migrated.and(installed)
}
