//! An object together with its parts, as one timeline: present ones, deleted ones, and those that moved.

use audit_migration::timeline::TimelineExt;
use audit_sea_orm::{capture, prelude::*};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, IntoActiveModel,
    ModelTrait, Set,
};
use sea_orm_migration::SchemaManager;

use crate::{
    Backend, Outcome, Test,
    by_hand::Record,
    entity::shop::{category, customer, line, order},
    explained::{Watched, plan},
};

async fn open(t: &Test) -> Result<(), DbErr> {
    t.create_table(customer::Entity).await?;
    t.create_table(order::Entity).await?;
    t.create_table(line::Entity).await?;
    capture::install(&t.db, order::Entity).await?;
    capture::install(&t.db, line::Entity).await.map(drop)
}

/// The number of a record, its object's table and key, and its action.
type Told = (i64, String, String, String);

fn told(records: &[audit_log::Model]) -> Vec<Told> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let told = records.iter().map(|record| {
        let (table, id) = (text(&record.table_name), text(&record.object_id));
        (record.id, table, id, record.action.clone())
    });
    told.collect()
}

/// Those of the records that tell of these objects.
fn of(records: &[audit_log::Model], objects: &[(&str, &str)]) -> Vec<Told> {
    let mut told = told(records);
    told.retain(|(_, table, id, _)| objects.contains(&(table.as_str(), id.as_str())));
    told
}

async fn note(
    order: &order::Model,
    note: &str,
    db: &AuditedConnection,
) -> Result<order::Model, DbErr> {
    let mut edit = order.clone().into_active_model();
    edit.note = Set(Some(note.to_owned()));
    edit.update(db).await
}

/// Two customers with orders and lines: one order is deleted with its line, another goes from the one to the other customer, a line is
/// older than the audit log, and an order never had a customer.
async fn story(t: &Test) -> Result<(), DbErr> {
    let db = t.db.audited();
    customer::numbered(1).insert(&db).await?;
    customer::numbered(2).insert(&db).await?;
    order::numbered(5, None).insert(&db).await?;
    let deleted = order::numbered(11, Some(1)).insert(&db).await?;
    let moved = order::numbered(12, Some(1)).insert(&db).await?;
    let other = order::numbered(13, Some(2)).insert(&db).await?;
    let silent = AuditConfig::new().enabled(false);
    let old = silent
        .scope(order::numbered(14, Some(1)).insert(&db))
        .await?;
    let gone = line::at(11, 1, "cake").insert(&db).await?;
    line::at(12, 1, "pie").insert(&db).await?;
    line::at(13, 1, "tart").insert(&db).await?;
    note(&other, "soon", &db).await?;
    note(&old, "an old one", &db).await?;
    gone.delete(&db).await?;
    deleted.delete(&db).await?;
    let mut edit = moved.into_active_model();
    edit.customer_id = Set(Some(2));
    let moved = edit.update(&db).await?;
    let moved = note(&moved, "theirs now", &db).await?;
    for turn in 0..3 {
        let mut edit = customer::numbered(2);
        edit.updated_at = Set(turn);
        edit.update(&db).await?;
        let mut edit = line::at(12, 1, "pie");
        edit.label = Set(format!("pie {turn}"));
        edit.update(&db).await?;
        note(&moved, &turn.to_string(), &db).await?;
    }
    Ok(())
}

const FIRST: [(&str, &str); 6] = [
    ("shop_customer", "1"),
    ("shop_order", "11"),
    ("shop_order", "12"),
    ("shop_order", "14"),
    ("shop_line", "[11,1]"),
    ("shop_line", "[12,1]"),
];
const SECOND: [(&str, &str); 5] = [
    ("shop_customer", "2"),
    ("shop_order", "12"),
    ("shop_order", "13"),
    ("shop_line", "[12,1]"),
    ("shop_line", "[13,1]"),
];

fn of_customer(id: i32) -> audit_sea_orm::Result<Timeline> {
    Timeline::find::<customer::Entity>(id)
        .with::<order::Entity>()?
        .with::<line::Entity>()
}

/// A timeline read page by page from its end, the oldest first.
async fn paged(
    timeline: &Timeline,
    size: u64,
    db: &DatabaseConnection,
) -> Result<Vec<Told>, DbErr> {
    let (mut paged, mut asked) = (Vec::new(), timeline.clone());
    loop {
        let page = asked.page(db, size).await?;
        assert!(u64::try_from(page.rows.len()).is_ok_and(|rows| rows <= size));
        paged.extend(page.rows);
        let Some(next) = page.next else { break };
        asked = timeline.clone().older_than(next);
    }
    paged.reverse();
    Ok(told(&paged))
}

