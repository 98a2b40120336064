//! The plan of an undo: shown, confirmed, run and recorded, by those who may.

use audit_sea_orm::{capture, prelude::*};
use http::{Method, StatusCode};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set};
use serde_json::json;

use super::at;
use crate::{
    Outcome, Test,
    by_hand::Record,
    entity::{
        ledger::account,
        shop::{customer, order},
    },
    site::{Answer, Site},
    suite::undo::{open, rearrange, request, shop, stock},
};

/// A value of a hidden field of a page.
fn hidden<'a>(page: &'a Answer, name: &str) -> &'a str {
    let start = format!("name=\"{name}\" value=\"");
    let value = page.text.split(&start).nth(1);
    value
        .and_then(|rest| rest.split('"').next())
        .unwrap_or_default()
}

/// The form of a plan, filled in with a reason.
fn form(plan: &Answer, rest: &str) -> String {
    format!(
        "token={}&plan={}&{rest}",
        plan.token(),
        hidden(plan, "plan")
    )
}

/// The shop, in which the request `r` rearranged much.
async fn rearranged(t: &Test) -> Result<(), sea_orm::DbErr> {
    open(t).await?;
    stock(t).await?;
    request("r").scope(rearrange(&t.db.audited())).await
}

/// Each write of a plan stands there with what it changes, and nothing is written by looking.
pub async fn a_plan_is_shown_and_changes_nothing(t: &mut Test) -> Outcome {
    rearranged(t).await?;
    t.create_table(account::Entity).await?;
    capture::install(&t.db, account::Entity).await?;
    let db = t.db.audited();
    account::numbered(1).insert(&db).await?;
    let mut edit = account::numbered(1);
    edit.balance = Set(98_765);
    edit.pin = Set("CANARY-pin".to_owned());
    edit.draft = Set("CANARY-draft".to_owned());
    request("accounts").scope(edit.update(&db)).await?;
    let (before, records) = (shop(t).await?, t.records().await?);
    let site = Site::new(&t.db).seen_by("ada");
    let plan = site.page("/undo?request=r").await;
    for part in [
        "Undo request r",
        "Conflicts: 0.",
        "INSERT",
        "UPDATE",
        "DELETE",
        "shop_order 3",
        "at last",
        "pie",
    ] {
        assert!(plan.text.contains(part), "{part}: {}", plan.text);
    }
    let inserted = plan.text.find("shop_order 1").ok_or("the order")?;
    let line = plan.text.find("shop_line [1,1]").ok_or("the line")?;
    assert!(inserted < line, "an order comes before its lines");
    assert_eq!(plan.text.matches("name=\"reason\"").count(), 1);
    let masked = site.page("/undo?request=accounts").await;
    assert!(
        masked.text.contains("98765") && !masked.text.contains("CANARY"),
        "{}",
        masked.text
    );
    let nothing = site.page("/undo?request=none").await;
    assert!(nothing.text.contains("There is nothing to undo."));
    assert!(!nothing.text.contains("name=\"reason\""));
    assert_eq!((shop(t).await?, t.records().await?), (before, records));
    Ok(())
}

