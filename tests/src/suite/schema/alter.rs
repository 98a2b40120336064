//! Altering a captured table.

use audit_migration::capture::CaptureExt;
use audit_sea_orm::{
    capture::{self, CaptureOptions, OnSkip},
    check,
};
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::prelude::*;
use serde_json::json;

use super::{of_muffins, writers::Writers};
use crate::{Backend, Outcome, Test, entity::growing::after};

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
