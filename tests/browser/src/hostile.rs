//! Strings that try to become script, and strings that people find bugs with, in every field of every table.

use std::collections::HashSet;

use audit_sea_orm::{
    entity::{login_attempt::Status, system_event::EventType},
    prelude::*,
};
use audit_tests::{Backend, Outcome, Test, http::TestClient, random::scaled, suite::admin::LISTS};
use axum::{
    Router,
    body::{Body, to_bytes},
    middleware::map_response,
    response::{Html, Response},
    routing::get,
};
use sea_orm::{EntityTrait, Set};
use serde_json::{Value, json};

use crate::{
    Result,
    chromium::{Browser, Scheme},
    payloads, served,
};

const CANARY: &str = include_str!("canary.js");
const FAULTS: &str = include_str!("faults.js");

/// How wide the windows are.
const WIDTHS: [u32; 2] = [1280, 360];

/// How many pages are looked at together.
const TOGETHER: usize = 50;

/// What would be a script stays text.
pub async fn scripts_stay_text(t: &mut Test) -> Outcome {
    let scripts = payloads::scripts();
    assert!(scripts.len() >= 500);
    stay_text(t, &scripts).await
}

/// Strings that people find bugs with are shown, and break no page.
pub async fn naughty_strings_stay_text(t: &mut Test) -> Outcome {
    stay_text(t, &payloads::naughty()).await
}

/// Nothing fires, though the policy that would stop it is off; no page has an element or an attribute that is not the
/// admin's own; each shows its text, and all its rows, and is as wide as its window.
async fn stay_text(t: &Test, strings: &[String]) -> Outcome {
    let distinct: HashSet<&String> = strings.iter().collect();
    assert_eq!(distinct.len(), strings.len());
    // What a page makes of a text does not depend on where it came from: of servers a tenth is asked.
    let step = if t.backend == Backend::Sqlite { 1 } else { 10 };
    let strings: Vec<String> = strings
        .iter()
        .step_by(step)
        .map(|text| kept(t, text))
        .collect();
    write(t, &strings).await?;
    let (server, address) = served::serve(framed(served::router(&t.db))).await?;
    let browser = watched(&address).await?;
    let mut pages = pages_of_rows(&strings);
    pages.extend(lists(&server.client(), strings.len()).await?);
    let faults = faults(&browser, &pages).await?;
    assert!(faults.is_empty(), "{} faults: {faults:#?}", faults.len());
    browser.close().await
}

/// An admin that forgot to escape fires the canary, and where that does not fire, most of its pages have elements that
/// are not the admin's own. With its policy on, that stops every one of them.
pub async fn the_canary_fires_where_nothing_is_escaped(t: &mut Test) -> Outcome {
    let scripts = payloads::scripts();
    write(t, &scripts).await?;
    let careless = served::router(&t.db).layer(map_response(unescaped));
    let (_server, address) = served::serve(framed(careless)).await?;
    let browser = watched(&address).await?;
    let ids = 1..=scripts.len();
    let pages = ids.map(|id| json!({"path": format!("/vera/logins/{id}"), "rows": 0, "text": ""}));
    let pages: Vec<Value> = pages.collect();
    let found = faults(&browser, &pages).await?;
    let fired = pages_with(&found, |fault| fault.starts_with("fired: "));
    assert!(
        fired > scripts.len() / 3,
        "{fired} of {} fired",
        scripts.len()
    );
    let seen = pages_with(&found, |_| true);
    assert!(
        seen > scripts.len() * 2 / 3,
        "{seen} of {} were seen",
        scripts.len()
    );

    browser
        .tell("Page.setBypassCSP", json!({"enabled": false}))
        .await?;
    browser.open(&format!("{address}/around")).await?;
    let found = faults(&browser, &pages).await?;
    let stopped = pages_with(&found, |fault| fault.starts_with("fired: policy "));
    assert!(stopped >= fired, "{stopped} of {fired} were stopped");
    let fired = found
        .iter()
        .find(|(_, fault)| fault.starts_with("fired: ") && !fault.starts_with("fired: policy "));
    assert_eq!(fired, None);
    browser.close().await
}

/// How many pages have a fault of that kind.
fn pages_with(faults: &[Fault], is_meant: impl Fn(&str) -> bool) -> usize {
    let meant = faults.iter().filter(|(_, fault)| is_meant(fault));
    meant.map(|(path, _)| path).collect::<HashSet<_>>().len()
}

