//! Altering a captured table.

use std::time::Duration;

use audit_migration::capture::CaptureExt;
use audit_sea_orm::capture::{self, CaptureOptions, OnSkip, check};
use sea_orm::{ActiveModelTrait, ConnectionTrait, DbErr, TransactionTrait};
use sea_orm_migration::prelude::*;
use serde_json::json;

use super::{FOR_EVER, muffins, of_muffins, of_table, writers::Writers};
use crate::{
    Backend, Outcome, Test,
    entity::{growing::after, tart},
};

fn table() -> TableAlterStatement {
    Table::alter().table("growing_muffin").take()
}

/// A column comes, gets another name, another type, and goes, while others write all the while: no write fails, none is
/// unrecorded, and the triggers have the options that they had.
pub async fn altered_while_others_write(t: &mut Test) -> Outcome {
    t.create_table(after::Entity).await?;
    let options = CaptureOptions::new().on_skip(OnSkip::Leave);
    capture::install_with(&t.db, after::Entity, options).await?;
    let before = t.records().await?.len();
    assert_eq!(before, 0);
    let writers = Writers::start(t).await?;
    let db = t.isolated.connect(2).await?;
    let manager = SchemaManager::new(&db);
    let mut note = ColumnDef::new("note");
    note.string_len(20).null();
    let mut longer = ColumnDef::new("remark");
    longer.string_len(200).null();
    let mut steps = vec![
        table().add_column(note).take(),
        table().rename_column("note", "remark").take(),
    ];
    // SQLite cannot change a column's type.
    if t.backend != Backend::Sqlite {
        steps.push(table().modify_column(longer).take());
    }
    steps.push(table().drop_column("remark").take());
    for step in steps {
        writers.go_on().await;
        let alter = async |manager: &SchemaManager<'_>| manager.alter_table(step).await;
        manager.alter_captured(after::Entity, alter).await?;
    }
    writers.go_on().await;
    let written = writers.stop().await?;
    db.close().await?;
    // The rows that the writers began with were recorded too.
    assert_eq!(t.records().await?.len(), written + 3);
    assert_eq!(of_muffins(&check(&t.db).await?), []);
    let found = capture::installed_options(&t.db, after::Entity).await?;
    assert_eq!(found, Some(options));
    Ok(())
}

/// Given up while the closure runs: nothing stays locked or open, and the triggers are there for the next write.
pub async fn an_alteration_that_is_given_up(t: &mut Test) -> Outcome {
    t.create_table(tart::Entity).await?;
    capture::install(&t.db, tart::Entity).await?;
    let one = t.isolated.connect(1).await?;
    for round in 1..=3 {
        let manager = SchemaManager::new(&one);
        let never = async |_: &SchemaManager<'_>| std::future::pending().await;
        let altered = manager.alter_captured(tart::Entity, never);
        // Longer than it takes to come to the closure, where it stays.
        let given_up = tokio::time::timeout(Duration::from_millis(500), altered).await;
        assert!(given_up.is_err(), "the closure has no end");
        for (db, id) in [(&one, round), (&t.db, 10 + round)] {
            tart::priced(id, 1).insert(db).await?;
        }
        let others = "DELETE FROM audit_login_attempt";
        one.execute_unprepared(others).await?;
    }
    assert_eq!(t.records().await?.len(), 6);
    assert_eq!(of_table(&check(&t.db).await?, "tart"), []);
    one.close().await?;
    Ok(())
}

