//! What one request did, or one transaction, as one page.

use std::collections::BTreeSet;

use audit_sea_orm::{entity::system_event::EventType, prelude::*};
use http::StatusCode;
use sea_orm::{ActiveModelTrait, EntityTrait, Set};
use serde_json::Value;

use super::at;
use crate::{
    Outcome, Test,
    entity::shop::{customer, order},
    site::{Answer, Site},
    suite::undo::{open, request},
};

/// How often a text stands in a page.
fn times(page: &str, text: &str) -> usize {
    page.matches(text).count()
}

/// The records of a request stand on one page in their order, with who, where and why once; what one has otherwise stands with
/// it. Beside them stand the system events of the same request.
pub async fn a_request_is_one_page(t: &mut Test) -> Outcome {
    two_requests(t).await?;
    let site = Site::new(&t.db);
    let page = site.page("/request?id=r-1").await;
    let records = t.records().await?;
    let own = records
        .iter()
        .filter(|record| record.request_id.as_deref() == Some("r-1"));
    let places: Vec<_> = own
        .map(|record| page.text.find(&format!("\"records/{}\"", record.id)))
        .collect();
    assert_eq!(places.len(), 3);
    assert!(places.iter().all(Option::is_some), "{}", page.text);
    assert!(places.is_sorted(), "the oldest first: {places:?}");
    for (text, expected) in [
        ("href=\"records/", 3),
        ("the customer called", 1),
        // A reason that not all have.
        ("as asked", 2),
        // Who, once.
        ("<dt>Id</dt>", 1),
        ("another oven", 0),
        // A viewer undoes nothing.
        ("Undo", 0),
    ] {
        assert_eq!(times(&page.text, text), expected, "{text}");
    }
    for part in [
        "shop_customer 1",
        "shop_order 1",
        "soon",
        "the oven is cold",
    ] {
        assert!(page.text.contains(part), "{part}");
    }
    let of_ada = site.seen_by("ada").page("/request?id=r-1").await;
    assert!(leads_to(&of_ada, "undo?request=r-1"));
    let of_tess = site.seen_by("tess").get("/request?id=r-1").await;
    assert_eq!(of_tess.status, StatusCode::NOT_FOUND);

    let list = site.page("/records?request=r-1").await;
    assert!(leads_to(&list, "request?id=r-1"));
    let none = site.page("/records?request=r-3").await;
    assert!(!leads_to(&none, "request?id=r-3"), "it would lead nowhere");
    let detail = site.page(&format!("/records/{}", records[0].id)).await;
    assert!(leads_to(&detail, "../request?id=r-1"));
    Ok(())
}

/// Whether a page has that link.
fn leads_to(page: &Answer, link: &str) -> bool {
    page.attributes("href").contains(&link.to_owned())
}

/// One request of three records and an event, and another beside it.
async fn two_requests(t: &Test) -> Outcome {
    open(t).await?;
    let db = t.db.audited();
    let work = async {
        customer::numbered(1).insert(&db).await?;
        order::numbered(1, Some(1)).insert(&db).await?;
        let mut edit = order::numbered(1, Some(1));
        edit.note = Set(Some("soon".to_owned()));
        let why = AuditContext::current().reason("the customer called");
        why.scope(edit.update(&db)).await?;
        SystemEvent::error("the oven is cold").record(&t.db).await
    };
    request("r-1").scope(work).await?;
    request("r-2")
        .scope(customer::numbered(2).insert(&db))
        .await?;
    let other = SystemEvent::error("another oven").record(&t.db);
    request("r-2").scope(other).await?;
    Ok(())
}

