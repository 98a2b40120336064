//! Points of a history: any two of them compared, and the object as it was on a day.

use audit_sea_orm::{capture, prelude::*};
use http::StatusCode;
use sea_orm::{ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, QueryFilter, Set};
use serde_json::json;

use super::at;
use crate::{
    Outcome, Test,
    entity::{ledger::account, shop::customer},
    site::Site,
    suite::undo::open,
};

/// More than two pages of one object's records: number `n` sets the price `n`.
const RECORDS: i64 = 450;

/// The object of which there are so many.
const LONG: &str = "table=tart&object=7";

async fn write(t: &Test) -> Result<(), DbErr> {
    let record = |n: i64| audit_log::ActiveModel {
        occurred_at: Set(at(n)),
        action: Set(if n == 1 { "CREATE" } else { "UPDATE" }.to_owned()),
        table_name: Set(Some("tart".to_owned())),
        object_id: Set(Some("7".to_owned())),
        old_values: Set((n > 1).then(|| json!({"price": n - 1}))),
        new_values: Set(Some(if n == 1 {
            json!({"price": 1, "name": "first"})
        } else {
            json!({"price": n})
        })),
        tenant_id: Set(Some(if n % 2 == 0 { "acme" } else { "rival" }.to_owned())),
        actor_id: Set(Some(format!("baker-{n}"))),
        ..Default::default()
    };
    let records: Vec<_> = (1..=RECORDS).map(record).collect();
    audit_log::Entity::insert_many(records).exec(&t.db).await?;
    let other = audit_log::ActiveModel {
        object_id: Set(Some("8".to_owned())),
        ..record(1)
    };
    audit_log::Entity::insert(other).exec(&t.db).await?;
    Ok(())
}

/// What a page shows of the two points.
fn told(page: &str) -> String {
    text_behind("What differs between the two", page)
}

