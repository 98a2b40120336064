//! Any two points of a history, whichever page they are on.

use audit_sea_orm::prelude::*;
use http::StatusCode;
use sea_orm::{DbErr, EntityTrait, Set};
use serde_json::json;

use super::at;
use crate::{Outcome, Test, site::Site};

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

/// What a page tells of the two points: a text without its markup.
fn told(page: &str) -> String {
    let compared = page.split("What differs between the two").nth(1);
    let compared = compared.and_then(|rest| rest.split("</section>").next());
    let parts = compared.unwrap_or_default().split('<').skip(1);
    let texts = parts
        .filter_map(|part| part.split_once('>'))
        .map(|(_, text)| text.trim());
    texts
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Two points are compared from each page, be they on it, on another page, or on two others; and stay chosen on the way.
pub async fn points_of_any_page_are_compared(t: &mut Test) -> Outcome {
    write(t).await?;
    let site = Site::new(&t.db);
    for page in ["", "&before=251", "&before=51"] {
        for (from, to) in [(440, 450), (300, 440), (2, 300), (60, 2), (51, 251)] {
            let path = format!("/history?{LONG}{page}&from={from}&to={to}");
            let answer = site.page(&path).await;
            let expected = format!("price {from} {to}");
            assert!(
                told(&answer.text).ends_with(&expected),
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