/// The pages of a long request hold each of its records once, in their order, for everybody and for a tenant.
pub async fn pages_of_a_request_hold_every_record_once(t: &mut Test) -> Outcome {
    let record = |n: i64| audit_log::ActiveModel {
        occurred_at: Set(at(n)),
        action: Set("UPDATE".to_owned()),
        table_name: Set(Some("tart".to_owned())),
        object_id: Set(Some(n.to_string())),
        request_id: Set(Some(if n % 3 == 0 { "other" } else { "long" }.to_owned())),
        transaction_id: Set(Some(if n % 3 == 0 { "other" } else { "long" }.to_owned())),
        tenant_id: Set(Some(if n % 2 == 0 { "acme" } else { "rival" }.to_owned())),
        ..Default::default()
    };
    audit_log::Entity::insert_many((1..=90).map(record))
        .exec(&t.db)
        .await?;
    for unit in ["request", "transaction"] {
        for (user, step) in [("vera", 1), ("tess", 2)] {
            let site = Site::new(&t.db).seen_by(user);
            let expected: Vec<i64> = (1..=90).filter(|n| n % 3 != 0 && n % step == 0).collect();
            let (mut read, mut shown, mut after) = (Vec::new(), BTreeSet::new(), String::new());
            for _ in 0..20 {
                let path = format!("{unit}?id=long{after}");
                let answer: Value =
                    serde_json::from_str(&site.page(&format!("/api/{path}")).await.text)?;
                let records = answer["records"].as_array().ok_or("records")?;
                read.extend(records.iter().filter_map(|record| record["id"].as_i64()));
                let page = site.page(&format!("/{path}")).await;
                let links = page.attributes("href");
                let links = links
                    .iter()
                    .filter_map(|link| link.strip_prefix("records/"));
                shown.extend(links.filter_map(|id| id.parse::<i64>().ok()));
                let Some(newer) = answer["newer"].as_str() else {
                    break;
                };
                after = format!("&after={newer}");
                assert!(
                    page.attributes("href")
                        .contains(&format!("{unit}?id=long{after}"))
                );
            }
            assert_eq!(read, expected, "{unit} {user}");
            assert_eq!(shown, expected.iter().copied().collect(), "{unit} {user}");
        }
    }
    Ok(())
}

/// A hostile id finds nothing and breaks nothing; one that is in the audit log stands on its page as text.
pub async fn hostile_ids_find_no_request(t: &mut Test) -> Outcome {
    write_hostile(t).await?;
    let site = Site::new(&t.db).seen_by("ada");
    let encoded = "%3Cscript%3E%26id%3D%22%27%E2%80%AE%2500";
    let page = site.page(&format!("/request?id={encoded}")).await;
    assert!(
        !page.text.contains("<script") && !page.text.contains("<b>"),
        "{}",
        page.text
    );
    assert_eq!(times(&page.text, "href=\"events/1\""), 1, "{}", page.text);
    let undo = page.attributes("href");
    let undo = undo
        .iter()
        .find(|link| link.starts_with("undo?request="))
        .ok_or("the link")?;
    let undo = site.page(&format!("/{undo}")).await;
    assert!(!undo.text.contains("<script") && !undo.text.contains("<b>"));

    let long = "x".repeat(20_000);
    for unit in ["request", "transaction"] {
        for id in ["r", "%27+OR+1%3D1+--", "%25", "%F0%9F%8D%B0", long.as_str()] {
            for page in [format!("/{unit}?id={id}"), format!("/api/{unit}?id={id}")] {
                let answer = site.get(&page).await;
                assert_eq!(
                    answer.status,
                    StatusCode::NOT_FOUND,
                    "{unit} {}",
                    &id[..id.len().min(20)]
                );
            }
        }
        for bad in [
            "",
            "?id=",
            "?id=a%00b",
            "?id=r&after=x",
            "?id=r&after=1&before=2",
        ] {
            let answer = site.get(&format!("/{unit}{bad}")).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{unit}{bad}");
        }
    }
    Ok(())
}

/// A record and an event of a request with such an id.
async fn write_hostile(t: &Test) -> Outcome {
    let hostile = "<script>&id=\"'\u{202e}%00";
    let record = audit_log::ActiveModel {
        occurred_at: Set(at(1)),
        action: Set("UPDATE".to_owned()),
        table_name: Set(Some("<b>".to_owned())),
        object_id: Set(Some("a&b".to_owned())),
        request_id: Set(Some(hostile.to_owned())),
        reason: Set(Some(hostile.to_owned())),
        ..Default::default()
    };
    audit_log::Entity::insert(record).exec(&t.db).await?;
    let event = system_event::ActiveModel {
        occurred_at: Set(at(1)),
        event_type: Set(EventType::Error),
        title: Set(hostile.to_owned()),
        request_id: Set(Some(hostile.to_owned())),
        resolved: Set(false),
        ..Default::default()
    };
    system_event::Entity::insert(event).exec(&t.db).await?;
    Ok(())
}
