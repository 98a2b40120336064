use sea_orm_migration::{MigratorTraitSelf, prelude::*};

use crate::{
    MigrationOptions, m20261122_000001_create_audit_tables::CreateAuditTables,
    m20261124_000002_create_audit_context::CreateAuditContext,
    m20261124_000003_index_admin_lists::IndexAdminLists,
    m20261201_000004_create_audit_tail_positions::CreateAuditTailPositions,
};

/// The migrations, to merge into an application's migrator. They refuse to be rolled back.
#[must_use]
pub fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    migrations_with(MigrationOptions::new())
}

/// The migrations, to merge into an application's migrator, with options.
#[must_use]
pub fn migrations_with(options: MigrationOptions) -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(CreateAuditTables { options }),
        Box::new(CreateAuditContext { options }),
        Box::new(IndexAdminLists { options }),
        Box::new(CreateAuditTailPositions { options }),
    ]
}

fn table_name() -> DynIden {
    Alias::new("audit_migrations").into_iden()
}

/// Runs the migrations alone, with a migration table of its own: `audit_migrations`. It refuses to roll back.
///
/// # Example
/// ```
/// use audit_migration::Migrator;
/// use sea_orm_migration::{MigratorTrait, sea_orm::Database};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), sea_orm_migration::DbErr> {
/// let db = Database::connect("sqlite::memory:").await?;
/// Migrator::up(&db, None).await?;
/// assert!(Migrator::down(&db, None).await.is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        migrations()
    }

    fn migration_table_name() -> DynIden {
        table_name()
    }
}

/// As [`Migrator`], with options.
///
/// # Example
/// ```
/// use audit_migration::{MigrationOptions, MigratorWith};
/// use sea_orm_migration::{MigratorTraitSelf, sea_orm::Database};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), sea_orm_migration::DbErr> {
/// # let db = Database::connect("sqlite::memory:").await?;
/// let migrator = MigratorWith(MigrationOptions::new().allow_rollback(true));
/// migrator.up(&db, None).await?;
/// migrator.down(&db, None).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct MigratorWith(pub MigrationOptions);

impl MigratorTraitSelf for MigratorWith {
    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
        migrations_with(self.0)
    }

    fn migration_table_name(&self) -> DynIden {
        table_name()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_migrations_are_final() {
        let migrations = migrations();
        let names: Vec<&str> = migrations
            .iter()
            .map(|migration| migration.name())
            .collect();
        // Databases hold these names: one that is changed or removed stops its users' programs.
        assert_eq!(
            names,
            [
                "m20261122_000001_create_audit_tables",
                "m20261124_000002_create_audit_context",
                "m20261124_000003_index_admin_lists",
                "m20261201_000004_create_audit_tail_positions",
            ]
        );
    }
}
