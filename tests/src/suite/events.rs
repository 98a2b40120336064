//! Events that an application reports itself: whole rows, both or neither, and nothing that a stranger writes
//! can break them.

use audit_sea_orm::{Error, GeoPlace, prelude::*};
use futures_util::future::try_join_all;
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, TransactionTrait, prelude::Json};
use serde_json::json;

use crate::{Outcome, Test, entity::cake, losses::losses_of};

/// What strangers write: each as long as may be.
fn hostile_texts() -> Vec<String> {
    vec![
        String::new(),
        "x".repeat(10_000),
        "😀".repeat(3_000),
        "\0".repeat(600),
        "a\0b\r\n\t\u{1b}[31mred\u{7f}".to_owned(),
        "\u{202e}nimda\u{2066}\u{200f}".to_owned(),
        "'; DROP TABLE audit_log; --".to_owned(),
        "\\\"<script>alert(1)</script>{{7*7}}%s%n".to_owned(),
        "\u{fffd}\u{ffff}\u{10ffff}".to_owned(),
    ]
}

fn hostile_json(text: &str) -> Json {
    let mut deep = json!(text);
    for _ in 0..300 {
        deep = json!([deep]);
    }
    json!({ text: [text, {"\0": null}], "deep": deep })
}

fn is_clean(text: Option<&String>, max: usize) -> bool {
    let text = text.map_or("", String::as_str);
    text.chars().count() <= max && !text.contains(['\0', '\u{1b}', '\u{202e}'])
}

/// Whatever is written into a builder is stored cut and clean: never an error of the database, never a panic.
pub async fn hostile_texts_are_cut_and_clean(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let cake = cake::named("Sacher").insert(&t.db).await?;
    for text in hostile_texts() {
        let context = AuditContext::new()
            .actor(Actor::new(&text).with_name(&text))
            .on_behalf_of(Actor::new(&text).with_name(&text))
            .tenant_id(&text)
            .user_agent(&text)
            .session_id(&text)
            .request_id(&text)
            .reason(&text)
            .module(&text)
            .metadata(hostile_json(&text));
        context.scope(report_everything(t, &cake, &text)).await?;
    }
    // Every row can be read back, and holds nothing unfit.
    let records = t.records().await?;
    assert_eq!(records.len(), 1 + hostile_texts().len() * 6);
    for record in records {
        let fits = [
            is_clean(record.table_name.as_ref(), 255),
            is_clean(record.object_repr.as_ref(), 200),
            is_clean(record.actor_id.as_ref(), 255),
            is_clean(record.actor_name.as_ref(), 255),
            is_clean(record.on_behalf_of_id.as_ref(), 255),
            is_clean(record.on_behalf_of_name.as_ref(), 255),
            is_clean(record.tenant_id.as_ref(), 128),
            is_clean(record.user_agent.as_ref(), 512),
            is_clean(record.session_id.as_ref(), 128),
            is_clean(record.request_id.as_ref(), 128),
            is_clean(record.reason.as_ref(), 1000),
            is_clean(record.module.as_ref(), 255),
        ];
        assert!(fits.iter().all(|fit| *fit), "{record:?}");
    }
    assert_events_are_clean(t).await
}