/// The whole of a customer, in the order of the log, and page by page from its end: with the indexes and without.
pub async fn an_object_and_its_parts_are_one_timeline(t: &mut Test) -> Outcome {
    open(t).await?;
    story(t).await?;
    let records = t.records().await?;
    let manager = SchemaManager::new(&t.db);
    for has_index in [false, true, false] {
        if has_index {
            // Twice: one that is there stays.
            manager.index_parts(order::Entity).await?;
            manager.index_parts(order::Entity).await?;
            manager.index_parts(line::Entity).await?;
            let check = capture::check(&t.db).await?;
            assert!(check.trail.is_empty(), "{:?}", check.trail);
        } else {
            manager.remove_part_indexes(order::Entity).await?;
            manager.remove_part_indexes(line::Entity).await?;
        }
        for (customer, objects) in [(1, &FIRST[..]), (2, &SECOND[..])] {
            let timeline = of_customer(customer)?;
            let expected = of(&records, objects);
            assert_eq!(
                told(&timeline.all(&t.db).await?),
                expected,
                "customer {customer}, {has_index}"
            );
            for size in [1, 2, 3, 5] {
                let paged = paged(&timeline, size, &t.db).await?;
                assert_eq!(paged, expected, "customer {customer}, {has_index}, {size}");
            }
        }
    }
    let order = order::Entity::find_by_id(12)
        .one(&t.db)
        .await?
        .ok_or("it is there")?;
    let lines = Timeline::of(&order)
        .with::<line::Entity>()?
        .all(&t.db)
        .await?;
    let expected = [("shop_order", "12"), ("shop_line", "[12,1]")];
    assert_eq!(told(&lines), of(&records, &expected));
    let nobody = of_customer(99)?.page(&t.db, 10).await?;
    assert_eq!((nobody.rows, nobody.next), (Vec::new(), None));
    Ok(())
}

/// A record whose JSON the database cannot look into is found all the same, and written in spite of the index.
pub async fn records_that_the_database_cannot_read_are_found(t: &mut Test) -> Outcome {
    open(t).await?;
    SchemaManager::new(&t.db).index_parts(order::Entity).await?;
    let deep = format!("{}7{}", "[".repeat(100), "]".repeat(100));
    let notes = [
        r#""\u0000""#.to_owned(),
        r#""\ud800""#.to_owned(),
        deep,
        "null".to_owned(),
    ];
    let long = "9".repeat(3_000);
    let mut expected = Vec::new();
    for (number, note) in notes.iter().enumerate() {
        for (side, customer) in [
            ("new_values", "7"),
            ("old_values", "7"),
            ("new_values", "8"),
            ("new_values", long.as_str()),
        ] {
            let id = format!("{number}-{side}-{}", &customer[..1]);
            let json = format!(r#"{{"note":{note},"customer_id":{customer}}}"#);
            let record = Record {
                action: "UPDATE",
                table: "shop_order",
                object_id: &id,
                side,
                json: &json,
            };
            record.write(&t.db).await?;
            // A lone half of a pair of surrogates is no text, so no program reads it.
            if customer == "7" {
                expected.push(id);
            }
        }
    }
    t.db.execute_unprepared("DELETE FROM audit_log WHERE object_id LIKE '1-%'")
        .await?;
    expected.retain(|id| !id.starts_with("1-"));
    let timeline = Timeline::find::<customer::Entity>(7).with::<order::Entity>()?;
    let found = timeline
        .all(&t.db)
        .await?
        .into_iter()
        .filter_map(|record| record.object_id);
    assert_eq!(found.collect::<Vec<_>>(), expected);
    Ok(())
}

/// Parts that are gone are found by the index, whatever else the log holds.
pub async fn parts_that_are_gone_are_found_by_an_index(t: &mut Test) -> Outcome {
    open(t).await?;
    SchemaManager::new(&t.db).index_parts(order::Entity).await?;
    customer::numbered(1).insert(&t.db).await?;
    customer::numbered(2).insert(&t.db).await?;
    let orders = (1..=3_000).map(|id| order::numbered(id, Some(2 - i32::from(id == 1_500))));
    order::Entity::insert_many(orders).exec(&t.db).await?;
    order::Entity::delete_many().exec(&t.db).await?;
    crate::seed::analyze(&t.db).await?;
    let watched = Watched::new(&t.db);
    let timeline = Timeline::find::<customer::Entity>(1).with::<order::Entity>()?;
    let records = timeline.all(&watched.db).await?;
    let ids: Vec<_> = records
        .iter()
        .filter_map(|record| record.object_id.as_deref())
        .collect();
    assert_eq!(ids, ["1", "1500", "1500"]);
    let seen = watched.sent();
    // The present orders, those of the log, and the records of the customer and the orders; on MariaDB also whether there is an index, on
    // PostgreSQL where each table was emptied.
    let more = match t.backend {
        Backend::Sqlite => 0,
        Backend::MySql => 1,
        Backend::Postgres => 2,
    };
    assert_eq!(seen.len(), 4 + more, "{seen:#?}");
    let search = seen
        .iter()
        .find(|statement| statement.sql.contains("DISTINCT"));
    let search = search.ok_or("parts are looked for in the log")?;
    let plan = plan(search, &t.db).await?;
    assert!(plan.contains("idx_audit_log_part_"), "{plan}\n{search:?}");
    Ok(())
}

/// An entity that is part of nothing there is refused, and the error says what to declare.
pub async fn what_is_part_of_nothing_is_refused(_: &mut Test) -> Outcome {
    let refused = Timeline::find::<customer::Entity>(1).with::<category::Entity>();
    let error = refused.map(drop).expect_err("no relation").to_string();
    assert_eq!(
        error,
        "Custom Error: audit: `shop_category` is part of nothing in the timeline: declare a `belongs_to` of one column to the primary key of shop_customer"
    );
    // A tree: its parts are of the same entity.
    let tree = Timeline::find::<category::Entity>(1).with::<category::Entity>();
    assert!(tree.is_ok());
    Ok(())
}
