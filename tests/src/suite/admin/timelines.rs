//! An object together with its parts, as one timeline.

use std::collections::BTreeSet;

use audit_sea_orm::prelude::*;
use http::StatusCode;
use sea_orm::{ActiveModelTrait, Set};

use crate::{
    Outcome, Test,
    entity::shop::{line, order},
    site::Site,
    suite::undo::open,
};

/// The records of an order and of its lines stand on its pages, deleted lines too, the newest first; each names its object and leads
/// to its history.
pub async fn an_order_is_shown_with_its_lines(t: &mut Test) -> Outcome {
    write(t).await?;
    let records = t.records().await?;
    let own: Vec<i64> = records
        .iter()
        .filter(|record| match record.table_name.as_deref() {
            Some("shop_line") => !format!("{:?}", record.new_values).contains("another"),
            _ => record.object_id.as_deref() == Some("1"),
        })
        .map(|record| record.id)
        .collect();
    assert_eq!(own.len(), 15);
    let site = Site::new(&t.db);
    let (mut shown, mut objects) = (Vec::new(), BTreeSet::new());
    let mut path = "timeline?table=shop_order&object=1".to_owned();
    for _ in 0..3 {
        let page = site.page(&format!("/{path}")).await;
        assert!(page.text.contains("<code>shop_line</code>"));
        assert!(!page.text.contains("another"), "{}", page.text);
        assert!(page.text.contains("as asked") && page.text.contains(">ada<"));
        let links = page.attributes("href");
        let ids = links
            .iter()
            .filter_map(|link| link.strip_prefix("records/"));
        shown.extend(ids.filter_map(|id| id.parse::<i64>().ok()));
        objects.extend(
            links
                .iter()
                .filter(|link| link.starts_with("history?"))
                .cloned(),
        );
        let Some(older) = links.iter().find(|link| link.contains("before=")) else {
            break;
        };
        older.clone_into(&mut path);
    }
    let newest_first: Vec<i64> = own.iter().rev().copied().collect();
    assert_eq!(shown, newest_first);
    // The order, and each of its lines.
    assert_eq!(objects.len(), 13, "{objects:?}");
    for object in &objects {
        site.page(&format!("/{object}")).await;
    }
    let history = site.page("/history?table=shop_order&object=1").await;
    let link = "timeline?table=shop_order&object=1".to_owned();
    assert!(history.attributes("href").contains(&link));

    // Whoever sees the rows of a tenant alone has the history, and no timeline.
    let tess = site.seen_by("tess");
    let refused = tess.get(&format!("/{link}")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(!refused.text.contains("cake"));
    let history = tess.page("/history?table=shop_order&object=1").await;
    assert!(!history.attributes("href").contains(&link));
    pages_without_a_timeline(&site).await;
    Ok(())
}

/// An order of twelve lines, of which one is gone, beside another.
async fn write(t: &Test) -> Outcome {
    open(t).await?;
    let db = t.db.audited();
    let acme = AuditContext::new()
        .actor(Actor::new("ada"))
        .tenant_id("acme");
    let work = async {
        order::numbered(1, None).insert(&db).await?;
        order::numbered(2, None).insert(&db).await?;
        line::at(2, 1, "another's").insert(&db).await?;
        for place in 1..=12 {
            line::at(1, place, "cake").insert(&db).await?;
        }
        line::at(1, 3, "cake").delete(&db).await?;
        let mut edit = order::numbered(1, None);
        edit.note = Set(Some("soon".to_owned()));
        edit.update(&db).await
    };
    acme.reason("as asked").scope(work).await?;
    Ok(())
}

/// What names no object is refused or not found, whatever it holds; one without records has an empty timeline.
async fn pages_without_a_timeline(site: &Site) {
    for (page, status) in [
        ("timeline", StatusCode::BAD_REQUEST),
        ("timeline?table=shop_order", StatusCode::BAD_REQUEST),
        (
            "timeline?table=shop_order&object=1&before=x",
            StatusCode::BAD_REQUEST,
        ),
        (
            "timeline?table=shop_order&object=a%00",
            StatusCode::BAD_REQUEST,
        ),
        (
            "timeline?table=no_such_table&object=1",
            StatusCode::NOT_FOUND,
        ),
        (
            "timeline?table=shop_order&object=%3Cscript%3E",
            StatusCode::NOT_FOUND,
        ),
        ("timeline?table=shop_order&object=999", StatusCode::OK),
        ("timeline?table=shop_line&object=%5B1,1%5D", StatusCode::OK),
    ] {
        let answer = site.get(&format!("/{page}")).await;
        assert!(!answer.text.contains("<script"), "{page}");
        assert_eq!(answer.status, status, "{page}: {}", answer.text);
    }
}
