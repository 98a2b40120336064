//! Questions to the trail: right answers, whole pages, and an index behind each.

use std::collections::BTreeSet;

use audit_sea_orm::{TrailCursor, TrailQuery, prelude::*};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, JsonValue,
    ModelTrait, QueryFilter, QueryOrder, QueryTrait, Select, Set, Statement, prelude::DateTimeUtc,
};
use serde_json::json;

use crate::{
    Backend, Outcome, Test,
    entity::{cake, pie},
};

/// Second `n` after an arbitrary time.
fn at(seconds: i64) -> DateTimeUtc {
    DateTimeUtc::from_timestamp(1_800_000_000 + seconds, 0).expect("a time that there is")
}

fn record(seconds: i64, object: i64, actor: &str, request: &str) -> audit_log::ActiveModel {
    audit_log::ActiveModel {
        occurred_at: Set(at(seconds)),
        action: Set("UPDATE".to_owned()),
        table_name: Set(Some("pie".to_owned())),
        object_id: Set(Some(object.to_string())),
        actor_id: Set(Some(actor.to_owned())),
        request_id: Set(Some(request.to_owned())),
        transaction_id: Set(Some(format!("transaction of {request}"))),
        new_values: Set(Some(json!({"price": seconds}))),
        ..Default::default()
    }
}

/// 6,000 records: three to a second, of 60 objects, 30 actors and 2,000 requests.
async fn seed(t: &Test) -> Result<(), DbErr> {
    let records: Vec<_> = (0..6_000_i64)
        .map(|n| {
            record(
                n / 3,
                n % 60,
                &format!("actor-{}", n % 30),
                &format!("request-{}", n / 3),
            )
        })
        .collect();
    for chunk in records.chunks(500) {
        audit_log::Entity::insert_many(chunk.to_vec())
            .exec(&t.db)
            .await?;
    }
    let analyze = match t.db.get_database_backend() {
        DbBackend::MySql => "ANALYZE TABLE audit_log",
        _ => "ANALYZE audit_log",
    };
    t.db.execute_unprepared(analyze).await.map(drop)
}

/// Each question finds its own records and no others, also combined.
pub async fn each_question_finds_its_records(t: &mut Test) -> Outcome {
    seed(t).await?;
    let count =
        async |select: Select<audit_log::Entity>| Ok::<_, DbErr>(select.all(&t.db).await?.len());
    let pie = pie::Model {
        id: 7,
        price: 0,
        stock: 0,
    };
    assert_eq!(count(audit_log::Entity::for_object(&pie)).await?, 100);
    assert_eq!(count(audit_log::Entity::for_key("pie", "7")).await?, 100);
    assert_eq!(count(audit_log::Entity::for_key("cake", "7")).await?, 0);
    assert_eq!(count(audit_log::Entity::by_actor("actor-7")).await?, 200);
    assert_eq!(count(audit_log::Entity::by_request("request-5")).await?, 3);
    let of_transaction = audit_log::Entity::of_transaction("transaction of request-5");
    assert_eq!(count(of_transaction).await?, 3);
    assert_eq!(count(audit_log::Entity::between(at(10), at(12))).await?, 6);
    // Beyond the years that a TIMESTAMP of MariaDB knows.
    let ages = audit_log::Entity::between(at(-9_000_000_000), at(9_000_000_000));
    assert_eq!(count(ages).await?, 6_000);
    let combined = audit_log::Entity::for_object(&pie)
        .by_actor("actor-7")
        .between(at(0), at(100));
    assert_eq!(count(combined).await?, 5);
    assert_eq!(
        count(audit_log::Entity::for_object(&pie).by_actor("actor-8")).await?,
        0
    );
    Ok(())
}

