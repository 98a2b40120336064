//! A flood over real sockets: strangers send what they can while the application fails for its users.

use std::collections::BTreeMap;

use audit_sea_orm::prelude::*;
use audit_web::{AuditLayer, ClientAddress, EventReporter, SecurityAuditLayer};
use axum::{Router, http::StatusCode, routing::get};
use futures_util::future::try_join_all;

use super::events::count;
use crate::{
    Outcome, Test,
    http::{Server, TestClient, events},
    random::scaled,
};

/// Requests of strangers, in the long form of the suite.
const HOSTILE: usize = 50_000;

/// From so many addresses.
const ADDRESSES: usize = 400;

/// By so many clients at once, each with a connection that it keeps.
const CLIENTS: usize = 10;

/// The application fails so often, for users who are no strangers.
const ERRORS: usize = 100;

/// In so many ways: one half are panics.
const KINDS: usize = 20;

fn fails(kind: usize) -> Result<(), StatusCode> {
    let statuses = [
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::BAD_GATEWAY,
        StatusCode::SERVICE_UNAVAILABLE,
    ];
    assert!(kind >= KINDS / 2, "oven {kind} exploded");
    Err(statuses[kind % statuses.len()])
}

/// What the trail says of a failure of that kind: its route and message.
fn title(kind: usize) -> String {
    match fails_with(kind) {
        None => format!("GET /oven{kind}/{{id}} panicked: oven {kind} exploded"),
        Some(status) => format!("GET /oven{kind}/{{id}} answered {status}"),
    }
}

fn fails_with(kind: usize) -> Option<u16> {
    (kind >= KINDS / 2).then(|| fails(kind).err().map_or(200, |status| status.as_u16()))
}

fn bakery() -> Router {
    let routes = Router::new().route("/", get(async || "bread"));
    (0..KINDS).fold(routes, |routes, kind| {
        let path = format!("/oven{kind}/{{id}}");
        routes.route(&path, get(async move || fails(kind)))
    })
}

/// Between so many requests of strangers one of somebody who came for bread, and finds an oven broken.
async fn be_a_client(client: TestClient, number: usize, requests: usize) -> Outcome {
    let failures = ERRORS / CLIENTS;
    for failure in 0..failures {
        for n in failure * requests / failures..(failure + 1) * requests / failures {
            let (path, address, agent) = hostile(number * requests + n);
            let headers: [(&str, &[u8]); 2] = [
                ("x-forwarded-for", address.as_bytes()),
                ("user-agent", agent.as_bytes()),
            ];
            client.send("GET", &path, &headers).await?;
        }
        fail(&client, number * failures + failure).await?;
    }
    Ok(())
}

/// A failure, every other one at the address of a stranger, who hides behind the same provider.
async fn fail(client: &TestClient, number: usize) -> Outcome {
    let path = format!("/oven{}/{number}", number % KINDS);
    let address = match number % 2 {
        0 => address(number % ADDRESSES),
        _ => format!("198.51.100.{}", number % 100),
    };
    let headers: [(&str, &[u8]); 2] = [
        ("x-forwarded-for", address.as_bytes()),
        ("user-agent", b"Browser/1"),
    ];
    let answer = client.send("GET", &path, &headers).await?;
    assert!(answer.status.is_server_error(), "{path}");
    Ok(())
}

fn address(number: usize) -> String {
    format!("10.0.{}.{}", number / 250, number % 250 + 1)
}

/// What a stranger sends: a probe that few others have sent, or the front page as a scanner.
fn hostile(number: usize) -> (String, String, &'static str) {
    let address = address(number % ADDRESSES);
    match number % 4 {
        0 => ("/".to_owned(), address, "sqlmap/1.7"),
        1 => ("/.env".to_owned(), address, "Browser/1"),
        2 => (format!("/wp-admin/{number}"), address, "Browser/1"),
        _ => (format!("/{number}/.git/config"), address, "Browser/1"),
    }
}

/// What all events of that type stand for together.
fn sum(told: &[system_event::Model], event_type: &str) -> u64 {
    let of_type = told.iter();
    let of_type = of_type.filter(|event| event.event_type.as_str() == event_type);
    of_type.map(count).sum()
}

/// However much strangers send, every way in which the application failed is in the trail, with route, message and count, and
/// so is the count of what they sent.
pub async fn a_flood_hides_no_failure(t: &mut Test) -> Outcome {
    let requests = scaled(HOSTILE) / CLIENTS;
    let reporter = EventReporter::new(&t.db);
    let audit = AuditLayer::new(&reporter)
        .without_slow_threshold()
        .client_address(ClientAddress::trusting(["127.0.0.0/8".parse()?]));
    let router = bakery()
        .layer(SecurityAuditLayer::new(&reporter))
        .layer(audit);
    let server = Server::start(router).await?;
    let clients = (0..CLIENTS).map(|number| {
        let task = be_a_client(server.client(), number, requests);
        async { tokio::spawn(task).await? }
    });
    try_join_all(clients).await?;
    server.stop().await?;

    let told = events(t, &reporter).await?;
    assert_eq!((reporter.dropped(), reporter.failed()), (0, 0));
    let each = u64::try_from(ERRORS / KINDS)?;
    for kind in 0..KINDS {
        let title = title(kind);
        let of_kind: Vec<_> = told.iter().filter(|event| event.title == title).collect();
        let counted: u64 = of_kind.iter().map(|event| count(event)).sum();
        assert_eq!(counted, each, "{title}");
        let first = of_kind.first().ok_or("at least one")?;
        let description = first.description.as_deref().unwrap_or_default();
        assert!(
            description.contains(&format!("GET /oven{kind}/{{id}}")),
            "{description}"
        );
    }
    assert_eq!(sum(&told, "ERROR"), u64::try_from(ERRORS)?);
    let hostile = u64::try_from(requests * CLIENTS)?;
    assert_eq!(sum(&told, "SECURITY"), hostile);
    let mut kinds = BTreeMap::<&str, usize>::new();
    for event in &told {
        *kinds.entry(event.event_type.as_str()).or_default() += 1;
    }
    assert_eq!(Vec::from_iter(kinds.keys()), [&"ERROR", &"SECURITY"]);
    assert!(kinds["SECURITY"] < 1_500, "{kinds:?}");
    Ok(())
}
