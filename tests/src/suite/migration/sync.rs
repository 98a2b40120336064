//! SeaORM's schema sync: what it leaves to the migrations, and to `capture::install`.

use audit_migration::Migrator;
use audit_sea_orm::{
    Audited,
    capture::{self, Drift, check},
    prelude::*,
};
use sea_orm::{ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, Set, TransactionTrait};
use sea_orm_migration::MigratorTrait;
use serde_json::json;

use super::{catalog, remove_the_trail};
use crate::{
    Backend, Outcome, Test,
    entity::synced::{first, second, third},
};

async fn sync<E: EntityTrait>(t: &Test, entity: E) -> Result<(), DbErr> {
    let schema = t.db.get_schema_builder();
    schema.register(entity).sync(&t.db).await
}

/// What is reported of the table; no entity of the program has it.
async fn found(t: &Test) -> Result<Vec<Drift>, DbErr> {
    let tables = check(&t.db).await?.tables.into_iter();
    let of_waffles = tables.filter(|table| table.table == "synced_waffle");
    Ok(of_waffles.flat_map(|table| table.drifts).collect())
}

/// Installs what a sync left behind, and expects that nothing is left to say.
async fn install<E: Audited>(t: &Test, entity: E) -> Outcome {
    capture::install(&t.db, entity).await?;
    assert_eq!(found(t).await?, []);
    Ok(())
}

/// Sync adds a column past the triggers, which go on without it, and renames one below them: installed anew, they
/// know both.
pub async fn schema_sync_of_a_captured_table(t: &mut Test) -> Outcome {
    sync(t, first::Entity).await?;
    install(t, first::Entity).await?;
    sync(t, first::Entity).await?;
    assert_eq!(found(t).await?, [], "a sync that finds nothing to do");

    sync(t, second::Entity).await?;
    let unknown = [Drift::UnknownColumn("price".to_owned())];
    assert_eq!(found(t).await?, unknown);
    let waffle = second::ActiveModel {
        id: Set(1),
        name: Set("Liège".to_owned()),
        price: Set(Some(3)),
    };
    waffle.insert(&t.db).await?;
    install(t, second::Entity).await?;
    let dearer = second::ActiveModel {
        id: Set(1),
        price: Set(Some(4)),
        ..Default::default()
    };
    dearer.update(&t.db).await?;

    sync(t, third::Entity).await?;
    assert!(!found(t).await?.is_empty(), "the triggers name `name`");
    let transaction = t.db.begin().await?;
    let tried = third::Entity::delete_by_id(1).exec(&transaction).await;
    transaction.rollback().await?;
    // SQLite renames the column in the triggers too, and would record it under the old name.
    let goes_on = t.backend == Backend::Sqlite;
    assert_eq!(tried.is_ok(), goes_on, "{tried:?}");
    install(t, third::Entity).await?;
    third::Entity::delete_by_id(1).exec(&t.db).await?;
    let story = t.story().await?.into_iter();
    let story: Vec<_> = story.map(|(_, old, new)| (old, new)).collect();
    let wanted = [
        (None, Some(json!({"id": 1, "name": "Liège"}))),
        (Some(json!({"price": 3})), Some(json!({"price": 4}))),
        (Some(json!({"id": 1, "title": "Liège", "price": 4})), None),
    ];
    assert_eq!(story, wanted);
    Ok(())
}

/// The trail's tables come from the migrations: what sync makes of the trail's entities lacks their indexes, and the
/// view through which SQLite's triggers get the context.
pub async fn schema_sync_does_not_make_the_trail(t: &mut Test) -> Outcome {
    let migrated = catalog::read(t).await?;
    remove_the_trail(t).await?;
    let schema = t.db.get_schema_builder().register(audit_log::Entity);
    let schema = schema.register(login_attempt::Entity);
    let schema = schema
        .register(data_export::Entity)
        .register(system_event::Entity);
    schema.sync(&t.db).await?;
    assert_ne!(catalog::read(t).await?, migrated);
    let without_context = [Drift::NoTable("audit_context".to_owned())];
    let wanted: &[Drift] = match t.backend {
        Backend::Sqlite => &without_context,
        Backend::Postgres | Backend::MySql => &[],
    };
    assert_eq!(check(&t.db).await?.trail, wanted);

    for table in audit_sea_orm::entity::TABLES {
        let drop = format!("DROP TABLE {table}");
        t.db.execute_unprepared(&drop).await?;
    }
    Migrator::up(&t.db, None).await?;
    sync(t, first::Entity).await?;
    assert_eq!(catalog::read(t).await?, migrated);
    install(t, first::Entity).await
}