/// What the closure reports is passed on; the triggers are there as before, and others go on to write.
pub async fn an_alteration_that_fails(t: &mut Test) -> Outcome {
    t.create_table(after::Entity).await?;
    capture::install(&t.db, after::Entity).await?;
    let manager = SchemaManager::new(&t.db);
    let fail = async |_: &SchemaManager<'_>| Err(DbErr::Custom("not today".to_owned()));
    let failed = manager
        .alter_captured(after::Entity, fail)
        .await
        .expect_err("the closure fails");
    assert_eq!(failed, DbErr::Custom("not today".to_owned()));
    if t.backend == Backend::MySql {
        let other = async |manager: &SchemaManager<'_>| {
            let db = manager.get_connection();
            db.execute_unprepared("DELETE FROM audit_login_attempt")
                .await
                .map(drop)
        };
        let refused = manager
            .alter_captured(after::Entity, other)
            .await
            .expect_err("that table is not locked");
        let refused = refused.to_string();
        assert!(
            refused.contains("may use the table `growing_muffin` alone"),
            "{refused}"
        );
    }
    assert_eq!(of_muffins(&check(&t.db).await?), []);
    let insert = "INSERT INTO growing_muffin (id, name) VALUES (1, 'lemon')";
    t.db.execute_unprepared(insert).await?;
    let values = t.only_record().await?.new_values;
    assert_eq!(
        values,
        Some(json!({"id": 1, "name": "lemon", "price": null}))
    );
    Ok(())
}

/// What the closure had altered when it failed is undone with the rest; MariaDB and MySQL keep it, and the triggers are made for
/// it.
pub async fn an_alteration_that_fails_half_done(t: &mut Test) -> Outcome {
    muffins(t).await?;
    capture::install(&t.db, after::Entity).await?;
    let manager = SchemaManager::new(&t.db);
    let fail = async |manager: &SchemaManager<'_>| {
        let price = ColumnDef::new("price").integer().null().take();
        manager
            .alter_table(table().add_column(price).take())
            .await?;
        Err(DbErr::Custom("not today".to_owned()))
    };
    let failed = manager
        .alter_captured(after::Entity, fail)
        .await
        .expect_err("the closure fails");
    assert_eq!(failed, DbErr::Custom("not today".to_owned()));
    let is_kept = t.backend == Backend::MySql;
    assert_eq!(
        manager.has_column("growing_muffin", "price").await?,
        is_kept
    );
    let (columns, values, record) = if is_kept {
        let record = json!({"id": 1, "name": "lemon", "price": 3});
        ("id, name, price", "1, 'lemon', 3", record)
    } else {
        ("id, name", "1, 'lemon'", json!({"id": 1, "name": "lemon"}))
    };
    let insert = format!("INSERT INTO growing_muffin ({columns}) VALUES ({values})");
    t.db.execute_unprepared(&insert).await?;
    assert_eq!(t.only_record().await?.new_values, Some(record));
    Ok(())
}

/// While a table is altered, others write to other captured tables, and so to the trail; a transaction that has done so waits for
/// the table alone, and then goes on.
pub async fn an_alteration_holds_up_no_other_table(t: &mut Test) -> Outcome {
    // SQLite has one writer, and MySQL locks the trail too.
    if t.backend == Backend::Sqlite || t.is_mysql().await? {
        return Ok(());
    }
    t.create_table(after::Entity).await?;
    t.create_table(tart::Entity).await?;
    capture::install(&t.db, after::Entity).await?;
    capture::install(&t.db, tart::Entity).await?;
    let others = t.isolated.connect(2).await?;
    let writer = others.begin().await?;
    let manager = SchemaManager::new(&t.db);
    let mut waiting = None;
    let alter = async |manager: &SchemaManager<'_>| {
        tart::priced(1, 300).insert(&others).await?;
        tart::priced(2, 300).insert(&writer).await?;
        let insert = "INSERT INTO growing_muffin (id, name) VALUES (1, 'lemon')";
        waiting = Some(tokio::spawn(async move {
            writer.execute_unprepared(insert).await?;
            writer.commit().await
        }));
        tokio::time::sleep(Duration::from_millis(200)).await;
        let mut note = ColumnDef::new("note");
        note.string_len(20).null();
        manager.alter_table(table().add_column(note).take()).await
    };
    tokio::time::timeout(FOR_EVER, manager.alter_captured(after::Entity, alter)).await??;
    tokio::time::timeout(FOR_EVER, waiting.expect("it ran")).await???;
    others.close().await?;
    assert_eq!(t.records().await?.len(), 3);
    Ok(())
}
