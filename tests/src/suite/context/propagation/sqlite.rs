//! What is special to SQLite, whose connections keep the context in temporary tables.

use audit_sea_orm::prelude::*;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, Database, DatabaseConnection, DbErr, EntityTrait, Statement,
    TryGetable,
};

use super::{because, reasons, take_reasons, with_tarts};
use crate::{
    Backend, Outcome, Test,
    entity::tart::{self, priced},
};

async fn one<V: TryGetable>(db: &DatabaseConnection, sql: &str) -> Result<V, DbErr> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound(sql.to_owned()))?;
    row.try_get_by_index(0)
}

/// What a read sends changes nothing of the file, nor does what carries the context; a database and a connection that take no
/// writes are read all the same.
pub async fn reads_write_nothing_to_the_file(t: &mut Test) -> Outcome {
    if t.backend != Backend::Sqlite {
        return Ok(());
    }
    with_tarts(t).await?;
    let watcher = t.isolated.connect(1).await?;
    let version = "PRAGMA data_version";
    let before: i64 = one(&watcher, version).await?;
    let db = t.isolated.propagating(2).await?;
    for reason in ["a", "b"] {
        because(reason).scope(tart::Entity::find().all(&db)).await?;
    }
    assert_eq!(one::<i64>(&watcher, version).await?, before);
    let names: i64 = one(
        &watcher,
        "SELECT count(*) FROM sqlite_master WHERE name LIKE 'audit_propagat%'",
    )
    .await?;
    assert_eq!(names, 0);
    priced(1, 1).insert(&watcher).await?;
    db.close().await?;
    for (mode, pragma) in [
        ("", ("query_only", "ON")),
        ("?mode=ro", ("foreign_keys", "ON")),
    ] {
        let url = t.isolated.url.replace("?mode=rwc", mode);
        let mut options = sea_orm::ConnectOptions::new(url);
        options.max_connections(1);
        options.map_sqlx_sqlite_opts(move |options| options.pragma(pragma.0, pragma.1));
        let db = Database::connect(options.propagate_audit_context()?).await?;
        for reason in ["a", "b"] {
            let tarts = because(reason).scope(tart::Entity::find().all(&db)).await?;
            assert_eq!(tarts.len(), 1);
        }
        assert_eq!(tart::Entity::find().all(&db).await?.len(), 1);
        assert!(because("a").scope(priced(2, 2).insert(&db)).await.is_err());
        db.close().await?;
    }
    watcher.close().await?;
    Ok(())
}

/// Connections that fire triggers for what triggers do, that lost their temporary tables, that rolled back a part, or have a
/// temporary table by the trail's name.
pub async fn whatever_a_session_of_sqlite_does(t: &mut Test) -> Outcome {
    if t.backend != Backend::Sqlite {
        return Ok(());
    }
    with_tarts(t).await?;
    let db = t.isolated.propagating(1).await?;
    let write =
        async |id, reason: &'static str| because(reason).scope(priced(id, 1).insert(&db)).await;
    db.execute_unprepared("PRAGMA recursive_triggers = ON")
        .await?;
    write(1, "recursive").await?;
    db.execute_unprepared("PRAGMA temp_store = MEMORY").await?;
    write(2, "anew").await?;
    let number: i64 = because("number")
        .scope(one(
            &db,
            "INSERT INTO tart VALUES (3, 1) RETURNING last_insert_rowid()",
        ))
        .await?;
    assert_eq!(number, 3);
    for conflict in ["FAIL", "IGNORE", "ROLLBACK", "ABORT"] {
        let sql = format!("INSERT OR {conflict} INTO tart VALUES (4, 1), (1, 1), (5, 1)");
        // OK to ignore: what it leaves behind is what is looked at.
        let _done = because(conflict).scope(db.execute_unprepared(&sql)).await;
        db.execute_unprepared("DELETE FROM tart WHERE id > 3")
            .await?;
    }
    let mut expected = reasons(&[
        "recursive",
        "anew",
        "number",
        "FAIL",
        "",
        "IGNORE",
        "IGNORE",
        "",
        "",
    ]);
    assert_eq!(take_reasons(t).await?, expected);
    db.execute_unprepared("CREATE TEMP TABLE audit_log AS SELECT * FROM main.audit_log")
        .await?;
    write(4, "hidden").await?;
    db.execute_unprepared("DROP TABLE temp.audit_log").await?;
    write(5, "seen").await?;
    expected = reasons(&["", "seen"]);
    assert_eq!(take_reasons(t).await?, expected);
    db.close().await?;
    Ok(())
}

/// Records that somebody brings back stay as they are, and what `check` says stays the same.
pub async fn records_that_are_brought_back_stay(t: &mut Test) -> Outcome {
    if t.backend != Backend::Sqlite {
        return Ok(());
    }
    with_tarts(t).await?;
    priced(1, 1).insert(&t.db).await?;
    let db = t.isolated.propagating(1).await?;
    because("r").scope(priced(2, 1).insert(&db)).await?;
    let before = t.records().await?;
    let anew = "CREATE TABLE kept AS SELECT * FROM audit_log; DELETE FROM audit_log; \
        INSERT INTO audit_log SELECT * FROM kept; DROP TABLE kept";
    because("import").scope(db.execute_unprepared(anew)).await?;
    AuditContext::unaudited("import", db.execute_unprepared(anew)).await?;
    assert_eq!(t.records().await?, before);
    let report = because("check")
        .scope(audit_sea_orm::capture::check(&db))
        .await?;
    let tart = report.tables.iter().find(|table| table.table == "tart");
    assert_eq!(tart.ok_or("it is known")?.drifts, []);
    assert_eq!(report.trail, []);
    db.close().await?;
    Ok(())
}

/// Where the database refuses the context, what is written has none, and neither that of the user before.
pub async fn a_context_that_is_refused_stops_nobody(t: &mut Test) -> Outcome {
    if t.backend != Backend::Sqlite {
        return Ok(());
    }
    with_tarts(t).await?;
    let db = t.isolated.propagating(1).await?;
    because("before").scope(priced(1, 1).insert(&db)).await?;
    let refuse = "CREATE TEMP TRIGGER refuses BEFORE UPDATE ON audit_propagated \
        WHEN NEW.payload LIKE '%refuse%' BEGIN SELECT RAISE(ABORT, 'no'); END";
    db.execute_unprepared(refuse).await?;
    because("refuse").scope(priced(2, 2).insert(&db)).await?;
    because("after").scope(priced(3, 3).insert(&db)).await?;
    assert_eq!(take_reasons(t).await?, reasons(&["before", "", "after"]));
    db.close().await?;
    Ok(())
}