/// A confirmed undo gives the earlier state, and its records say who did it, why, and what it undoes. It is undone in turn.
pub async fn an_undo_is_confirmed_and_recorded(t: &mut Test) -> Outcome {
    open(t).await?;
    stock(t).await?;
    let before = shop(t).await?;
    request("r").scope(rearrange(&t.db.audited())).await?;
    let after = shop(t).await?;
    let count = t.records().await?.len();
    let site = Site::new(&t.db).seen_by("ada");
    let plan = site.page("/undo?request=r").await;
    let done = site
        .post("/undo", form(&plan, "request=r&reason=the+wrong+order"))
        .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert_eq!(shop(t).await?, before);

    let records = t.records().await?.split_off(count);
    assert!(!records.is_empty());
    for record in &records {
        assert_eq!(record.actor_id.as_deref(), Some("ada"));
        assert_eq!(record.actor_name.as_deref(), Some("Ada Lovelace"));
        assert_eq!(record.reason.as_deref(), Some("the wrong order"));
        assert_eq!(record.module.as_deref(), Some("audit admin"));
        assert_eq!(record.metadata, Some(json!({"undo": {"request": "r"}})));
    }
    let page = site.page(&format!("/{}", done.location())).await;
    let told = format!("Undone, rows written: {}.", records.len());
    assert!(page.text.contains(&told), "{told} {}", page.text);
    let transaction = records[0]
        .transaction_id
        .as_deref()
        .ok_or("a transaction")?;
    let again = format!("undo?transaction={transaction}");
    assert!(page.attributes("href").contains(&again), "{again}");

    let plan = site.page(&format!("/{again}")).await;
    let rest = format!("transaction={transaction}&reason=it+was+right");
    let done = site.post("/undo", form(&plan, &rest)).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert_eq!(shop(t).await?, after);
    // Whatever the application leaves out of its audit log.
    let plan = site.page("/undo?request=r").await;
    assert!(plan.text.contains("Conflicts: 0.") || plan.text.contains("was changed since"));
    Ok(())
}

/// Nobody else sees a plan or runs one: no viewer, no superuser of a tenant, nobody without a token or a reason.
pub async fn an_undo_is_a_superusers_alone(t: &mut Test) -> Outcome {
    rearranged(t).await?;
    for tenant in ["acme", "rival"] {
        let context = AuditContext::new().tenant_id(tenant);
        context
            .scope(SystemEvent::error("hot").record(&t.db))
            .await?;
    }
    let (before, records) = (shop(t).await?, t.records().await?);
    let ada = Site::new(&t.db).seen_by("ada");
    let plan = ada.page("/undo?request=r").await;
    let right = form(&plan, "request=r&reason=x");
    for user in ["vera", "tess", "branch", "eve", ""] {
        let site = ada.seen_by(user);
        for query in [
            "",
            "?request=r",
            "?transaction=t",
            "?actor=ada&from=2026-01-01T00:00&until=2027-01-01T00:00",
        ] {
            let refused = site.get(&format!("/undo{query}")).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{user} {query}");
            assert!(!refused.text.contains("shop_"), "{user} {query}");
        }
        let own = site.get("/events").await.token().to_owned();
        assert_eq!(own.is_empty(), !["vera", "tess"].contains(&user), "{user}");
        let forged = format!(
            "token={own}&plan={}&request=r&reason=x",
            hidden(&plan, "plan")
        );
        for form in [forged, right.clone()] {
            let refused = site.post("/undo", form).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{user}");
        }
        let nav = site.get("/records").await.attributes("href");
        assert!(!nav.contains(&"undo".to_owned()), "{user}");
    }
    forms_that_are_refused(&ada, &plan, &right).await;
    assert_eq!((shop(t).await?, t.records().await?), (before, records));
    Ok(())
}

/// A superuser's form that another site sends, without the token, without a reason, or that says nothing to undo.
async fn forms_that_are_refused(ada: &Site, plan: &Answer, right: &str) {
    let token = plan.token();
    let foreign = ada.seen_by("vera").page("/events").await.token().to_owned();
    assert!(!token.is_empty() && !foreign.is_empty());
    for bad in ["", "00", foreign.as_str()] {
        let refused = ada.post("/undo", right.replace(token, bad)).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{bad}");
    }
    for header in [
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://evil.example"),
    ] {
        let refused = ada
            .send(Method::POST, "/undo", &[header], right.to_owned())
            .await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{header:?}");
    }
    for reason in ["", "&reason=", "&reason=+%20%09", "&reason=%C2%A0"] {
        let asked = ada
            .post("/undo", form(plan, &format!("request=r{reason}")))
            .await;
        assert_eq!(asked.status, StatusCode::OK, "{reason}");
        assert!(asked.text.contains("Say why"), "{reason}");
    }
    let unnamed = ada.post("/undo", form(plan, "reason=x")).await;
    assert_eq!(unnamed.status, StatusCode::BAD_REQUEST);
}