async fn assert_events_are_clean(t: &Test) -> Outcome {
    for attempt in login_attempt::Entity::find().all(&t.db).await? {
        assert!(
            is_clean(Some(&attempt.username), 150)
                && is_clean(attempt.failure_reason.as_ref(), 200)
        );
        assert!(is_clean(attempt.country.as_ref(), 100) && is_clean(attempt.city.as_ref(), 100));
        assert!(is_clean(attempt.tenant_id.as_ref(), 128) && attempt.metadata.is_some());
    }
    for export in data_export::Entity::find().all(&t.db).await? {
        assert!(
            is_clean(Some(&export.export_type), 255) && is_clean(Some(&export.file_format), 20)
        );
        assert!(is_clean(export.file_path.as_ref(), 500));
        assert!(is_clean(export.tenant_id.as_ref(), 128) && export.metadata.is_some());
        assert!(
            is_clean(export.on_behalf_of_id.as_ref(), 255)
                && is_clean(export.on_behalf_of_name.as_ref(), 255)
        );
    }
    for event in system_event::Entity::find().all(&t.db).await? {
        assert!(is_clean(Some(&event.title), 255) && is_clean(event.error_code.as_ref(), 50));
        assert!(
            is_clean(event.description.as_ref(), 16_000)
                && is_clean(event.stack_trace.as_ref(), 16_000)
        );
        assert!(
            is_clean(event.function_name.as_ref(), 255)
                && is_clean(event.resolved_by.as_ref(), 255)
        );
        assert!(is_clean(event.tenant_id.as_ref(), 128) && event.metadata.is_some());
        assert!(
            is_clean(event.on_behalf_of_id.as_ref(), 255)
                && is_clean(event.on_behalf_of_name.as_ref(), 255)
        );
    }
    Ok(())
}

async fn report_everything(t: &Test, cake: &cake::Model, text: &str) -> Outcome {
    let db = &t.db;
    AuditEvent::new(Action::Import)
        .on_object(text, text)
        .repr(text)
        .change(text, text, hostile_json(text))
        .metadata(hostile_json(text))
        .record(db)
        .await?;
    AuditEvent::view(cake)
        .reason(text)
        .module(text)
        .record(db)
        .await?;
    let nowhere = |_| {
        Some(GeoPlace {
            country: Some(text.to_owned()),
            city: Some(text.to_owned()),
        })
    };
    LoginAttempt::failed(text)
        .reason(text)
        .user_agent(text)
        .ip([192, 0, 2, 1])
        .located_by(&nowhere)
        .record(db)
        .await?;
    LoginAttempt::blocked(text).record(db).await?;
    LoginAttempt::logout(text).record(db).await?;
    DataExport::new(text)
        .format(text)
        .path(text)
        .filters(hostile_json(text))
        .records(u64::MAX)
        .bytes(u64::MAX)
        .record(db)
        .await?;
    let event = SystemEvent::security(text)
        .description(text)
        .module(text)
        .function(text)
        .code(text)
        .stack_trace(text)
        .line(u32::MAX)
        .record_with_returning(db)
        .await?;
    event
        .ok_or("events are not skipped")?
        .mark_resolved(text, db)
        .await?;
    Ok(())
}

/// An attempt holds all that is known of it, and its record names it.
pub async fn a_login_attempt_is_whole(t: &mut Test) -> Outcome {
    let vienna = |_| {
        Some(GeoPlace {
            country: Some("Austria".into()),
            city: Some("Wien".into()),
        })
    };
    let request = AuditContext::new().ip([192, 0, 2, 7]).user_agent("Firefox");
    request
        .scope(async {
            LoginAttempt::failed("ada")
                .reason("wrong password")
                .located_by(&vienna)
                .record(&t.db)
                .await?;
            LoginAttempt::success("ada")
                .actor(Actor::new(42))
                .record(&t.db)
                .await?;
            LoginAttempt::logout("ada").record(&t.db).await
        })
        .await?;
    // Without a request there is no address, which is no error.
    LoginAttempt::blocked("eve")
        .located_by(&vienna)
        .record(&t.db)
        .await?;

    let attempts = login_attempt::Entity::find()
        .oldest_first()
        .all(&t.db)
        .await?;
    let statuses: Vec<_> = attempts
        .iter()
        .map(|attempt| attempt.status.to_string())
        .collect();
    assert_eq!(statuses, ["FAILED", "SUCCESS", "BLOCKED"]);
    let first = &attempts[0];
    assert_eq!(first.username, "ada");
    assert_eq!(first.ip_address.as_deref(), Some("192.0.2.7"));
    assert_eq!(first.user_agent.as_deref(), Some("Firefox"));
    assert_eq!(first.failure_reason.as_deref(), Some("wrong password"));
    assert_eq!(
        (first.country.as_deref(), first.city.as_deref()),
        (Some("Austria"), Some("Wien"))
    );
    assert_eq!(
        (&attempts[2].ip_address, &attempts[2].country),
        (&None, &None)
    );

    assert_login_records(t, &attempts[0]).await
}