/// A browser with the canary, on a page of that server's that holds frames; the admin's policy is off.
async fn watched(address: &str) -> Result<Browser> {
    let browser = Browser::start().await?;
    browser.look(WIDTHS[0], Scheme::Light).await?;
    browser.run_first(CANARY).await?;
    let off = json!({"enabled": true});
    browser.tell("Page.setBypassCSP", off).await?;
    browser.open(&format!("{address}/around")).await?;
    Ok(browser)
}

/// A page, and what is wrong with it.
type Fault = (String, String);

/// What is wrong with any of the pages.
async fn faults(browser: &Browser, pages: &[Value]) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    for pages in pages.chunks(TOGETHER) {
        let arguments = vec![json!(pages), json!(WIDTHS)];
        let found = browser.run_async(FAULTS, arguments).await?;
        let found: Vec<Fault> =
            serde_json::from_value(found.clone()).map_err(|_| found.to_string())?;
        faults.extend(found);
    }
    Ok(faults)
}

/// The same site, with a page to put its pages into as frames.
fn framed(router: Router) -> Router {
    let router = router.layer(map_response(async |mut response: Response| {
        let headers = response.headers_mut();
        headers.remove("x-frame-options");
        let policy = headers.get("content-security-policy");
        let policy = policy.and_then(|policy| {
            policy
                .to_str()
                .ok()?
                .replace("frame-ancestors 'none'; ", "")
                .parse()
                .ok()
        });
        if let Some(policy) = policy {
            headers.insert("content-security-policy", policy);
        }
        response
    }));
    router.route(
        "/around",
        get(async || Html("<!DOCTYPE html><title>Around</title>")),
    )
}

/// A page as careless templates would make it.
async fn unescaped(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let mut text = String::from_utf8_lossy(&body).into_owned();
    for (entity, character) in [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
    ] {
        text = text.replace(entity, character);
    }
    parts.headers.remove("content-length");
    Response::from_parts(parts, Body::from(text))
}

/// The overview, for each string the details of its record and of one other row, in `scripts/soak` of all, and the history of
/// every fifth record's object, which shows nothing more. The lists show every row of each table.
fn pages_of_rows(strings: &[String]) -> Vec<Value> {
    let page = |path: String, text: &str| json!({"path": format!("/vera/{path}"), "rows": 0, "text": text});
    let mut pages = vec![page("dashboard?days=7".to_owned(), "")];
    let others = [("logins", 150), ("exports", 255), ("events", 255)];
    let many = scaled(10).clamp(1, others.len());
    for (id, text) in (1..).zip(strings) {
        pages.push(page(format!("records/{id}"), cut(text, 1000)));
        for (at, (list, most)) in others.into_iter().enumerate() {
            if (at + id) % others.len() < many {
                pages.push(page(format!("{list}/{id}"), cut(text, most)));
            }
        }
        if id % 5 == 1 {
            pages.push(page(format!("history?record={id}"), cut(text, 1000)));
        }
    }
    pages
}

/// Every page of every list, and the confirmation that names all of its rows.
async fn lists(client: &TestClient, rows: usize) -> Result<Vec<Value>> {
    let mut pages = Vec::new();
    for list in LISTS {
        let mut before = String::new();
        let mut listed = 0;
        loop {
            let answer = client
                .get(&format!("/ada/api/{list}?size=10{before}"))
                .await?;
            let slice: Value = serde_json::from_slice(&answer.body)?;
            let rows = slice["rows"].as_array().map_or(0, Vec::len);
            listed += rows;
            let path = format!("/ada/{list}?{}", before.trim_start_matches('&'));
            let path = path.trim_end_matches('?');
            pages.push(json!({"path": path, "rows": rows, "text": "", "press": ".danger"}));
            match slice["older"].as_str() {
                Some(cursor) => before = format!("&before={cursor}"),
                None => break,
            }
        }
        assert_eq!(listed, rows, "{list}");
    }
    Ok(pages)
}

/// A text as the database can hold it.
fn kept(t: &Test, text: &str) -> String {
    match t.backend {
        Backend::Postgres => text.replace('\0', ""),
        _ => text.to_owned(),
    }
}

