use std::time::Duration;

use audit_web::{AuditLayer, EventReporter, OnPanic, trace::AuditTraceLayer};
use axum::{Router, http::StatusCode, routing::get};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    request_id::{MakeRequestUuid, RequestId, SetRequestIdLayer},
    timeout::TimeoutLayer,
    trace::TraceLayer,
};
use tracing::{Dispatch, instrument::WithSubscriber};
use tracing_subscriber::layer::SubscriberExt;

use super::reporter;
use crate::{
    Outcome, Test,
    http::{Answer, Server, events, titles},
};

#[expect(clippy::panic, reason = "what is tested")]
async fn explode() -> &'static str {
    panic!("the oven exploded")
}

fn routes() -> Router {
    Router::new()
        .route("/explode", get(explode))
        .route("/busy", get(async || StatusCode::SERVICE_UNAVAILABLE))
        .route("/dawdle", get(std::future::pending::<()>))
        .route("/fine", get(async || "fine ".repeat(1_000)))
}

fn timeout(status: StatusCode) -> TimeoutLayer {
    TimeoutLayer::with_status_code(status, Duration::from_millis(30))
}

/// What the trail holds of one request, asked of an application that traces to it.
async fn told(
    t: &Test,
    reporter: &EventReporter,
    router: Router,
    path: &str,
) -> Result<(Answer, Vec<String>), Box<dyn std::error::Error + Send + Sync>> {
    let subscriber = tracing_subscriber::registry().with(AuditTraceLayer::new(reporter));
    let dispatch = Dispatch::new(subscriber);
    let router = router.layer(axum::middleware::from_fn(
        move |request: axum::extract::Request, next: axum::middleware::Next| {
            next.run(request).with_subscriber(dispatch.clone())
        },
    ));
    let before = events(t, reporter).await?.len();
    let server = Server::start(router).await?;
    let headers = [("accept-encoding", &b"gzip"[..])];
    let answer = server.client().send("GET", path, &headers).await?;
    server.stop().await?;
    let events = events(t, reporter).await?;
    let titles = titles(&events[before..]);
    let titles = titles.iter().map(|(kind, title)| format!("{kind} {title}"));
    Ok((answer, titles.collect()))
}

/// What is asked, of which application, and what the trail holds then.
type Case = (&'static str, Router, Option<&'static str>);

fn panics(audit: &AuditLayer) -> Vec<Case> {
    let panicked = Some("ERROR GET /explode panicked: the oven exploded");
    let rethrow = audit.clone().on_panic(OnPanic::Rethrow);
    let (catch, trace) = (CatchPanicLayer::new, TraceLayer::new_for_http);
    let routers = [
        routes().layer(catch()).layer(audit.clone()),
        routes().layer(rethrow).layer(catch()),
        routes().layer(trace()).layer(catch()).layer(audit.clone()),
    ];
    Vec::from(routers.map(|router| ("/explode", router, panicked)))
}

fn failures(audit: &AuditLayer) -> Vec<Case> {
    let busy = Some("ERROR GET /busy answered 503");
    let trace = TraceLayer::new_for_http;
    let routers = [
        routes().layer(trace()).layer(audit.clone()),
        routes().layer(audit.clone()).layer(trace()),
    ];
    Vec::from(routers.map(|router| ("/busy", router, busy)))
}

fn timeouts(audit: &AuditLayer) -> Vec<Case> {
    let inside = |status| routes().layer(timeout(status)).layer(audit.clone());
    let outside = |status| routes().layer(audit.clone()).layer(timeout(status));
    let (late, gateway) = (StatusCode::REQUEST_TIMEOUT, StatusCode::GATEWAY_TIMEOUT);
    let cases = [
        (inside(late), "PERFORMANCE GET /dawdle timed out"),
        (inside(gateway), "ERROR GET /dawdle answered 504"),
        (
            outside(late),
            "WARNING GET /dawdle was aborted before its answer",
        ),
    ];
    Vec::from(cases.map(|(router, told)| ("/dawdle", router, Some(told))))
}

fn compressions(audit: &AuditLayer) -> Vec<Case> {
    let compress = CompressionLayer::new;
    let routers = [
        routes().layer(compress()).layer(audit.clone()),
        routes().layer(audit.clone()).layer(compress()),
    ];
    Vec::from(routers.map(|router| ("/fine", router, None)))
}

/// Each layer of tower-http, inside and outside of `AuditLayer`: the page on their order holds.
pub async fn layers_of_tower_http_lose_and_double_nothing(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let audit = AuditLayer::new(&reporter);
    let cases = [panics, failures, timeouts, compressions];
    let cases = cases.iter().flat_map(|cases| cases(&audit));
    for (number, (path, router, expected)) in cases.enumerate() {
        let (answer, titles) = told(t, &reporter, router, path).await?;
        assert_eq!(titles, Vec::from_iter(expected), "case {number}");
        let is_fine = path == "/fine";
        assert_eq!(answer.status == StatusCode::OK, is_fine, "case {number}");
        assert_eq!(answer.headers.contains_key("content-encoding"), is_fine);
    }
    let events = events(t, &reporter).await?;
    let stacks = events.iter().filter(|event| event.stack_trace.is_some());
    assert_eq!(stacks.count(), 3, "each panic has its backtrace");
    Ok(())
}

/// The id that tower-http gave to a request is that of the trail.
pub async fn the_request_id_of_tower_http_is_the_trails(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let audit = AuditLayer::new(&reporter).request_id(|parts| {
        let id = parts.extensions.get::<RequestId>()?;
        Some(id.header_value().to_str().ok()?.to_owned())
    });
    let router = routes()
        .layer(audit)
        .layer(tower_http::request_id::PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid));
    let (answer, _) = told(t, &reporter, router, "/busy").await?;
    let event = events(t, &reporter).await?.pop().ok_or("an event")?;
    let id = answer.headers.get("x-request-id").ok_or("an id")?;
    assert_eq!(event.request_id.as_deref(), Some(id.to_str()?));
    Ok(())
}
