//! A database that is restored from a backup.

use audit_migration::Migrator;
use audit_sea_orm::{
    capture::{self, check},
    prelude::*,
};
use sea_orm::{ActiveModelTrait, DatabaseConnection, DbErr, EntityTrait, QueryOrder, Set};
use sea_orm_migration::MigratorTrait;

use super::{install::of_accounts, ledger, outline};
use crate::{
    Backend, Outcome, Test,
    backend::Isolated,
    backup,
    entity::ledger::{account, entry, hostile},
    test::{create_table, records},
};

/// The triggers come along whole, and write to the trail that was restored with them, under whatever name.
pub async fn a_backup_is_restored_with_its_triggers(t: &mut Test) -> Outcome {
    ledger(t).await?;
    t.create_table(hostile::Entity).await?;
    capture::install(&t.db, hostile::Entity).await?;
    account::numbered(1).insert(&t.db).await?;
    let name = format!("audit_{}_restored", std::process::id());
    let copy = t.isolated.beside(&name).await?;
    if backup::restore(t.backend, &t.isolated, &copy).await? {
        let restored = copy.connect(2).await?;
        let (report, before) = (check(&restored).await?, check(&t.db).await?);
        assert_eq!(of_accounts(&report), []);
        assert_eq!(report.to_string(), before.to_string());
        account::numbered(2).insert(&restored.audited()).await?;
        let both = ["CREATE account 1", "CREATE account 2"];
        assert_eq!(outline(&records(&restored).await?), both);
        assert_eq!(outline(&t.records().await?), both[..1]);
        restored.close().await?;
    }
    copy.remove().await?;
    Ok(())
}

/// Data that is loaded into a migrated database is there once, with its records, and nothing is recorded anew.
pub async fn data_alone_is_restored_once(t: &mut Test) -> Outcome {
    ledger(t).await?;
    some_days(&t.db).await?;
    let copy = migrated_beside(t, "loaded").await?;
    let db = copy.connect(2).await?;
    capture::remove_all(&db).await?;
    let tables = ["ledger_account", "ledger_entry"];
    if backup::restore_data(t.backend, &t.isolated, &copy, &tables).await? {
        capture::install(&db, account::Entity).await?;
        capture::install(&db, entry::Entity).await?;
        expect_all_once(t, &db).await?;
    }
    db.close().await?;
    copy.remove().await?;
    Ok(())
}

/// As a superuser of PostgreSQL, with the triggers disabled while the data comes.
pub async fn data_alone_is_restored_past_triggers(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    ledger(t).await?;
    some_days(&t.db).await?;
    let copy = migrated_beside(t, "past").await?;
    let db = copy.connect(2).await?;
    if backup::restore_data_past_triggers(&t.isolated, &copy).await? {
        expect_all_once(t, &db).await?;
    }
    db.close().await?;
    copy.remove().await?;
    Ok(())
}

/// What leaves records of each kind, rows that refer to others, and an event.
async fn some_days(db: &DatabaseConnection) -> Outcome {
    for id in 1..=3 {
        account::numbered(id).insert(db).await?;
    }
    let entry = entry::ActiveModel {
        id: Set(1),
        account_id: Set(2),
        cents: Set(5),
    };
    entry.insert(db).await?;
    let mut richer = account::numbered(1).reset_all();
    richer.balance = Set(200);
    richer.update(db).await?;
    account::Entity::delete_by_id(3).exec(db).await?;
    SystemEvent::info("opened").record(db).await?;
    Ok(())
}

/// Another database, with the tables and the triggers that the migrations make.
async fn migrated_beside(t: &Test, name: &str) -> Result<Isolated, DbErr> {
    let name = format!("audit_{}_{name}", std::process::id());
    let copy = t.isolated.beside(&name).await?;
    let db = copy.connect(1).await?;
    Migrator::up(&db, None).await?;
    create_table(&db, account::Entity).await?;
    create_table(&db, entry::Entity).await?;
    capture::install(&db, account::Entity).await?;
    capture::install(&db, entry::Entity).await?;
    db.close().await?;
    Ok(copy)
}

async fn expect_all_once(t: &Test, restored: &DatabaseConnection) -> Outcome {
    let accounts = async |db: &DatabaseConnection| {
        let accounts = account::Entity::find().order_by_asc(account::Column::Id);
        accounts.all(db).await
    };
    let entries = async |db: &DatabaseConnection| entry::Entity::find().all(db).await;
    let events = async |db: &DatabaseConnection| system_event::Entity::find().all(db).await;
    assert_eq!(accounts(restored).await?, accounts(&t.db).await?);
    assert_eq!(entries(restored).await?, entries(&t.db).await?);
    assert_eq!(events(restored).await?, events(&t.db).await?);
    let before = records(restored).await?;
    assert_eq!(before.len(), 6);
    assert_eq!(before, t.records().await?);

    assert_eq!(of_accounts(&check(restored).await?), []);
    account::numbered(4).insert(&restored.audited()).await?;
    let after = records(restored).await?;
    assert_eq!(outline(&after[6..]), ["CREATE account 4"]);
    assert!(after[6].id > after[5].id);
    Ok(())
}
