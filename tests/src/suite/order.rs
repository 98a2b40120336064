//! One order for all records, whoever's clock they have: that of their numbers.

use std::time::Duration;

use audit_sea_orm::{TrailCursor, TrailEntity, TrailQuery, capture, prelude::*};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, IntoActiveModel,
    ModelTrait, QueryFilter, QueryOrder, Select, Set, TransactionTrait,
    prelude::DateTimeUtc,
    sea_query::{BinOper, Expr},
};
use serde_json::Value;

use crate::{
    Backend, Outcome, Test,
    entity::{cake, ledger::account},
    site::Site,
};

/// More than two windows of the admin.
const ROWS: i32 = 4_200;

/// Milliseconds after the midnight before 10 March 2026.
fn at(milliseconds: i64) -> DateTimeUtc {
    DateTimeUtc::from_timestamp_millis(1_773_100_800_000 + milliseconds).expect("a time that is")
}

async fn accounts(t: &Test) -> Result<(), DbErr> {
    t.create_table(account::Entity).await?;
    capture::install(&t.db, account::Entity).await.map(drop)
}

/// A writer that waits for another's lock comes after it, in the history and in each state that is rebuilt from it,
/// though its statement began before the other's last.
pub async fn a_writer_that_waits_is_the_last(t: &mut Test) -> Outcome {
    accounts(t).await?;
    account::numbered(1).insert(&t.db).await?;
    let set = |balance: i64| {
        account::Entity::update_many()
            .col_expr(account::Column::Balance, balance.into())
            .filter(account::Column::Id.eq(1))
    };
    let first = t.db.begin().await?;
    set(1).exec(&first).await?;
    let (db, last) = (t.db.clone(), set(500));
    let second = tokio::spawn(async move { last.exec(&db).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    set(2).exec(&first).await?;
    first.commit().await?;
    second.await??;

    let balances = async |select: Select<audit_log::Entity>| {
        let records = select.all(&t.db).await?.into_iter();
        let balance = |record: audit_log::Model| record.new_values?["balance"].as_i64();
        Ok::<_, DbErr>(records.map(balance).collect::<Vec<_>>())
    };
    let history = audit_log::Entity::for_key("ledger_account", "1");
    let expected = [100, 1, 2, 500].map(Some);
    assert_eq!(balances(history.clone()).await?, expected);
    let newest = balances(history.newest_first()).await?;
    assert!(newest.iter().rev().eq(&expected), "{newest:?}");
    let api = "/api/history?table=ledger_account&object=1";
    let api: Value = serde_json::from_str(&Site::new(&t.db).page(api).await.text)?;
    assert_eq!(api["points"][0]["state"]["values"]["balance"], 500);
    Ok(())
}

/// Records of both tiers, most of them of one statement and one time, by three clocks that are five seconds apart, from
/// shortly before midnight to shortly after.
async fn mixed(t: &Test) -> Outcome {
    accounts(t).await?;
    t.create_table(cake::Entity).await?;
    for round in 0..9 {
        let cake = cake::named(&format!("Sacher {round}"))
            .insert(&t.db)
            .await?;
        let mut edit = cake.into_active_model();
        edit.price = Set(round);
        edit.update(&t.db).await?;
    }
    let rows: Vec<_> = (1..=ROWS).map(account::numbered).collect();
    account::Entity::insert_many(rows).exec(&t.db).await?;
    for round in 0..9 {
        let cake = cake::named(&format!("Linzer {round}"))
            .insert(&t.db)
            .await?;
        let mut edit = account::numbered(1).reset_all();
        edit.balance = Set(round);
        edit.update(&t.db).await?;
        cake.delete(&t.db).await?;
    }
    shift_clocks(t).await?;
    if t.backend == Backend::Sqlite {
        // As a trigger spells it, which the hooks do not.
        let spelled = "UPDATE audit_log SET occurred_at = replace(occurred_at, '.500+', '.500000+') WHERE id % 2";
        sea_orm::ConnectionTrait::execute_unprepared(&t.db, spelled).await?;
    }
    Ok(())
}

/// Gives the records the times of three clocks, by turns.
async fn shift_clocks(t: &Test) -> Result<(), DbErr> {
    let clocks = [at(-2_500), at(2_500), at(-7_500)];
    for (clock, time) in (0..).zip(clocks) {
        let number = Expr::col(audit_log::Column::Id).binary(BinOper::Mod, 3);
        audit_log::Entity::update_many()
            .col_expr(audit_log::Column::OccurredAt, time.fixed_offset().into())
            .filter(number.eq(clock))
            .exec(&t.db)
            .await?;
    }
    Ok(())
}

/// The numbers of the rows that a question finds, the newest first.
async fn expected(t: &Test, is_asked: fn(&audit_log::Model) -> bool) -> Result<Vec<i64>, DbErr> {
    let records = t.records().await?.into_iter().rev();
    Ok(records.filter(is_asked).map(|row| row.id).collect())
}

fn day(record: &audit_log::Model) -> String {
    record.occurred_at.format("%Y-%m-%d").to_string()
}

/// What a list is asked for, and which rows fit.
type Question = (&'static str, fn(&audit_log::Model) -> bool);

/// Those that are asked of every walk.
const QUESTIONS: [Question; 9] = [
    ("", |_| true),
    ("action=CREATE", |row| row.action == "CREATE"),
    ("table=cake", |row| {
        row.table_name.as_deref() == Some("cake")
    }),
    ("object=1", |row| row.object_id.as_deref() == Some("1")),
    ("q=account+1", |row| {
        let name = row.object_repr.as_deref().unwrap_or_default();
        name.contains("account 1")
    }),
    ("date=2026-03-09", |row| day(row) == "2026-03-09"),
    ("date=2026-03-10", |row| day(row) == "2026-03-10"),
    ("from=2026-03-10&until=2026-03-10&table=cake", |row| {
        day(row) == "2026-03-10" && row.table_name.as_deref() == Some("cake")
    }),
    ("date=2026-03&action=CREATE", |row| {
        day(row).starts_with("2026-03") && row.action == "CREATE"
    }),
];

/// Every walk over the trail meets each row once, in both directions, and ends: by query, list, API and file.
pub async fn every_walk_meets_each_row_once(t: &mut Test) -> Outcome {
    mixed(t).await?;
    public_walks(t).await?;
    for (question, is_asked) in QUESTIONS {
        api_walk(t, question, &expected(t, is_asked).await?).await?;
        files(t, question, is_asked).await?;
    }
    Ok(())
}

/// Pages that nobody gave an order have that of the numbers, so that a walk by their cursors meets each row once, from
/// either end: in every table, whatever else the rows are ordered by, and whichever was written last.
pub async fn pages_have_an_order_by_themselves(t: &mut Test) -> Outcome {
    for number in 0..25 {
        AuditEvent::new(Action::Export).record(&t.db).await?;
        LoginAttempt::success("ada").record(&t.db).await?;
        DataExport::new("cake")
            .records(number)
            .record(&t.db)
            .await?;
        SystemEvent::info("walked").record(&t.db).await?;
    }
    both_ways::<audit_log::Entity>(t, "action").await?;
    both_ways::<login_attempt::Entity>(t, "username").await?;
    both_ways::<data_export::Entity>(t, "file_format").await?;
    both_ways::<system_event::Entity>(t, "title").await
}

async fn both_ways<E: TrailEntity<Model: Send + Sync>>(t: &Test, text: &str) -> Outcome {
    let table = E::default();
    let table = table.table_name();
    // PostgreSQL writes what is updated behind all others.
    for rows in [[20, 22], [3, 9], [12, 14]] {
        let [from, to] = rows;
        let moved = format!("UPDATE {table} SET {text} = 'moved' WHERE id BETWEEN {from} AND {to}");
        t.db.execute_unprepared(&moved).await?;
    }
    let numbers = |rows: &[E::Model]| rows.iter().map(|row| E::cursor(row).id()).collect();
    let all: Vec<i64> = numbers(&E::find().oldest_first().all(&t.db).await?);
    let back = async |first: Select<E>| {
        let (mut page, mut met) = (first.page(&t.db, 4).await?, Vec::new());
        loop {
            met.extend::<Vec<i64>>(numbers(&page.rows));
            let Some(next) = page.next.filter(|_| met.len() <= all.len()) else {
                return Ok::<_, DbErr>(met);
            };
            page = E::find().older_than(next).page(&t.db, 4).await?;
        }
    };
    let expected: Vec<i64> = all.iter().rev().copied().collect();
    assert_eq!(back(E::find()).await?, expected, "{table}");
    let by_time = E::find().order_by_asc(E::OCCURRED_AT);
    assert_eq!(back(by_time).await?, expected, "{table}");

    let (mut forth, mut next) = (Vec::new(), Some(TrailCursor::from(0)));
    while let Some(cursor) = next.filter(|_| forth.len() <= all.len()) {
        let page = E::find().newer_than(cursor).page(&t.db, 4).await?;
        forth.extend::<Vec<i64>>(numbers(&page.rows));
        next = page.next;
    }
    assert_eq!(forth, all, "{table}");
    Ok(())
}

async fn public_walks(t: &Test) -> Outcome {
    let all = expected(t, |_| true).await?;
    let (mut back, mut next) = (Vec::new(), None::<TrailCursor>);
    loop {
        let select = audit_log::Entity::find().newest_first();
        let select = next.into_iter().fold(select, TrailQuery::older_than);
        let page = select.page(&t.db, 97).await?;
        back.extend(page.rows.iter().map(|row| row.id));
        next = page.next;
        if next.is_none() || back.len() > all.len() {
            break;
        }
    }
    assert_eq!(back, all);
    let (mut forth, mut next) = (Vec::new(), None::<TrailCursor>);
    loop {
        let select = audit_log::Entity::find().oldest_first();
        let select = next.into_iter().fold(select, TrailQuery::newer_than);
        let page = select.page(&t.db, 97).await?;
        forth.extend(page.rows.iter().map(|row| row.id));
        next = page.next;
        if next.is_none() || forth.len() > all.len() {
            break;
        }
    }
    assert!(forth.iter().rev().eq(&all));
    Ok(())
}

/// Walks back to the end, and forth again.
async fn api_walk(t: &Test, question: &str, all: &[i64]) -> Outcome {
    let site = Site::new(&t.db);
    let list = format!("/api/records?size=97&{question}");
    let page = async |place: &str| {
        let text = site.page(&format!("{list}{place}")).await.text;
        let page: Value = serde_json::from_str(&text)?;
        let rows = page["rows"].as_array().cloned().unwrap_or_default();
        let ids: Vec<i64> = rows.iter().filter_map(|row| row["id"].as_i64()).collect();
        Ok::<_, serde_json::Error>((ids, page))
    };
    let (mut back, mut place) = (Vec::new(), String::new());
    for _ in 0..200 {
        let (ids, answer) = page(&place).await?;
        back.extend(ids);
        match answer["older"].as_str() {
            Some(older) => place = format!("&before={older}"),
            None => break,
        }
    }
    assert_eq!(back, all, "{question}");
    let (mut forth, mut place) = (Vec::new(), "&after=0".to_owned());
    for _ in 0..200 {
        let (ids, answer) = page(&place).await?;
        forth.splice(0..0, ids);
        match answer["newer"].as_str() {
            Some(newer) => place = format!("&after={newer}"),
            None => break,
        }
    }
    assert_eq!(forth, all, "{question}");
    Ok(())
}

/// A file holds every row, and its receipt counts them.
async fn files(t: &Test, question: &str, is_asked: fn(&audit_log::Model) -> bool) -> Outcome {
    let site = Site::new(&t.db);
    let all = expected(t, is_asked).await?;
    let csv = site.page(&format!("/records/export.csv?{question}")).await;
    let mut rows = csv::Reader::from_reader(csv.text.as_bytes());
    let mut ids = Vec::new();
    for row in rows.records() {
        ids.push(row?[0].parse::<i64>()?);
    }
    assert_eq!(ids, all, "{question}");
    // The first export left a record.
    let more = expected(t, is_asked).await?;
    let lines = site
        .page(&format!("/records/export.jsonl?{question}"))
        .await;
    let lines = lines.text.lines().map(serde_json::from_str::<Value>);
    let lines: Vec<Value> = lines.collect::<Result<_, _>>()?;
    let ids: Vec<i64> = lines.iter().filter_map(|row| row["id"].as_i64()).collect();
    assert_eq!(ids, more, "{question}");
    let receipts = data_export::Entity::find().newest_first().page(&t.db, 2);
    let counts = receipts.await?.rows.into_iter().map(|row| row.record_count);
    let counts: Vec<usize> = counts.map(usize::try_from).collect::<Result<_, _>>()?;
    assert_eq!(counts, [more.len(), all.len()], "{question}");
    Ok(())
}

/// Whoever asks for an object's records need not ask for their order, wherever a database keeps them.
pub async fn an_objects_records_are_in_order_by_themselves(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let mut cake = cake::named("Sacher").insert(&t.db).await?;
    for price in 1..=4 {
        let mut edit = cake.into_active_model();
        edit.price = Set(price);
        cake = edit.update(&t.db).await?;
    }
    // PostgreSQL puts a row that is changed behind the others.
    audit_log::Entity::update_many()
        .col_expr(audit_log::Column::Reason, "marked".into())
        .filter(audit_log::Column::Id.lt(3))
        .exec(&t.db)
        .await?;
    let ids = async |select: Select<audit_log::Entity>| {
        let records = select.all(&t.db).await?;
        Ok::<_, DbErr>(records.iter().map(|row| row.id).collect::<Vec<_>>())
    };
    let history = audit_log::Entity::for_object(&cake);
    assert_eq!(ids(history.clone()).await?, [1, 2, 3, 4, 5]);
    assert_eq!(ids(history.newest_first()).await?, [5, 4, 3, 2, 1]);
    Ok(())
}

/// More changes of one object than a page of its history has, by three clocks: each state is that of its change.
pub async fn a_long_history_is_in_order_whatever_the_clocks(t: &mut Test) -> Outcome {
    accounts(t).await?;
    account::numbered(1).insert(&t.db).await?;
    for balance in 1..=450_i64 {
        account::Entity::update_many()
            .col_expr(account::Column::Balance, balance.into())
            .filter(account::Column::Id.eq(1))
            .exec(&t.db)
            .await?;
    }
    shift_clocks(t).await?;
    let site = Site::new(&t.db);
    let (mut balances, mut older) = (Vec::new(), String::new());
    loop {
        let api = format!("/api/history?table=ledger_account&object=1{older}");
        let page: Value = serde_json::from_str(&site.page(&api).await.text)?;
        let points = page["points"].as_array().ok_or("points")?;
        let balance = |point: &Value| point["state"]["values"]["balance"].as_i64();
        balances.extend(points.iter().map(balance));
        match page["older"].as_str() {
            Some(cursor) => older = format!("&before={cursor}"),
            None => break,
        }
    }
    let expected: Vec<_> = (1..=450).rev().chain([100]).map(Some).collect();
    assert_eq!(balances, expected);
    Ok(())
}

/// A range holds its first moment and not its last, however many digits SQLite has of a time.
pub async fn a_range_is_right_however_a_time_is_spelled(t: &mut Test) -> Outcome {
    let moments = [0, 1, 120, 784, 999, 1_000].map(at);
    let (last, digits) = (at(784) + Duration::from_micros(1), [0, 3, 6]);
    let moments = moments.into_iter().chain([last]);
    for time in moments.clone().flat_map(|time| digits.map(|_| time)) {
        AuditEvent::new(Action::View).record(&t.db).await?;
        audit_log::Entity::update_many()
            .col_expr(audit_log::Column::OccurredAt, time.fixed_offset().into())
            .filter(audit_log::Column::Reason.is_null())
            .col_expr(audit_log::Column::Reason, "timed".into())
            .exec(&t.db)
            .await?;
    }
    if t.backend == Backend::Sqlite {
        for (third, spelled) in ["", ".000", ".000000"].into_iter().enumerate() {
            let whole = format!(
                "UPDATE audit_log SET occurred_at = substr(occurred_at, 1, 19) || '{spelled}+00:00' \
                 WHERE occurred_at LIKE '____-__-__T__:__:__+%' AND id % 3 = {third}"
            );
            sea_orm::ConnectionTrait::execute_unprepared(&t.db, &whole).await?;
        }
        let six = "UPDATE audit_log SET occurred_at = replace(occurred_at, '+00:00', '000+00:00') \
                   WHERE occurred_at LIKE '%.___+00:00' AND id % 2";
        sea_orm::ConnectionTrait::execute_unprepared(&t.db, six).await?;
    }
    let records = t.records().await?;
    for from in moments.clone() {
        for until in moments.clone() {
            let within = audit_log::Entity::between(from, until).oldest_first();
            let expected = records
                .iter()
                .filter(|row| (from..until).contains(&row.occurred_at));
            let expected: Vec<_> = expected.cloned().collect();
            assert_eq!(within.all(&t.db).await?, expected, "{from} to {until}");
        }
    }
    Ok(())
}

/// Records that were brought in later, with the times that they had elsewhere, are on the pages of their period.
pub async fn a_period_holds_rows_that_came_later(t: &mut Test) -> Outcome {
    let record = |minute: i64| audit_log::ActiveModel {
        occurred_at: Set(at(minute * 60_000)),
        action: Set("VIEW".to_owned()),
        ..Default::default()
    };
    // The application's own of three days, and then older ones, up to the evening of the first.
    for minutes in [0..4_320, -4_320..1_200_i64] {
        for chunk in minutes.map(record).collect::<Vec<_>>().chunks(1_000) {
            let chunk = chunk.iter().cloned();
            audit_log::Entity::insert_many(chunk).exec(&t.db).await?;
        }
    }
    let questions: [Question; 5] = [
        ("date=2026-03-09", |row| day(row) == "2026-03-09"),
        ("date=2026-03-10", |row| day(row) == "2026-03-10"),
        ("from=2026-03-10&until=2026-03-11", |row| {
            day(row) == "2026-03-10" || day(row) == "2026-03-11"
        }),
        ("until=2026-03-10", |row| *day(row) <= *"2026-03-10"),
        ("date=2026-03", |row| day(row).starts_with("2026-03")),
    ];
    for (question, is_asked) in questions {
        api_walk(t, question, &expected(t, is_asked).await?).await?;
    }
    Ok(())
}
