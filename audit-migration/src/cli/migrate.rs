//! `up`, `down` and `status`.

use sea_orm_migration::{DbErr, MigrationStatus, MigratorTraitSelf, sea_orm::DatabaseConnection};

use super::output::say;
use crate::{MigrationOptions, MigratorWith};

pub(super) async fn up(db: &DatabaseConnection) -> Result<bool, DbErr> {
    migrator().up(db, None).await?;
    status(db).await
}

pub(super) async fn down(delete_the_trail: bool, db: &DatabaseConnection) -> Result<bool, DbErr> {
    let allowed = MigrationOptions::new().allow_rollback(delete_the_trail);
    MigratorWith(allowed).down(db, None).await?;
    status(db).await
}

pub(super) async fn status(db: &DatabaseConnection) -> Result<bool, DbErr> {
    for migration in migrator().get_migration_with_status_read_only(db).await? {
        say(&format!("{}  {}", migration.status(), migration.name()));
    }
    Ok(true)
}

/// The names of the migrations that are not applied: none where an application merged them, as it notes them in a table of
/// its own.
pub(super) async fn pending(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let migrations = migrator().get_migration_with_status_read_only(db).await?;
    let pending: Vec<String> = migrations
        .iter()
        .filter(|migration| migration.status() == MigrationStatus::Pending)
        .map(|migration| migration.name().to_owned())
        .collect();
    let are_merged = pending.len() == migrations.len();
    Ok(if are_merged { Vec::new() } else { pending })
}

fn migrator() -> MigratorWith {
    MigratorWith(MigrationOptions::new())
}