/// Pages forward and back hold every row once, though three share each time.
pub async fn pages_hold_every_row_once(t: &mut Test) -> Outcome {
    seed(t).await?;
    let mut seen = Vec::new();
    let mut next: Option<TrailCursor> = None;
    loop {
        let select = audit_log::Entity::by_actor("actor-7").newest_first();
        let select = next.into_iter().fold(select, TrailQuery::older_than);
        let page = select.page(&t.db, 7).await?;
        seen.extend(page.rows.iter().map(|row| row.id));
        // The cursor survives the way through a URL.
        match page.next {
            Some(cursor) => next = Some(cursor.to_string().parse()?),
            None => break,
        }
    }
    assert!(seen.is_sorted_by(|newer, older| newer > older));
    assert_eq!(seen.len(), 200);

    let mut back = Vec::new();
    let mut next: Option<TrailCursor> = None;
    loop {
        let select = audit_log::Entity::find().oldest_first();
        let select = next.into_iter().fold(select, TrailQuery::newer_than);
        let page = select.page(&t.db, 1_000).await?;
        back.extend(page.rows.iter().map(|row| row.id));
        match page.next {
            Some(cursor) => next = Some(cursor),
            None => break,
        }
    }
    assert_eq!(back.len(), 6_000, "each once");
    assert_eq!(back.into_iter().collect::<BTreeSet<_>>().len(), 6_000);
    Ok(())
}

/// `changed` minds whole names and letter case, and is not fooled by keys inside JSON values.
pub async fn changed_finds_just_the_records_with_the_column(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let cake = cake::named("Sacher").insert(&t.db).await?;
    let event = |column: &str, value: JsonValue| {
        AuditEvent::new(Action::View)
            .on(&cake)
            .change(column, value.clone(), value)
    };
    let hostile = json!({"price": 1, "text": "\" \"price\": \"", "list": [{"price": 2}]});
    event("colour", hostile).record(&t.db).await?;
    event("price_old", json!(1)).record(&t.db).await?;
    event("Price", json!(1)).record(&t.db).await?;
    event("a\"b%_\\", json!(1)).record(&t.db).await?;

    let count = async |column: &str| {
        let select = audit_log::Entity::for_object(&cake).changed(column);
        Ok::<_, DbErr>(select.all(&t.db).await?.len())
    };
    let expected = [
        ("price", 1),
        ("Price", 1),
        ("price_old", 1),
        ("colour", 1),
        ("a\"b%_\\", 1),
        ("a\"b%_", 0),
        ("%", 0),
        ("text", 0),
        ("draft", 0),
    ];
    for (column, records) in expected {
        assert_eq!(count(column).await?, records, "{column}");
    }
    let typed = async |column: cake::Column| {
        let select = audit_log::Entity::changed(column);
        Ok::<_, DbErr>(select.all(&t.db).await?.len())
    };
    // Masked columns stand in records, skipped ones do not.
    assert_eq!(typed(cake::Column::Price).await?, 1);
    assert_eq!(typed(cake::Column::SecretRecipe).await?, 1);
    assert_eq!(typed(cake::Column::Draft).await?, 0);
    // A delete has old values only.
    cake.clone().delete(&t.db).await?;
    assert_eq!(count("price").await?, 2);
    Ok(())
}