/// The text of a section from a mark on, without its markup.
fn text_behind(mark: &str, page: &str) -> String {
    let section = page.split(mark).nth(1);
    let section = section.and_then(|rest| rest.split("</section>").next());
    let parts = section.unwrap_or_default().split('<').skip(1);
    let texts = parts.filter_map(|part| part.split_once('>'));
    let texts = texts.map(|(_, text)| text.trim());
    texts
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Each page compares any two points: of its own, of another page, or of two others. They stay chosen from page to page.
pub async fn points_of_any_page_are_compared(t: &mut Test) -> Outcome {
    write(t).await?;
    let site = Site::new(&t.db);
    for page in ["", "&before=251", "&before=51"] {
        for (from, to) in [(440, 450), (300, 440), (2, 300), (60, 2), (51, 251)] {
            let path = format!("/history?{LONG}{page}&from={from}&to={to}");
            let answer = site.page(&path).await;
            let expected = format!("price {from} {to}");
            assert!(
                told(&answer.text).ends_with(&expected)
                    // Its name never changed, though not each page of records names it.
                    && !told(&answer.text).contains("name"),
                "{path}: {}",
                told(&answer.text)
            );
            for id in [from, to] {
                let chosen = format!("<option value=\"{id}\" selected>");
                assert!(answer.text.contains(&chosen), "{path}: {id}");
            }
            let links = answer.attributes("href");
            let mut links = links.iter().filter(|link| link.starts_with("history?"));
            assert!(
                links.all(|link| link.contains(&format!("from={from}&to={to}"))),
                "{path}"
            );
        }
    }
    for (from, to) in [
        ("1", "452"),
        ("451", "2"),
        ("0", "2"),
        ("2", "-1"),
        ("2", "9223372036854775807"),
    ] {
        let path = format!("/history?{LONG}&from={from}&to={to}");
        let answer = site.get(&path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(
            answer.text.contains("This history has no such point."),
            "{path}"
        );
    }
    // A tenant compares its own alone.
    let tess = site.seen_by("tess");
    let own = tess.page(&format!("/history?{LONG}&from=2&to=440")).await;
    assert!(
        told(&own.text).ends_with("price 2 440"),
        "{}",
        told(&own.text)
    );
    let foreign = tess.get(&format!("/history?{LONG}&from=2&to=441")).await;
    assert_eq!(foreign.status, StatusCode::BAD_REQUEST);
    assert!(!foreign.text.contains("441"));
    Ok(())
}

/// A customer who came on the 2nd of January at ten, had another address from the 3rd on, and went on the 4th.
async fn customer_of_three_days(t: &Test) -> Outcome {
    open(t).await?;
    let db = t.db.audited();
    customer::numbered(1).insert(&db).await?;
    let mut edit = customer::numbered(1);
    edit.email = Set("new@example.org".to_owned());
    edit.update(&db).await?;
    customer::numbered(1).delete(&db).await?;
    for (record, day) in t.records().await?.iter().zip(1..) {
        let time = at((day * 24 + 10) * 60);
        audit_log::Entity::update_many()
            .set(audit_log::ActiveModel {
                occurred_at: Set(time),
                ..Default::default()
            })
            .filter(audit_log::Column::Id.eq(record.id))
            .exec(&t.db)
            .await?;
    }
    Ok(())
}

/// What a page shows of the day that was picked.
fn told_of_the_day(page: &str) -> String {
    text_behind("aria-labelledby=\"past\"", page)
}

/// Whoever picks a day sees the object as it was at its end, or at a time of it, and the record that left it so; and that it was
/// not there, before and after.
pub async fn a_picked_day_shows_the_object_as_it_was(t: &mut Test) -> Outcome {
    customer_of_three_days(t).await?;
    let site = Site::new(&t.db);
    let gone = "The object was not there.";
    for (picked, expected, record) in [
        ("day=2026-01-01", gone, None),
        ("day=2026-01-02", "email 1@example.org", Some(1)),
        ("day=2026-01-02&time=09:59:59", gone, None),
        ("day=2026-01-02&time=10:00", "email 1@example.org", Some(1)),
        ("day=2026-01-03&time=09:59", "email 1@example.org", Some(1)),
        (
            "day=2026-01-03&time=10:00:00",
            "email new@example.org",
            Some(2),
        ),
        ("day=2026-01-03", "email new@example.org", Some(2)),
        ("day=2026-01-04", gone, Some(3)),
        ("day=9998-12-31", gone, Some(3)),
        ("day=1000-01-01", gone, None),
    ] {
        let page = site
            .page(&format!("/history?table=shop_customer&object=1&{picked}"))
            .await;
        let told = told_of_the_day(&page.text);
        assert!(told.contains(expected), "{picked}: {told}");
        let section = page
            .text
            .split("aria-labelledby=\"past\"")
            .nth(1)
            .ok_or("the day")?;
        let section = section.split("</section>").next().unwrap_or_default();
        match record {
            Some(id) => assert!(
                section.contains(&format!("records/{id}\"")),
                "{picked}: {section}"
            ),
            None => assert!(told.contains("No record until then."), "{picked}: {told}"),
        }
        assert_eq!(
            expected == gone,
            !told.contains("updated_at"),
            "{picked}: {told}"
        );
    }
    days_that_are_none(&site).await;
    Ok(())
}

/// What is no day is refused.
async fn days_that_are_none(site: &Site) {
    for bad in [
        "day=x",
        "day=2026-02-30",
        "day=2026-01",
        "day=0999-01-01",
        "day=2026-01-01&time=24:00",
        "day=2026-01-01&time=x",
        "time=10:00",
        "day=%3Cscript%3E",
    ] {
        let refused = site
            .get(&format!("/history?table=shop_customer&object=1&{bad}"))
            .await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{bad}");
        assert!(!refused.text.contains("<script"));
    }
}

/// For a table without an entity, and for a tenant, the page rebuilds the day from the records that the viewer may see. It says that
/// columns which no record names are not known, and so for masked ones.
pub async fn a_picked_day_is_told_by_what_is_seen(t: &mut Test) -> Outcome {
    write(t).await?;
    let site = Site::new(&t.db);
    for (user, picked, expected) in [
        ("vera", "day=2026-01-01&time=00:31", "price 31"),
        ("vera", "day=2026-01-01", "price 450"),
        ("vera", "day=2025-12-31", "The object was not there."),
        ("tess", "day=2026-01-01&time=00:31", "price 30"),
        ("tess", "day=2026-01-01", "price 450"),
        // Its first record of theirs tells what was there before.
        ("tess", "day=2025-12-31", "price 1"),
    ] {
        let page = format!("/history?{LONG}&{picked}");
        let told = told_of_the_day(&site.seen_by(user).page(&page).await.text);
        assert!(told.contains(expected), "{user} {picked}: {told}");
        assert_eq!(
            told.contains("that its records name"),
            user == "tess",
            "{user} {picked}: {told}"
        );
    }

    // The present row has what another tenant wrote.
    open(t).await?;
    let db = t.db.audited();
    let of = |tenant: &str| AuditContext::new().tenant_id(tenant);
    of("acme").scope(customer::numbered(1).insert(&db)).await?;
    let mut edit = customer::numbered(1);
    edit.email = Set("SECRET@example.org".to_owned());
    edit.updated_at = Set(7);
    of("rival").scope(edit.update(&db)).await?;
    let page = "/history?table=shop_customer&object=1&day=9998-01-01";
    let told = told_of_the_day(&site.page(page).await.text);
    assert!(
        told.contains("SECRET") && told.contains("updated_at 7"),
        "{told}"
    );
    let own = site.seen_by("tess").page(page).await;
    let told = told_of_the_day(&own.text);
    assert!(told.contains("email 1@example.org"), "{told}");
    assert!(
        !own.text.contains("SECRET") && !told.contains("updated_at 7"),
        "{told}"
    );

    t.create_table(account::Entity).await?;
    capture::install(&t.db, account::Entity).await?;
    account::numbered(1).insert(&t.db.audited()).await?;
    let page = site
        .page("/history?table=ledger_account&object=1&day=9998-01-01")
        .await;
    let told = told_of_the_day(&page.text);
    assert!(
        told.contains("name account 1") && told.contains("Not known"),
        "{told}"
    );
    assert!(told.contains("pin") && told.contains("draft"), "{told}");
    assert!(!page.text.contains("CANARY"), "{}", page.text);
    Ok(())
}