fn cut(text: &str, most: usize) -> &str {
    text.char_indices()
        .nth(most)
        .map_or(text, |(at, _)| &text[..at])
}

/// Each of the strings in every field of a row of each table.
async fn write(t: &Test, strings: &[String]) -> Outcome {
    for strings in strings.chunks(100) {
        let of = strings.iter().map(String::as_str);
        audit_log::Entity::insert_many(of.clone().map(record))
            .exec(&t.db)
            .await?;
        login_attempt::Entity::insert_many(of.clone().map(login))
            .exec(&t.db)
            .await?;
        data_export::Entity::insert_many(of.clone().map(export))
            .exec(&t.db)
            .await?;
        system_event::Entity::insert_many(of.map(event))
            .exec(&t.db)
            .await?;
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the clock of the trail is for what is written into it"
)]
fn now() -> chrono::DateTime<chrono::Utc> {
    chrono::Utc::now()
}

/// The text in as many characters as the column takes.
fn some(text: &str, most: usize) -> sea_orm::ActiveValue<Option<String>> {
    Set(Some(cut(text, most).to_owned()))
}

fn record(text: &str) -> audit_log::ActiveModel {
    audit_log::ActiveModel {
        occurred_at: Set(now()),
        action: Set(cut(text, 32).to_owned()),
        table_name: some(text, 255),
        object_id: some(text, usize::MAX),
        object_repr: some(text, 200),
        old_values: Set(Some(json!({text: text, "json": [text], "gone": text}))),
        new_values: Set(Some(
            json!({text: format!("{text} {text}"), "json": {text: {text: text}}}),
        )),
        actor_id: some(text, 255),
        actor_name: some(text, 255),
        on_behalf_of_id: some(text, 255),
        on_behalf_of_name: some(text, 255),
        tenant_id: some(text, 128),
        ip_address: some(text, 45),
        user_agent: some(text, 512),
        session_id: some(text, 128),
        request_id: some(text, 128),
        transaction_id: some(text, 64),
        database_user: some(text, 320),
        database_role: some(text, 63),
        reason: some(text, 1000),
        module: some(text, 255),
        metadata: Set(Some(json!({text: [text]}))),
        ..Default::default()
    }
}

fn login(text: &str) -> login_attempt::ActiveModel {
    login_attempt::ActiveModel {
        occurred_at: Set(now()),
        username: Set(cut(text, 150).to_owned()),
        status: Set(Status::Failed),
        ip_address: some(text, 45),
        user_agent: some(text, 512),
        failure_reason: some(text, 200),
        country: some(text, 100),
        city: some(text, 100),
        tenant_id: some(text, 128),
        metadata: Set(Some(json!({text: [text]}))),
        ..Default::default()
    }
}

fn export(text: &str) -> data_export::ActiveModel {
    data_export::ActiveModel {
        occurred_at: Set(now()),
        actor_id: some(text, 255),
        actor_name: some(text, 255),
        on_behalf_of_id: some(text, 255),
        on_behalf_of_name: some(text, 255),
        tenant_id: some(text, 128),
        export_type: Set(cut(text, 255).to_owned()),
        file_format: Set(cut(text, 20).to_owned()),
        record_count: Set(1),
        file_size: Set(1),
        filters_applied: Set(Some(json!({text: [text]}))),
        ip_address: some(text, 45),
        file_path: some(text, 500),
        download_count: Set(0),
        metadata: Set(Some(json!({text: [text]}))),
        ..Default::default()
    }
}

fn event(text: &str) -> system_event::ActiveModel {
    system_event::ActiveModel {
        occurred_at: Set(now()),
        event_type: Set(EventType::Error),
        title: Set(cut(text, 255).to_owned()),
        description: some(text, usize::MAX),
        module: some(text, 255),
        function_name: some(text, 255),
        line_number: Set(Some(1)),
        error_code: some(text, 50),
        stack_trace: some(text, usize::MAX),
        actor_id: some(text, 255),
        actor_name: some(text, 255),
        on_behalf_of_id: some(text, 255),
        on_behalf_of_name: some(text, 255),
        tenant_id: some(text, 128),
        ip_address: some(text, 45),
        request_id: some(text, 128),
        resolved: Set(false),
        resolved_by: some(text, 255),
        metadata: Set(Some(json!({text: [text]}))),
        ..Default::default()
    }
}
