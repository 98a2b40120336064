//! Whether the trail's migrations would let themselves be rolled back.

use std::collections::BTreeSet;

use sea_orm_migration::{MigratorTrait, SchemaManager, prelude::DbErr};

use crate::migrator;

tokio::task_local! {
    static ONLY_ASKED: ();
}

/// Whether a migration of the trail is asked, and must change nothing.
pub(crate) fn is_only_asked() -> bool {
    ONLY_ASKED.try_with(|()| ()).is_ok()
}

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
    let ours = migrator::migrations();
    let is_ours = |name: &str| ours.iter().any(|migration| migration.name() == name);
    let steps = steps.map_or(usize::MAX, |steps| {
        usize::try_from(steps).unwrap_or(usize::MAX)
    });
    let last = M::migrations()
        .into_iter()
        .rev()
        .filter(|migration| applied.contains(migration.name()))
        .take(steps);
    for migration in last.filter(|migration| is_ours(migration.name())) {
        ONLY_ASKED.scope((), migration.down(manager)).await?;
    }
    Ok(())
}