/// Each question is answered from the index made for it, in its order, without a scan of the table.
pub async fn each_question_has_its_index(t: &mut Test) -> Outcome {
    seed(t).await?;
    let cursor = TrailCursor::from(3_000);
    let questions = [
        ("object", audit_log::Entity::for_key("pie", "7")),
        ("actor", audit_log::Entity::by_actor("actor-7")),
        ("request", audit_log::Entity::by_request("request-5")),
        (
            "transaction",
            audit_log::Entity::of_transaction("transaction of request-5"),
        ),
    ];
    let within = audit_log::Entity::between(at(10), at(12));
    let questions = questions.map(|(index, question)| {
        let page = question.newest_first().older_than(cursor);
        (index, page)
    });
    for (index, select) in questions.into_iter().chain([("time", within)]) {
        let plan = explain(t, limited(select)).await?;
        // PostgreSQL goes by the number where it hopes to meet the page's rows soon.
        let by_number = t.backend == Backend::Postgres && plan.contains("audit_log_pkey");
        assert!(
            by_number || plan.contains(&format!("idx_audit_log_{index}")),
            "{index}: {plan}"
        );
        assert!(
            t.backend != Backend::MySql || !plan.contains(r#""type":"ref""#),
            "{index} is read from a place on: {plan}"
        );
    }
    Ok(())
}

fn limited(select: Select<audit_log::Entity>) -> Select<audit_log::Entity> {
    sea_orm::QuerySelect::limit(select, 20)
}

/// The database's plan, as one text.
pub(super) async fn explain<E: EntityTrait>(t: &Test, select: Select<E>) -> Result<String, DbErr> {
    let backend = t.db.get_database_backend();
    let mut statement: Statement = select.build(backend);
    let explain = match backend {
        DbBackend::Sqlite => "EXPLAIN QUERY PLAN",
        _ => "EXPLAIN",
    };
    statement.sql = format!("{explain} {}", statement.sql);
    let rows = JsonValue::find_by_statement(statement).all(&t.db).await?;
    Ok(rows.iter().map(ToString::to_string).collect())
}

/// The summary counts the period, for everyone and for one actor, in at most four statements.
pub async fn the_summary_counts(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let ada = AuditContext::new().actor(Actor::new(42).with_name("Ada"));
    ada.scope(async {
        let cake = cake::named("Sacher").insert(&t.db).await?;
        AuditEvent::view(&cake).record(&t.db).await?;
        SystemEvent::error("an error of hers").record(&t.db).await?;
        LoginAttempt::success("ada").record(&t.db).await?;
        let mut edit: cake::ActiveModel = cake.into();
        edit.price = Set(1);
        edit.update(&t.db).await?.delete(&t.db).await?;
        Ok::<_, audit_sea_orm::Error>(())
    })
    .await?;
    LoginAttempt::failed("mallory").record(&t.db).await?;
    // Nobody knows who it was, but the name is one that the actor has in records.
    LoginAttempt::failed("Ada").record(&t.db).await?;
    LoginAttempt::blocked("mallory").record(&t.db).await?;
    let warning = SystemEvent::warning("w")
        .record_with_returning(&t.db)
        .await?
        .ok_or("warnings are recorded")?;
    warning.mark_resolved("ada", &t.db).await?;
    let mut old = record(0, 1, "42", "r");
    old.occurred_at = Set(DateTimeUtc::UNIX_EPOCH);
    old.insert(&t.db).await?;

    let (all, sent) = t.sent(SummaryQuery::last_days(30).load(&t.db)).await;
    let all = all?;
    assert!((1..=4).contains(&sent.len()), "{sent:?}");
    assert_eq!(
        (all.creates, all.updates, all.deletes, all.views),
        (1, 1, 1, 1)
    );
    assert_eq!(
        (all.successful_logins, all.failed_logins, all.blocked_logins),
        (1, 2, 1)
    );
    assert_eq!(
        (all.system_errors, all.unresolved_events, all.total_actions),
        (1, 1, 8)
    );

    let hers = SummaryQuery::last_days(30).actor("42").load(&t.db).await?;
    assert_eq!(
        (
            hers.total_actions,
            hers.successful_logins,
            hers.failed_logins
        ),
        (5, 1, 1)
    );
    assert_eq!((hers.system_errors, hers.unresolved_events), (1, 1));
    let nobody = SummaryQuery::last_days(30).actor("43").load(&t.db).await?;
    assert_eq!(
        nobody,
        SummaryQuery::between(at(0), at(0)).load(&t.db).await?
    );
    Ok(())
}

/// Of a period the summary counts what lies in it: its first moment, not its last.
pub async fn the_summary_keeps_to_its_period(t: &mut Test) -> Outcome {
    for second in [9, 10, 11, 12] {
        record(second, 1, "42", "r").insert(&t.db).await?;
    }
    let period = SummaryQuery::between(at(10), at(12)).load(&t.db).await?;
    assert_eq!((period.total_actions, period.updates), (2, 2));
    Ok(())
}

/// A select can be refined by anything that SeaORM offers.
pub async fn a_select_can_be_refined(t: &mut Test) -> Outcome {
    seed(t).await?;
    let refined = audit_log::Entity::by_actor("actor-7")
        .filter(sea_orm::ColumnTrait::starts_with(
            &audit_log::Column::RequestId,
            "request-1",
        ))
        .order_by_asc(audit_log::Column::RequestId);
    assert!(!refined.all(&t.db).await?.is_empty());
    Ok(())
}
