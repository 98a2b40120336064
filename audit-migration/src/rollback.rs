//! Whether the trail's migrations would let themselves be rolled back.

use std::collections::BTreeSet;

use sea_orm_migration::{MigrationTrait, MigratorTrait, SchemaManager, prelude::DbErr};

use crate::{migrator, options};

/// Asks those of the trail's migrations that the last `steps` of a migrator have among them, or all: none is rolled back.
///
/// # Errors
/// That of the first which refuses.
pub(crate) async fn ask<M: MigratorTrait>(
    manager: &SchemaManager<'_>,
    steps: Option<u32>,
) -> Result<(), DbErr> {
    let applied = M::get_migration_models(manager.get_connection()).await?;
    let applied: BTreeSet<String> = applied.into_iter().map(|model| model.version).collect();
    let steps = steps.map_or(usize::MAX, |steps| {
        usize::try_from(steps).unwrap_or(usize::MAX)
    });
    let last = M::migrations()
        .into_iter()
        .rev()
        .filter(|migration| applied.contains(migration.name()))
        .take(steps);
    ask_each(manager, last.collect()).await.map(drop)
}

/// Asks the trail's migrations of a migrator that is about to drop every table, applied or not: the trail may have been made by
/// another migrator.
///
/// # Errors
/// That of the first which refuses, and one where the trail is there, and the migrator has none to ask.
pub(crate) async fn ask_to_drop_all<M: MigratorTrait>(
    manager: &SchemaManager<'_>,
) -> Result<(), DbErr> {
    if !manager.has_table("audit_log").await? {
        return Ok(());
    }
    if ask_each(manager, M::migrations()).await? == 0 {
        return Err(DbErr::Migration(
            "this would drop every table, and with them the audit trail, which is none of this migrator's: delete the trail \
             first by `audit-migration down --delete-the-trail`, or add `audit_migration::migrations_with` with \
             `MigrationOptions::allow_rollback(true)` to the migrator, in development"
                .to_owned(),
        ));
    }
    Ok(())
}

/// Asks those of the trail among some migrations; how many they are.
async fn ask_each(
    manager: &SchemaManager<'_>,
    migrations: Vec<Box<dyn MigrationTrait>>,
) -> Result<usize, DbErr> {
    let ours = migrator::migrations();
    let is_ours = |name: &str| ours.iter().any(|migration| migration.name() == name);
    let mut asked = 0;
    for migration in migrations {
        if is_ours(migration.name()) {
            options::only_asking(migration.down(manager)).await?;
            asked += 1;
        }
    }
    Ok(asked)
}
