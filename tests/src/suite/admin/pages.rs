use std::collections::BTreeSet;

use audit_sea_orm::prelude::*;
use axum::Router;
use http::StatusCode;
use sea_orm::{IntoActiveModel, Set};

use super::seed;
use crate::{
    Outcome, Test,
    entity::{cake, tart},
    site::{self, Site, resolve},
};

/// Pages of every kind.
const PAGES: [&str; 18] = [
    "dashboard",
    "dashboard?days=1",
    "dashboard?days=365",
    "records",
    "records?action=UPDATE&q=pastry",
    "records/3",
    "logins",
    "logins/3",
    "exports",
    "exports/3",
    "events",
    "events/3",
    "history?table=tart&object=2",
    "history?table=tart&object=2&day=2026-01-01",
    "request?id=request-1",
    "transaction?id=transaction-1",
    "undo",
    "undo?request=request-1",
];

/// Every answer has its headers, and no page a script, a style or an address of another site.
pub async fn every_page_is_strict(t: &mut Test) -> Outcome {
    seed(t, 30).await?;
    // A plan reads the rows.
    t.create_table(tart::Entity).await?;
    let site = Site::new(&t.db).seen_by("ada");
    for page in PAGES.into_iter().chain([
        "records?before=x",
        "nowhere",
        "api/records",
        "records/export.csv",
    ]) {
        let answer = site.get(&format!("/{page}")).await;
        let header = |name| {
            answer
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let policy = header("content-security-policy").unwrap_or_default();
        assert!(
            policy.starts_with("default-src 'none'; style-src 'self';"),
            "{page}: {policy}"
        );
        assert!(
            !policy.contains("unsafe") && !policy.contains("script"),
            "{page}: {policy}"
        );
        assert_eq!(header("x-content-type-options"), Some("nosniff"), "{page}");
        assert_eq!(header("referrer-policy"), Some("no-referrer"), "{page}");
        assert_eq!(header("cache-control"), Some("no-store"), "{page}");
        for never in [
            "<script",
            "<style",
            " style=",
            " onclick",
            "javascript:",
            "http://",
            "https://",
        ] {
            assert!(!answer.text.contains(never), "{page}: {never}");
        }
    }
    Ok(())
}

/// From the mount on, every link and form leads to a page that is there, wherever the admin is mounted.
pub async fn every_link_works_under_any_prefix(t: &mut Test) -> Outcome {
    seed(t, 15).await?;
    t.create_table(tart::Entity).await?;
    for (prefix, start) in [
        ("", "/"),
        ("/audit", "/audit"),
        ("/audit", "/audit/"),
        ("/a/b/", "/a/b/"),
    ] {
        let admin = site::admin(&t.db)
            .authorize(site::authorize)
            .into_router::<()>();
        let router = match prefix {
            "" => Router::new().merge(admin),
            prefix => Router::new().nest_service(prefix, admin),
        };
        let site = Site::of(router).seen_by("ada");
        let root = site.get(start).await;
        assert_eq!(root.status, StatusCode::SEE_OTHER, "{prefix}");
        let mut waiting = vec![resolve(start, root.location())];
        let mut seen: BTreeSet<String> = waiting.iter().cloned().collect();
        while let Some(path) = waiting.pop() {
            // Exports are followed once each, not crawled; walks to and fro would never end.
            let answer = site.get(&path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            assert!(path.starts_with(prefix), "{path} is outside {prefix}");
            if path.contains("export.") || path.contains("assets/") {
                continue;
            }
            let links = answer.attributes("href").into_iter().chain(
                answer
                    .attributes("action")
                    .into_iter()
                    .filter(|action| !action.ends_with("delete")),
            );
            for link in links.filter(|link| !link.starts_with('#')) {
                let target = resolve(&path, &link);
                if seen.len() < 120 && seen.insert(target.clone()) {
                    waiting.push(target);
                }
            }
        }
        assert!(seen.len() >= 60, "{prefix}: {}", seen.len());
    }
    Ok(())
}

/// The timeline of an object shows each change and the state after it, and compares any two points.
pub async fn a_history_is_rebuilt_and_compared(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let ada = AuditContext::new().actor(Actor::new(42).with_name("Ada"));
    let cake = ada
        .scope(async {
            let cake = cake::named("Sachertorte").audited_insert(&t.db).await?;
            for price in [300, 320, 350] {
                let mut cake = cake.clone().into_active_model();
                cake.price = Set(price);
                cake.audited_update(&t.db).await?;
            }
            Ok::<_, sea_orm::DbErr>(cake)
        })
        .await?;
    cake.into_active_model().audited_delete(&t.db).await?;
    let site = Site::new(&t.db);
    let api = site.page("/api/history?table=cake&object=1").await;
    let history: serde_json::Value = serde_json::from_str(&api.text)?;
    let points = history["points"].as_array().ok_or("points")?;
    let prices: Vec<_> = points
        .iter()
        .map(|point| point["state"]["values"]["price"].clone())
        .collect();
    assert_eq!(
        serde_json::json!(prices),
        serde_json::json!([null, 350, 320, 300, 250])
    );
    assert_eq!(points[0]["state"]["exists"], false);

    let page = site.page("/history?table=cake&object=1&from=1&to=4").await;
    let compared = page.text.split("What differs between the two").nth(1);
    let compared = compared
        .and_then(|rest| rest.split("</section>").next())
        .ok_or("a comparison")?;
    assert!(compared.contains(">price</th>"), "{compared}");
    assert!(
        compared.contains("250") && compared.contains("350"),
        "{compared}"
    );
    assert!(
        !compared.contains("320") && !compared.contains(">name</th>"),
        "{compared}"
    );
    let same = site.page("/history?record=2&from=2&to=2").await;
    assert!(
        same.text
            .contains("Nothing: the object held the same after both.")
    );
    Ok(())
}

/// What the trail masks or skips stands on no page, in no file and in no answer.
pub async fn masked_values_appear_on_no_page(t: &mut Test) -> Outcome {
    seed(t, 4).await?;
    t.create_table(cake::Entity).await?;
    let cake = cake::named("Sachertorte").audited_insert(&t.db).await?;
    let mut edited = cake.into_active_model();
    edited.secret_recipe = Set("CANARY-other".to_owned());
    edited.audited_update(&t.db).await?;
    let site = Site::new(&t.db);
    let more = [
        "history?table=cake&object=1&from=5&to=6",
        "records/5",
        "records/6",
        "api/records",
        "api/history?table=cake&object=1",
        "records/export.csv",
        "records/export.jsonl",
        "records?q=CANAR",
        "api/records/6",
    ];
    for page in more {
        let answer = site.page(&format!("/{page}")).await;
        assert!(!answer.text.contains("CANARY"), "{page}");
    }
    assert!(site.page("/records/6").await.text.contains("***"));
    Ok(())
}