/// What is confirmed is what was shown: a plan that is another by now is shown again, and nothing is written.
pub async fn a_plan_that_changed_is_shown_again(t: &mut Test) -> Outcome {
    rearranged(t).await?;
    let site = Site::new(&t.db).seen_by("ada");
    let shown = site.page("/undo?request=r").await;
    request("r")
        .scope(customer::numbered(9).insert(&t.db.audited()))
        .await?;
    let (before, records) = (shop(t).await?, t.records().await?);
    let short = &hidden(&shown, "plan")[1..];
    for plan in [hidden(&shown, "plan"), "", short, "x"] {
        let form = format!("token={}&plan={plan}&request=r&reason=back", shown.token());
        let again = site.post("/undo", form).await;
        assert_eq!(again.status, StatusCode::CONFLICT, "{plan}");
        for part in [
            "no longer the one that you saw",
            "shop_customer 9",
            "value=\"back\"",
        ] {
            assert!(again.text.contains(part), "{part}");
        }
        assert_ne!(hidden(&again, "plan"), hidden(&shown, "plan"));
        assert_eq!(
            (shop(t).await?, t.records().await?),
            (before.clone(), records.clone())
        );
    }
    // A plan of one request is none of another.
    let other = site
        .post("/undo", form(&shown, "transaction=r&reason=back"))
        .await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    let again = site.page("/undo?request=r").await;
    let done = site
        .post("/undo", form(&again, "request=r&reason=back"))
        .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    Ok(())
}

/// Each conflict stands on the page with a link to its object, and no form; what is sent all the same is refused. A column that
/// does not matter is no conflict.
pub async fn conflicts_are_shown(t: &mut Test) -> Outcome {
    open(t).await?;
    let db = t.db.audited();
    customer::numbered(1).insert(&db).await?;
    let edit = |email: &str, updated_at: i64| customer::ActiveModel {
        id: Set(1),
        email: Set(email.to_owned()),
        updated_at: Set(updated_at),
    };
    request("r")
        .scope(edit("a@example.org", 1).update(&db))
        .await?;
    edit("a@example.org", 2).update(&db).await?;
    let site = Site::new(&t.db).seen_by("ada");
    let plan = site.page("/undo?request=r").await;
    let since = "shop_customer 1 was changed since in updated_at";
    assert!(plan.text.contains(since), "{}", plan.text);
    assert!(
        plan.attributes("href")
            .contains(&"history?table=shop_customer&object=1".to_owned())
    );
    assert!(!plan.text.contains("name=\"reason\"") && !plan.text.contains("name=\"plan\""));

    let digest = {
        use sha2::Digest;
        let plan = UndoPlan::for_request("r").plan(&db).await?;
        hex::encode(sha2::Sha256::digest(plan.to_string()))
    };
    let records = t.records().await?;
    let quiet = site.page("/undo?request=r&noise=updated_at").await;
    let token = quiet.token();
    let sent = format!("token={token}&plan={digest}&request=r&reason=x");
    let refused = site.post("/undo", sent).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text.contains("The undo is refused") && refused.text.contains(since));
    assert_eq!(t.records().await?, records);

    for noise in ["updated_at", "version,+updated_at", "+updated_at+,,"] {
        let quiet = site.page(&format!("/undo?request=r&noise={noise}")).await;
        assert!(
            quiet.text.contains("Conflicts: 0."),
            "{noise}: {}",
            quiet.text
        );
    }
    let quiet = site.page("/undo?request=r&noise=updated_at").await;
    let done = site
        .post("/undo", form(&quiet, "request=r&noise=updated_at&reason=x"))
        .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    let customers = shop(t).await?.customers;
    assert_eq!(
        (customers[0].email.as_str(), customers[0].updated_at),
        ("1@example.org", 2)
    );

    a_table_of_no_entity_is_a_conflict(&site, t).await
}

