//! The trigger for changed keys on SQLite, which a statement prepares only where it sets a column of the key.

use audit_sea_orm::capture::{self, Drift, check};
use sea_orm::{ConnectionTrait, DbErr};

use super::{outline, run};
use crate::{Backend, Outcome, Test, entity::tart};

/// What was recorded since the trail was emptied.
async fn taken(t: &Test) -> Result<Vec<String>, DbErr> {
    let records = t.records().await?;
    t.db.execute_unprepared("DELETE FROM audit_log").await?;
    Ok(outline(&records))
}

async fn with_tarts(t: &Test, table: &str) -> Result<(), DbErr> {
    run(&t.db, &["DROP TABLE IF EXISTS tart", table]).await?;
    capture::install(&t.db, tart::Entity).await.map(drop)
}

/// By the names of SQLite's own number of a row, in a list of columns, by an upsert, under another name, and where the key
/// is computed of other columns.
pub async fn keys_by_any_name(t: &mut Test) -> Outcome {
    if t.backend != Backend::Sqlite {
        return Ok(());
    }
    let numbered = "CREATE TABLE tart (id integer NOT NULL PRIMARY KEY, price integer NOT NULL)";
    with_tarts(t, numbered).await?;
    run(&t.db, &["INSERT INTO tart VALUES (1, 1)"]).await?;
    taken(t).await?;
    let changes = [
        "UPDATE tart SET rowid = 2",
        "UPDATE tart SET _ROWID_ = 3",
        "UPDATE tart SET \"oid\" = 4",
        "UPDATE tart SET (price, ID) = (5, 5)",
        "INSERT INTO tart VALUES (5, 6) ON CONFLICT (id) DO UPDATE SET id = 6",
        "ALTER TABLE tart RENAME COLUMN id TO number; UPDATE tart SET number = 7",
    ];
    for (old, change) in (1..).zip(changes) {
        // From 1 to 2, and the last from 6 to 7.
        run(&t.db, &[change]).await?;
        let wanted = [
            format!("DELETE tart {old}"),
            format!("CREATE tart {}", old + 1),
        ];
        assert_eq!(taken(t).await?, wanted, "{change}");
    }
    let computed = "CREATE TABLE tart (price integer NOT NULL, id integer AS (price * 10) STORED)";
    with_tarts(t, computed).await?;
    run(
        &t.db,
        &["INSERT INTO tart VALUES (1)", "UPDATE tart SET price = 2"],
    )
    .await?;
    let wanted = ["CREATE tart 10", "DELETE tart 10", "CREATE tart 20"];
    assert_eq!(taken(t).await?, wanted);
    Ok(())
}

/// SQLite lets a column go that no more than the event of a trigger names, and the trigger never fires again. That of a key
/// stands in the triggers' programs too: it cannot go, and where the old way of altering lets it, the check tells.
pub async fn a_key_that_is_dropped(t: &mut Test) -> Outcome {
    if t.backend != Backend::Sqlite {
        return Ok(());
    }
    with_tarts(
        t,
        "CREATE TABLE tart (id integer NOT NULL, price integer NOT NULL)",
    )
    .await?;
    let drop = "ALTER TABLE tart DROP COLUMN id";
    let refused =
        t.db.execute_unprepared(drop)
            .await
            .expect_err("triggers name it");
    assert!(
        refused.to_string().contains("NEW.id") || refused.to_string().contains("OLD.id"),
        "{refused}"
    );
    let db = t.isolated.connect(1).await?;
    run(&db, &["PRAGMA legacy_alter_table = ON", drop]).await?;
    db.close().await?;
    let report = check(&t.db).await?;
    let tarts = report.tables.iter().find(|table| table.table == "tart");
    let drifts = &tarts.ok_or("the tarts are reported")?.drifts;
    assert!(
        drifts.contains(&Drift::GoneColumn("id".to_owned())),
        "{drifts:?}"
    );
    assert!(!report.is_clean());
    Ok(())
}
