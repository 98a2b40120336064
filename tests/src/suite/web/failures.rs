use std::time::{Duration, Instant};

use audit_sea_orm::Actor;
use audit_web::{AuditLayer, OnPanic};
use axum::{
    Router,
    body::Body,
    extract::Path,
    http::{Request, StatusCode, request::Parts},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::FutureExt as _;
use tower::{Layer, ServiceExt, service_fn};

use super::reporter;
use crate::{
    Outcome, Test,
    http::{Server, events, titles},
};

#[expect(clippy::panic, reason = "what is tested")]
async fn explode(Path(what): Path<String>) -> &'static str {
    tokio::task::yield_now().await;
    if what == "resumed" {
        std::panic::resume_unwind(Box::new(7));
    }
    panic!("the {what} exploded\nbadly");
}

/// A panic is an event with its message, place and stack; the client has an answer, and the connection goes on.
pub async fn panics_are_reported_and_answered(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let router = Router::new()
        .route("/explode/{what}", get(explode))
        .route("/", get(async || "still there"))
        .layer(AuditLayer::new(&reporter));
    let server = Server::start(router).await?;
    let client = server.client();
    let answer = client.get("/explode/oven?secret=CANARY").await?;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(answer.body.is_empty());
    assert_eq!(
        client.get("/explode/resumed").await?.status,
        StatusCode::INTERNAL_SERVER_ERROR
    );
    assert_eq!(client.get("/").await?.body, "still there");

    let events = events(t, &reporter).await?;
    let title = "GET /explode/{what} panicked: the oven exploded\u{FFFD}badly";
    let other = "GET /explode/{what} panicked: a value that is no text";
    assert_eq!(titles(&events), [("ERROR", title), ("ERROR", other)]);
    let event = &events[0];
    let description = event.description.as_deref().unwrap_or_default();
    assert!(description.starts_with("the oven exploded\nbadly\nGET /explode/{what}, after "));
    assert_eq!(event.error_code.as_deref(), Some("panic"));
    assert_eq!(event.ip_address.as_deref(), Some("127.0.0.1"));
    assert!(
        event
            .module
            .as_deref()
            .is_some_and(|file| file.ends_with("failures.rs"))
    );
    assert!(event.line_number.is_some());
    let stack = event.stack_trace.as_deref().ok_or("a stack")?;
    let first: Vec<_> = stack.lines().take(2).collect();
    let here = first.iter().any(|line| line.contains("failures.rs"));
    assert!(here, "the first frame is the handler's: {first:?}");
    assert!(!format!("{events:?}").contains("CANARY"));
    assert_eq!(
        events[1].stack_trace, None,
        "no hook runs for a panic that is resumed"
    );
    server.stop().await
}

/// As configured, the panic goes on, and the event is the same.
#[expect(clippy::panic, reason = "what is tested")]
pub async fn panics_go_on_where_told_to(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let layer = AuditLayer::new(&reporter).on_panic(OnPanic::Rethrow);
    let in_future = layer.layer(service_fn(
        async |_: Request<Body>| -> Result<Response, std::io::Error> { panic!("in the future") },
    ));
    let in_call = layer.layer(service_fn(
        |_: Request<Body>| -> std::future::Ready<Result<Response, std::io::Error>> {
            panic!("in call")
        },
    ));
    let body = Body::from_stream(futures_util::stream::poll_fn(
        |_| -> std::task::Poll<Option<Result<String, std::io::Error>>> { panic!("in the body") },
    ));
    let with_body = std::sync::Mutex::new(Some(body));
    let in_body = layer.layer(service_fn(move |_: Request<Body>| {
        let body = with_body.lock().expect("no panic under it").take();
        std::future::ready(Ok::<_, std::io::Error>(Response::new(
            body.unwrap_or_default(),
        )))
    }));
    let request = || Request::new(Body::empty());
    let future = std::panic::AssertUnwindSafe(in_future.oneshot(request()));
    assert_eq!(message(future.catch_unwind().await), "in the future");
    let call = std::panic::AssertUnwindSafe(in_call.oneshot(request()));
    assert_eq!(message(call.catch_unwind().await), "in call");
    let answer = in_body.oneshot(request()).await?;
    let body = http_body_util::BodyExt::collect(answer.into_body());
    assert_eq!(
        message(std::panic::AssertUnwindSafe(body).catch_unwind().await),
        "in the body"
    );

    let expected = ["in the future", "in call", "in the body"];
    let expected = expected.map(|place| format!("GET / panicked: {place}"));
    let events = events(t, &reporter).await?;
    let told: Vec<_> = events.iter().map(|event| event.title.clone()).collect();
    assert_eq!(told, expected);
    Ok(())
}

fn message<T>(result: Result<T, Box<dyn std::any::Any + Send>>) -> &'static str {
    let payload = result.err().expect("a panic");
    payload
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or_default()
}