async fn assert_login_records(t: &Test, first: &login_attempt::Model) -> Outcome {
    let records = t.records().await?;
    let actions: Vec<_> = records
        .iter()
        .map(|record| record.action.as_str())
        .collect();
    assert_eq!(actions, ["LOGIN_FAILED", "LOGIN", "LOGOUT", "LOGIN_FAILED"]);
    assert_eq!(records[0].object_id, Some(first.id.to_string()));
    assert_eq!(
        records[0].table_name.as_deref(),
        Some("audit_login_attempt")
    );
    assert_eq!(records[1].actor_id.as_deref(), Some("42"));
    Ok(())
}

/// An export holds all that is known of it, and counts its downloads though many come at once.
pub async fn an_export_is_whole(t: &mut Test) -> Outcome {
    let ada = AuditContext::new()
        .actor(Actor::new(42).with_name("Ada"))
        .ip([192, 0, 2, 7]);
    let export = DataExport::new("Users")
        .format("JSON")
        .records(100)
        .bytes(1024)
        .filters(json!({"country": "AT"}))
        .path("exports/users.json")
        .record_with_returning(&t.db);
    let export = ada.scope(export).await?.ok_or("exports are not skipped")?;
    let stored = data_export::Entity::find_by_id(export.id)
        .one(&t.db)
        .await?
        .ok_or("it is there")?;
    assert_eq!(stored, export);
    assert_eq!(
        (export.record_count, export.file_size, export.download_count),
        (100, 1024, 0)
    );
    assert_eq!(
        (export.actor_id.as_deref(), export.actor_name.as_deref()),
        (Some("42"), Some("Ada"))
    );
    assert_eq!(
        (export.export_type.as_str(), export.file_format.as_str()),
        ("Users", "JSON")
    );
    assert_eq!(export.filters_applied, Some(json!({"country": "AT"})));
    assert_eq!(export.ip_address.as_deref(), Some("192.0.2.7"));
    assert_eq!(export.file_path.as_deref(), Some("exports/users.json"));

    try_join_all((0..50).map(|_| export.record_download(&t.db))).await?;
    let stored = data_export::Entity::find_by_id(export.id)
        .one(&t.db)
        .await?
        .ok_or("it is there")?;
    assert_eq!(stored.download_count, 50);

    let record = t.only_record().await?;
    assert_eq!(
        (record.action.as_str(), record.object_id),
        ("EXPORT", Some(export.id.to_string()))
    );
    assert_eq!(record.object_repr.as_deref(), Some("Users (JSON)"));
    Ok(())
}

/// An event holds all that is known of it, down to the line that made it; the first who resolves it stays.
pub async fn a_system_event_is_whole(t: &mut Test) -> Outcome {
    let request = AuditContext::new()
        .actor(Actor::new(42).with_name("Ada"))
        .ip([192, 0, 2, 7])
        .request_id("r-1");
    let line = line!() + 1;
    let event = SystemEvent::error("payment refused")
        .code("GW-402")
        .description("d")
        .stack_trace("s")
        .function("pay");
    let event = request
        .scope(event.record_with_returning(&t.db))
        .await?
        .ok_or("events are not skipped")?;
    let stored = system_event::Entity::find_by_id(event.id)
        .one(&t.db)
        .await?
        .ok_or("it is there")?;
    assert_eq!(stored, event);
    assert!(
        event
            .module
            .as_deref()
            .is_some_and(|module| module.ends_with("events.rs"))
    );
    assert_eq!(event.line_number, Some(i32::try_from(line)?));
    assert_eq!(event.event_type.to_string(), "ERROR");
    let texts = [
        (&event.error_code, "GW-402"),
        (&event.description, "d"),
        (&event.stack_trace, "s"),
        (&event.function_name, "pay"),
        (&event.actor_id, "42"),
        (&event.actor_name, "Ada"),
        (&event.ip_address, "192.0.2.7"),
        (&event.request_id, "r-1"),
    ];
    for (text, expected) in texts {
        assert_eq!(text.as_deref(), Some(expected));
    }
    assert!(!event.resolved);
    let first = event.mark_resolved("ada", &t.db).await?;
    let second = event.mark_resolved("bob", &t.db).await?;
    assert_eq!(first, second);
    assert_eq!(
        (first.resolved, first.resolved_by.as_deref()),
        (true, Some("ada"))
    );
    assert!(first.resolved_at.is_some());
    Ok(())
}