async fn a_table_of_no_entity_is_a_conflict(site: &Site, t: &Test) -> Outcome {
    let unknown = Record {
        action: "UPDATE",
        table: "no_such_table",
        object_id: "<i>&",
        side: "new_values",
        json: "{\"a\": 1}",
    };
    unknown.write(&t.db).await?;
    audit_log::Entity::update_many()
        .set(audit_log::ActiveModel {
            request_id: Set(Some("u".to_owned())),
            ..Default::default()
        })
        .filter(audit_log::Column::TableName.eq("no_such_table"))
        .exec(&t.db)
        .await?;
    let strange = site.page("/undo?request=u").await;
    assert!(
        strange
            .text
            .contains("no audited entity of this program has the table no_such_table")
    );
    Ok(())
}

/// What the database refuses, by a constraint that no entity declares, is said so, and nothing is written.
pub async fn what_the_database_refuses_is_said(t: &mut Test) -> Outcome {
    open(t).await?;
    let db = t.db.audited();
    customer::numbered(1).insert(&db).await?;
    let mut edit = customer::numbered(1);
    edit.email = Set("a@example.org".to_owned());
    edit.updated_at = Set(5);
    request("r").scope(edit.update(&db)).await?;
    customer::numbered(2).insert(&db).await?;
    let unique = "CREATE UNIQUE INDEX one_at_a_time ON shop_customer (updated_at)";
    db.execute_unprepared(unique).await?;
    let (before, records) = (shop(t).await?, t.records().await?);
    let site = Site::new(&t.db).seen_by("ada");
    let plan = site.page("/undo?request=r").await;
    let refused = site.post("/undo", form(&plan, "request=r&reason=x")).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    assert!(refused.text.contains("The database refused a write"));
    assert_eq!((shop(t).await?, t.records().await?), (before, records));
    Ok(())
}

/// What an actor did from one time until another is undone, and nothing else of theirs.
pub async fn what_an_actor_did_is_undone(t: &mut Test) -> Outcome {
    open(t).await?;
    let db = t.db.audited();
    let eve = AuditContext::new().actor(Actor::new("e v&e"));
    for n in 1..=3 {
        eve.clone().scope(customer::numbered(n).insert(&db)).await?;
    }
    for n in 1..=3 {
        let day = audit_log::ActiveModel {
            occurred_at: Set(at(i64::from(n) * 24 * 60)),
            ..Default::default()
        };
        audit_log::Entity::update_many()
            .set(day)
            .filter(audit_log::Column::ObjectId.eq(n.to_string()))
            .exec(&t.db)
            .await?;
    }
    let site = Site::new(&t.db).seen_by("ada");
    let query = "actor=e+v%26e&from=2026-01-03T00:00&until=2026-01-04T00:00:00";
    let plan = site.page(&format!("/undo?{query}")).await;
    assert!(plan.text.contains("shop_customer 2"), "{}", plan.text);
    assert!(!plan.text.contains("shop_customer 1") && !plan.text.contains("shop_customer 3"));
    let done = site
        .post("/undo", form(&plan, &format!("{query}&reason=x")))
        .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let left: Vec<i32> = shop(t)
        .await?
        .customers
        .iter()
        .map(|customer| customer.id)
        .collect();
    assert_eq!(left, [1, 3]);
    Ok(())
}

