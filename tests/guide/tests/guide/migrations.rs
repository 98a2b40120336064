include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

use audit_sea_orm::prelude::*;
use sea_orm::{ActiveModelTrait, ConnectionTrait, Database};
use sea_orm_migration::{MigrationTrait, MigratorTrait, SchemaManager};

/// It reads the arguments of a program, so no test calls it.
#[allow(dead_code, reason = "the compiler sees that it fits")]
async fn the_command_line_compiles() {
    command_line::main().await;
}

#[tokio::test]
async fn the_audit_log_is_not_dropped() -> crate::Outcome {
    let db = crate::bakery().await?;
    crate::baked(&db).await?;
    assert!(command_line::refuses_to_drop_everything(&db).await);
    assert_eq!(crate::records(&db).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn rows_that_are_older_than_the_audit_log_get_a_record() -> crate::Outcome {
    let db = crate::bakery().await?;
    crate::baked(&db).await?;
    let old = AuditContext::unaudited("before auditing", crate::new_cake().insert(&db));
    old.await?;
    assert_eq!(baseline::record_the_present(&db).await?, 1);
    let last = crate::last_record(&db).await?;
    assert_eq!(
        (last.action.as_str(), last.actor_id.as_deref()),
        ("BASELINE", Some("deployment"))
    );
    assert_eq!(baseline::record_the_present(&db).await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_renamed_column_is_recorded_under_its_new_name() -> crate::Outcome {
    let db = Database::connect("sqlite::memory:").await?;
    audit_migration::Migrator::up(&db, None).await?;
    db.execute_unprepared(
        "CREATE TABLE stock (id integer PRIMARY KEY, ingredient text, weight integer)",
    )
    .await?;
    alter::RenameWeight.up(&SchemaManager::new(&db)).await?;
    crate::stored(500, &db).await?;
    let record = crate::last_record(&db).await?;
    assert_eq!(
        record
            .changes()
            .get("grams")
            .and_then(|grams| grams.new.clone()),
        Some(500.into())
    );
    Ok(())
}

#[tokio::test]
async fn tables_that_are_synced_are_audited() -> crate::Outcome {
    let db = Database::connect("sqlite::memory:").await?;
    for _ in 0..2 {
        sync::prepare(&db).await?;
    }
    crate::stored(500, &db).await?;
    crate::new_cake().audited_insert(&db).await?;
    assert_eq!(crate::records(&db).await?.len(), 2);
    Ok(())
}
