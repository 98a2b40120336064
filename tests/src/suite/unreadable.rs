//! One record that cannot be decoded hides no other: it is shown as what it is, and everything around it stands.

use audit_sea_orm::{
    entity::{UNREADABLE_TIME, login_attempt::Status, system_event::EventType},
    prelude::*,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, Statement, prelude::Json,
};
use serde_json::{Value, json};

use super::admin::{LISTS, seed};
use crate::{Backend, Outcome, Test, site::Site};

async fn execute(t: &Test, sql: &str, values: &[&str]) -> Result<(), DbErr> {
    let values = values.iter().map(|value| (*value).into());
    let statement = Statement::from_sql_and_values(t.db.get_database_backend(), sql, values);
    t.db.execute_raw(statement).await.map(drop)
}

/// Puts a text in place of the JSON of a column of one row, past everything that would refuse it.
async fn spoil(t: &Test, table: &str, column: &str, text: &str, id: i64) -> Result<(), DbErr> {
    let value = match t.backend {
        Backend::Postgres => "CAST($1 AS json)",
        _ => "?",
    };
    let sql = format!("UPDATE {table} SET {column} = {value} WHERE id = {id}");
    execute(t, &sql, &[text]).await
}

/// JSON that a database keeps and this program cannot hold, and what is read of it.
fn spoilt(backend: Backend) -> Vec<(String, Value)> {
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let unreadable = |text: &str| json!({ "$unreadable": text });
    let object = |text: &str| format!(r#"{{ "name" :"a", "price" :{text}}}"#);
    let of_object = |text: &str| json!({"name": "a", "price": unreadable(text)});
    let mut all = vec![
        (object("1e400"), of_object("1e400")),
        (object(r#""\ud800""#), of_object(r#""\ud800""#)),
        (object(&deep), of_object(&deep)),
        (deep.clone(), unreadable(&deep)),
        ("1e400".to_owned(), unreadable("1e400")),
    ];
    // A column of the type `json` takes no others.
    if backend != Backend::Postgres {
        let garbage = ["{\"price\" :00007}", "nonsense", "{", ""];
        all.extend(garbage.map(|text| (text.to_owned(), unreadable(text))));
    }
    all
}

/// Every page and file of the admin that shows lists and single rows.
fn paths() -> Vec<String> {
    let lists = LISTS.iter().flat_map(|list| {
        ["", "/5", "/export.csv", "/export.jsonl"].map(|page| format!("/{list}{page}"))
    });
    let api = LISTS
        .iter()
        .flat_map(|list| ["", "/5"].map(|page| format!("/api/{list}{page}")));
    let others = [
        "/dashboard",
        "/api/summary",
        "/history?table=tart&object=4",
        "/api/history?table=tart&object=4",
    ];
    lists.chain(api).chain(others.map(str::to_owned)).collect()
}

/// Every page answers, and each list holds all of its rows.
async fn everything_stands(t: &Test, rows: usize) -> Outcome {
    let site = Site::new(&t.db);
    for path in paths() {
        site.page(&path).await;
    }
    for list in LISTS {
        let lines = site.page(&format!("/{list}/export.jsonl")).await;
        let ids: Vec<Value> = lines
            .text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).map(|row| row["id"].clone()))
            .collect::<Result<_, _>>()?;
        assert!(
            ids.len() >= rows && ids.contains(&json!(5)),
            "{list}: {ids:?}"
        );
        let csv = site.page(&format!("/{list}/export.csv")).await;
        let mut csv = csv::Reader::from_reader(csv.text.as_bytes());
        assert!(csv.records().count() >= rows, "{list}");
        let api = site.page(&format!("/api/{list}?size=500")).await;
        let api: Value = serde_json::from_str(&api.text)?;
        let count = api["rows"].as_array().map(Vec::len);
        assert!(count >= Some(rows), "{list}: {count:?}");
    }
    Ok(())
}

/// JSON that cannot be decoded, in each column that holds JSON: what can be read of it is, in every query and page.
pub async fn json_that_no_program_reads_hides_nothing(t: &mut Test) -> Outcome {
    seed(t, 8).await?;
    for (text, read) in spoilt(t.backend) {
        for column in ["old_values", "new_values", "metadata"] {
            spoil(t, "audit_log", column, &text, 5).await?;
        }
        spoil(t, "audit_data_export", "filters_applied", &text, 5).await?;
        let records = audit_log::Entity::find().newest_first().page(&t.db, 500);
        let records = records.await?.rows;
        let record = records.iter().find(|record| record.id == 5);
        let record = record.ok_or("the record")?;
        let read = Some(read);
        assert_eq!(
            [&record.old_values, &record.new_values, &record.metadata],
            [&read, &read, &read],
            "{text}"
        );
        let exports = data_export::Entity::find().all(&t.db).await?;
        let filters = exports.iter().find(|export| export.id == 5);
        assert_eq!(filters.map(|export| &export.filters_applied), Some(&read));
        let of_object = audit_log::Entity::find()
            .filter(audit_log::Column::TableName.eq("tart"))
            .filter(audit_log::Column::ObjectId.eq("4"));
        assert_eq!(of_object.count(&t.db).await?, 1);
        everything_stands(t, 8).await?;
        let page = Site::new(&t.db).page("/records/5").await;
        assert!(page.text.contains("$unreadable"), "{text}");
    }
    Ok(())
}

/// Text that is no UTF-8, which SQLite alone keeps.
pub async fn text_that_is_no_text_hides_nothing(t: &mut Test) -> Outcome {
    if t.backend != Backend::Sqlite {
        return Ok(());
    }
    seed(t, 8).await?;
    let broken = "CAST(X'61FF62' AS TEXT)";
    let set = |table: &str, columns: &[&str]| {
        let columns: Vec<_> = columns
            .iter()
            .map(|column| format!("{column} = {broken}"))
            .collect();
        format!("UPDATE {table} SET {} WHERE id = 5", columns.join(", "))
    };
    let all = [
        set(
            "audit_log",
            &["object_repr", "reason", "new_values", "action"],
        ),
        set("audit_login_attempt", &["username", "status"]),
        set("audit_data_export", &["export_type", "filters_applied"]),
        set("audit_system_event", &["title", "event_type"]),
    ];
    for sql in &all {
        execute(t, sql, &[]).await?;
    }
    let record = audit_log::Entity::find_by_id(5).one(&t.db).await?;
    let record = record.ok_or("the record")?;
    assert_eq!(record.reason.as_deref(), Some("a\u{fffd}b"));
    assert_eq!(
        record.new_values,
        Some(json!({"$unreadable": "a\u{fffd}b"}))
    );
    everything_stands(t, 8).await
}

/// A time that is none, where a database can be made to keep it.
pub async fn a_time_that_no_program_reads_hides_nothing(t: &mut Test) -> Outcome {
    seed(t, 8).await?;
    let times: &[&str] = match t.backend {
        Backend::Sqlite => &["yesterday", "", "2024-13-45"],
        Backend::Postgres => &["infinity", "-infinity", "294276-12-31 23:59:59+00"],
        Backend::MySql => &["0000-00-00 00:00:00"],
    };
    for time in times {
        set_time(t, "audit_log", "occurred_at", time).await?;
        set_time(t, "audit_system_event", "resolved_at", time).await?;
        let records = audit_log::Entity::find().all(&t.db).await?;
        assert_eq!(records.len(), 8, "{time}");
        let record = records.iter().find(|record| record.id == 5);
        assert_eq!(
            record.map(|record| record.occurred_at),
            Some(UNREADABLE_TIME)
        );
        let event = system_event::Entity::find_by_id(5).one(&t.db).await?;
        let resolved_at = event.and_then(|event| event.resolved_at);
        // sqlx takes `0000-00-00` for a null.
        let expected = (t.backend != Backend::MySql).then_some(UNREADABLE_TIME);
        assert_eq!(resolved_at, expected, "{time}");
        let site = Site::new(&t.db);
        for path in [
            "/records/5",
            "/records",
            "/events",
            "/events/5",
            "/api/records",
            "/api/records/5",
        ] {
            site.page(path).await;
        }
        let page = site.page("/records/5").await;
        assert!(page.text.contains("unreadable"), "{time}");
    }
    Ok(())
}

/// Sets a time that the database refuses, or takes for a mistake.
async fn set_time(t: &Test, table: &str, column: &str, time: &str) -> Result<(), DbErr> {
    let set = |verb: &str| format!("{verb} {table} SET {column} = '{time}' WHERE id = 5");
    let sql = match t.backend {
        Backend::Sqlite => set("UPDATE"),
        Backend::Postgres => format!(
            "ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_{column}_check; {}",
            set("UPDATE")
        ),
        Backend::MySql => set("UPDATE IGNORE"),
    };
    t.db.execute_unprepared(&sql).await.map(drop)
}

/// What a newer version calls by a name of its own is read, found, and written back unchanged.
pub async fn kinds_of_a_newer_version_are_kept(t: &mut Test) -> Outcome {
    seed(t, 8).await?;
    execute(
        t,
        "UPDATE audit_system_event SET event_type = 'AUDIT' WHERE id = 5",
        &[],
    )
    .await?;
    execute(
        t,
        "UPDATE audit_login_attempt SET status = 'CHALLENGED' WHERE id = 5",
        &[],
    )
    .await?;
    let kind = EventType::Other("AUDIT".to_owned());
    let events = system_event::Entity::find()
        .filter(system_event::Column::EventType.eq(kind.clone()))
        .all(&t.db)
        .await?;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].event_type, kind);
    let again: system_event::Model = serde_json::from_value(serde_json::to_value(&events[0])?)?;
    assert_eq!(again, events[0]);
    events[0]
        .clone()
        .into_active_model()
        .reset_all()
        .update(&t.db)
        .await?;
    let status = Status::Other("CHALLENGED".to_owned());
    let attempts = login_attempt::Entity::find().all(&t.db).await?;
    let attempt = attempts.iter().find(|attempt| attempt.status == status);
    let attempt = attempt.ok_or("the attempt")?.clone();
    attempt
        .into_active_model()
        .reset_all()
        .update(&t.db)
        .await?;
    let summary = SummaryQuery::last_days(36_500).load(&t.db).await?;
    assert_eq!(
        summary.successful_logins + summary.failed_logins + summary.blocked_logins,
        7
    );

    everything_stands(t, 8).await?;
    lists_know_newer_kinds(t).await
}