/// An action whose name does not fit is an error that says so, or a loss that is counted, and leaves no record.
pub async fn an_action_that_has_no_name(t: &mut Test) -> Outcome {
    let refused = AuditEvent::custom("publish").record(&t.db).await;
    let refused = refused.expect_err("it has lower-case letters");
    assert!(matches!(refused.audit_err(), Some(Error::Action(_))));
    assert!(refused.to_string().contains("`publish`"), "{refused}");
    let config = AuditConfig::new().on_failure(OnFailure::Log);
    let event = AuditEvent::custom("publish").record(&t.db);
    let (recorded, lost) = losses_of(config.scope(event)).await;
    recorded?;
    assert_eq!(lost.len(), 1);
    assert_eq!(t.records().await?, []);
    Ok(())
}

/// An event of the application's own names its object and its changes.
pub async fn an_audit_event_is_whole(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let cake = AuditContext::unaudited("fixture", cake::named("Sacher").insert(&t.db)).await?;
    AuditEvent::custom("PUBLISH")
        .on(&cake)
        .actor(Actor::new("ada"))
        .change("status", "draft", "live")
        .change("views", None::<i64>, 7_i64)
        .reason("season opens")
        .metadata(json!({"season": 1}))
        .record(&t.db)
        .await?;
    let record = t.only_record().await?;
    assert_eq!(record.action()?, Action::custom("PUBLISH")?);
    assert_eq!(
        record.old_values,
        Some(json!({"status": "draft", "views": null}))
    );
    assert_eq!(
        record.new_values,
        Some(json!({"status": "live", "views": 7}))
    );
    assert_eq!(record.object_id, Some(cake.id.to_string()));
    assert_eq!(record.object_repr.as_deref(), Some("Sacher"));
    assert_eq!(
        (record.actor_id.as_deref(), record.reason.as_deref()),
        (Some("ada"), Some("season opens"))
    );
    Ok(())
}

/// Where one of the two rows of a login or an export cannot be written, neither is, and an outer transaction
/// goes on.
pub async fn the_two_rows_of_an_event_are_both_or_neither(t: &mut Test) -> Outcome {
    t.db.execute_unprepared("DROP TABLE audit_log").await?;
    let transaction = t.db.begin().await?;
    LoginAttempt::failed("ada")
        .record(&transaction)
        .await
        .expect_err("there is no audit_log");
    DataExport::new("Users")
        .record(&transaction)
        .await
        .expect_err("there is no audit_log");
    SystemEvent::info("the transaction goes on")
        .record(&transaction)
        .await?;
    transaction.commit().await?;
    LoginAttempt::success("ada")
        .record(&t.db)
        .await
        .expect_err("there is no audit_log");
    assert!(login_attempt::Entity::find().one(&t.db).await?.is_none());
    assert!(data_export::Entity::find().one(&t.db).await?.is_none());
    assert!(system_event::Entity::find().one(&t.db).await?.is_some());
    Ok(())
}

/// What is reported in an unaudited scope is not written.
pub async fn unaudited_events_leave_nothing(t: &mut Test) -> Outcome {
    let (written, sent) = t
        .sent(AuditContext::unaudited("test", async {
            LoginAttempt::failed("ada").record(&t.db).await?;
            DataExport::new("Users").record(&t.db).await?;
            SystemEvent::error("e").record(&t.db).await?;
            AuditEvent::new(Action::Import).record(&t.db).await
        }))
        .await;
    written?;
    assert_eq!(sent, Vec::<String>::new());
    Ok(())
}