/// 5xx is an event; other statuses are none. The answer is the handler's own.
pub async fn server_errors_are_reported(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let status = async |Path(code): Path<u16>| {
        let status = StatusCode::from_u16(code).unwrap_or_default();
        (status, [("x-own", "1")], "own").into_response()
    };
    let router = Router::new()
        .route("/status/{code}", get(status))
        .layer(AuditLayer::new(&reporter));
    let server = Server::start(router).await?;
    let client = server.client();
    for code in [200, 302, 404, 499, 500, 503, 599] {
        let answer = client.get(&format!("/status/{code}?secret=CANARY")).await?;
        assert_eq!(answer.status, code);
        assert_eq!(
            (answer.body.as_ref(), answer.headers.contains_key("x-own")),
            (&b"own"[..], true)
        );
    }
    let events = events(t, &reporter).await?;
    let expected = [500, 503, 599].map(|code| format!("GET /status/{{code}} answered {code}"));
    assert_eq!(
        events
            .iter()
            .map(|event| event.title.clone())
            .collect::<Vec<_>>(),
        expected
    );
    for event in &events {
        assert_eq!(event.event_type.as_str(), "ERROR");
        let request = event.request_id.as_deref().unwrap_or_default();
        assert_eq!(request.len(), 36);
        assert_eq!(
            (event.line_number, &event.module),
            (None, &None),
            "no line of the application's"
        );
    }
    assert!(!format!("{events:?}").contains("CANARY"));
    server.stop().await
}

/// Slower than the threshold is an event; without a threshold, or below it, there is none.
pub async fn slow_requests_are_reported(t: &mut Test) -> Outcome {
    const THRESHOLD: Duration = Duration::from_millis(1);
    let reporter = reporter(t);
    // At least the threshold by the clock that the layer reads, however fast or slow the machine is.
    let work = async || {
        let started = Instant::now();
        while started.elapsed() < THRESHOLD {
            tokio::task::yield_now().await;
        }
    };
    let layer = AuditLayer::new(&reporter);
    let routes = |path: &str, layer: AuditLayer| Router::new().route(path, get(work)).layer(layer);
    let router = routes("/slow", layer.clone().slow_threshold(THRESHOLD))
        .merge(routes("/fast", layer.clone().slow_threshold(Duration::MAX)))
        .merge(routes("/free", layer.without_slow_threshold()));
    let server = Server::start(router).await?;
    let client = server.client();
    for path in ["/slow", "/fast", "/free"] {
        assert_eq!(client.get(path).await?.status, StatusCode::OK);
    }
    let events = events(t, &reporter).await?;
    assert_eq!(titles(&events), [("PERFORMANCE", "GET /slow was slow")]);
    server.stop().await
}

/// A layer of the application's that answers panics, as tower-http's `CatchPanic` does, hides nothing of one.
pub async fn a_panic_that_a_layer_inside_answers_is_told_whole(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let catch_panics = from_fn(async |request: axum::extract::Request, next: Next| {
        let answer = std::panic::AssertUnwindSafe(next.run(request));
        let answer = answer.catch_unwind().await;
        answer.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    });
    let router = Router::new()
        .route("/explode/{what}", get(explode))
        .route("/busy", get(async || StatusCode::SERVICE_UNAVAILABLE))
        .layer(catch_panics)
        .layer(AuditLayer::new(&reporter));
    let server = Server::start(router).await?;
    let client = server.client();
    for path in ["/explode/oven", "/busy"] {
        assert!(client.get(path).await?.status.is_server_error());
    }
    let events = events(t, &reporter).await?;
    let title = "GET /explode/{what} panicked: the oven exploded\u{FFFD}badly";
    let other = "GET /busy answered 503";
    assert_eq!(titles(&events), [("ERROR", title), ("ERROR", other)]);
    let stack = events[0].stack_trace.as_deref().unwrap_or_default();
    assert!(stack.contains("failures.rs"), "{stack}");
    server.stop().await
}

/// What the application resolves the context with may panic: the client is answered, the event tells of it, and what else
/// is known is in it.
#[expect(clippy::panic, reason = "what is tested")]
pub async fn a_resolver_that_panics_is_an_event(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let layer = || AuditLayer::new(&reporter);
    let routes = |path: &str, layer: AuditLayer| {
        Router::new()
            .route(path, get(async || "not reached"))
            .layer(layer)
    };
    let router = routes(
        "/actor",
        layer().resolve_actor(|_: &Parts| -> Option<Actor> { panic!("no actor") }),
    )
    .merge(routes(
        "/session",
        layer().session_id(|_| panic!("no session")),
    ))
    .merge(routes(
        "/request",
        layer().request_id(|_| panic!("no request")),
    ))
    .merge(routes("/peer", layer().peer_address(|_| panic!("no peer"))));
    let server = Server::start(router).await?;
    let client = server.client();
    for path in ["/actor", "/session", "/request", "/peer"] {
        let answer = client.get(path).await?;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    }
    let events = events(t, &reporter).await?;
    assert_eq!(
        titles(&events),
        [
            ("ERROR", "GET /actor panicked: no actor"),
            ("ERROR", "GET /session panicked: no session"),
            ("ERROR", "GET /request panicked: no request"),
            ("ERROR", "GET /peer panicked: no peer"),
        ]
    );
    for event in &events {
        assert!(event.request_id.is_some(), "{}", event.title);
        let is_peer = event.title.starts_with("GET /peer");
        let ip = (!is_peer).then_some("127.0.0.1");
        assert_eq!(event.ip_address.as_deref(), ip, "{}", event.title);
    }
    server.stop().await
}

/// A layer inside that cuts a handler off says 408, as tower-http's `Timeout` does.
pub async fn a_handler_that_is_cut_off_is_an_event(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let router = Router::new()
        .route("/dawdle", get(async || StatusCode::REQUEST_TIMEOUT))
        .layer(AuditLayer::new(&reporter).slow_threshold(Duration::ZERO));
    let server = Server::start(router).await?;
    let answer = server.client().get("/dawdle").await?;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT);
    let events = events(t, &reporter).await?;
    assert_eq!(titles(&events), [("PERFORMANCE", "GET /dawdle timed out")]);
    server.stop().await
}