async fn lists_know_newer_kinds(t: &Test) -> Outcome {
    let site = Site::new(&t.db);
    for (path, kind) in [
        ("/events?type=AUDIT", "AUDIT"),
        ("/logins?status=CHALLENGED", "CHALLENGED"),
    ] {
        let page = site.page(path).await.text;
        assert!(
            page.contains(&format!("<option selected>{kind}</option>")),
            "{path}"
        );
        let api = site.page(&format!("/api{path}")).await;
        let api: Value = serde_json::from_str(&api.text)?;
        let ids: Option<Vec<_>> = api["rows"]
            .as_array()
            .map(|rows| rows.iter().map(|row| row["id"].clone()).collect());
        assert_eq!(ids, Some(vec![json!(5)]), "{path}");
    }
    let unfiltered = site.page("/events").await.text;
    assert!(unfiltered.contains("<option>AUDIT</option>"));
    Ok(())
}

/// Two versions on one trail: this one reads and writes tables that a newer one gave columns that it does not know.
pub async fn columns_of_a_newer_version_are_left_alone(t: &mut Test) -> Outcome {
    for table in [
        "audit_log",
        "audit_login_attempt",
        "audit_data_export",
        "audit_system_event",
    ] {
        let sql = format!("ALTER TABLE {table} ADD COLUMN mood varchar(10) DEFAULT 'calm'");
        execute(t, &sql, &[]).await?;
    }
    seed(t, 8).await?;
    LoginAttempt::success("ada").record(&t.db).await?;
    SystemEvent::info("a title").record(&t.db).await?;
    let newer: Vec<Option<Json>> = t
        .records()
        .await?
        .into_iter()
        .map(|it| it.metadata)
        .collect();
    assert_eq!(newer.len(), 9);
    everything_stands(t, 8).await
}