/// What makes no sense is refused; what is hostile stays text.
pub async fn hostile_undos_are_refused(t: &mut Test) -> Outcome {
    open(t).await?;
    let site = Site::new(&t.db).seen_by("ada");
    request("c")
        .scope(customer::numbered(1).insert(&t.db.audited()))
        .await?;
    let plan = site.page("/undo?request=c").await;
    let token = plan.token();
    for bad in [
        "request=a&transaction=b",
        "request=a&actor=b&from=2026-01-01T00:00&until=2026-01-02T00:00",
        "actor=a",
        "actor=a&from=2026-01-01T00:00",
        "actor=a&from=2026-01-01&until=2026-01-02T00:00",
        "actor=a&from=0000-01-01T00:00&until=9999-01-02T00:00",
        "actor=a&from=2026-01-01T25:00&until=2026-01-02T00:00",
        "request=a%00b",
        "request=a&noise=%00",
    ] {
        let refused = site.get(&format!("/undo?{bad}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{bad}");
        let refused = site
            .post("/undo", format!("token={token}&reason=x&{bad}"))
            .await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    let long = "x".repeat(20_000);
    for nothing in [
        "request=%27+OR+1%3D1+--".to_owned(),
        "transaction=%25".to_owned(),
        format!("request={long}&noise={long}"),
        "actor=a&from=2026-01-02T00:00&until=2026-01-01T00:00".to_owned(),
        "actor=a&from=1000-01-01T00:00&until=9998-12-31T23:59:59".to_owned(),
    ] {
        let page = site.page(&format!("/undo?{nothing}")).await;
        assert!(
            page.text.contains("There is nothing to undo."),
            "{}",
            &nothing[..20]
        );
    }
    a_hostile_request_is_shown_as_text(&site, t).await
}

async fn a_hostile_request_is_shown_as_text(site: &Site, t: &Test) -> Outcome {
    let hostile = "<script>alert(1)</script>\"'&";
    let db = t.db.audited();
    let mut customer = customer::numbered(2);
    customer.email = Set(hostile.to_owned());
    let encoded = "%3Cscript%3E%26%22";
    request("<script>&\"").scope(customer.insert(&db)).await?;
    let plan = site
        .page(&format!("/undo?request={encoded}&noise={encoded}"))
        .await;
    assert!(!plan.text.contains("<script"), "{}", plan.text);
    let done = site
        .post(
            "/undo",
            form(
                &plan,
                &format!("request={encoded}&noise={encoded}&reason={encoded}"),
            ),
        )
        .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    let page = site.page(&format!("/{}", done.location())).await;
    assert!(!page.text.contains("<script"), "{}", page.text);
    let left = shop(t).await?.customers;
    assert_eq!(
        left.iter().map(|customer| customer.id).collect::<Vec<_>>(),
        [1]
    );
    Ok(())
}

/// The page of a long plan shows the first writes and the number of all. It refuses a plan of too many records.
pub async fn a_long_plan_is_cut(t: &mut Test) -> Outcome {
    open(t).await?;
    let db = t.db.audited();
    let orders = (1..=620).map(|n| order::numbered(n, None));
    request("many")
        .scope(order::Entity::insert_many(orders).exec(&db))
        .await?;
    let site = Site::new(&t.db).seen_by("ada");
    let plan = site.page("/undo?request=many").await;
    assert!(
        plan.text.contains("Undo: write 620 rows"),
        "{}",
        &plan.text[..2_000]
    );
    assert!(plan.text.contains("120 more writes are part of the plan"));
    assert_eq!(plan.text.matches("Undoes record").count(), 500);
    let done = site
        .post("/undo", form(&plan, "request=many&reason=x"))
        .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert_eq!(shop(t).await?.orders, []);

    let record = |n: i64| audit_log::ActiveModel {
        occurred_at: Set(at(n)),
        action: Set("UPDATE".to_owned()),
        table_name: Set(Some("tart".to_owned())),
        object_id: Set(Some(n.to_string())),
        request_id: Set(Some("too many".to_owned())),
        ..Default::default()
    };
    for chunk in 0..21 {
        let records = (chunk * 1_000..(chunk + 1) * 1_000).map(record);
        audit_log::Entity::insert_many(records).exec(&t.db).await?;
    }
    let refused = site.get("/undo?request=too+many").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(
        refused.text.contains("more than 20000 records"),
        "{}",
        refused.text
    );
    Ok(())
}
