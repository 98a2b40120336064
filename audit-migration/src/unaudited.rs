use audit_sea_orm::AuditContext;
use sea_orm_migration::prelude::*;

/// Marks migrations whose writes are not recorded, by whatever way the migrator is run.
///
/// Their hooks stay silent, as in [`AuditContext::unaudited`]; capture triggers record what they see, as ever.
///
/// # Example
/// ```
/// use sea_orm_migration::prelude::*;
///
/// # fn my_migrations() -> Vec<Box<dyn MigrationTrait>> { Vec::new() }
/// struct Migrator;
///
/// impl MigratorTrait for Migrator {
///     fn migrations() -> Vec<Box<dyn MigrationTrait>> {
///         let mut migrations = audit_migration::migrations();
///         migrations.extend(my_migrations());
///         audit_migration::unaudited(migrations)
///     }
/// }
/// # assert_eq!(Migrator::migrations().len(), audit_migration::migrations().len());
/// ```
#[must_use]
pub fn unaudited(
    migrations: impl IntoIterator<Item = Box<dyn MigrationTrait>>,
) -> Vec<Box<dyn MigrationTrait>> {
    let mark = |migration| Box::new(Unaudited(migration)) as Box<dyn MigrationTrait>;
    migrations.into_iter().map(mark).collect()
}

struct Unaudited(Box<dyn MigrationTrait>);

impl MigrationName for Unaudited {
    fn name(&self) -> &str {
        self.0.name()
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "async_trait needs the signature as the trait has it"
)]
#[async_trait::async_trait]
impl MigrationTrait for Unaudited {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        AuditContext::unaudited("migration", self.0.up(manager)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        AuditContext::unaudited("migration", self.0.down(manager)).await
    }

    fn use_transaction(&self) -> Option<bool> {
        self.0.use_transaction()
    }
}
