use std::{
    future::{Ready, ready},
    time::{Duration, Instant},
};

use actix_web::{
    Error, HttpResponse,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    error::{ErrorInternalServerError, ErrorUnauthorized},
    http::StatusCode,
    middleware::{Next, from_fn},
    web::{self, Path},
};
use audit_sea_orm::{Actor, entity::system_event};
use audit_web::{OnPanic, actix::AuditMiddleware};

use super::super::reporter;
use crate::{
    Outcome, Test,
    actix::{ActixServer, Options},
    http::{events, titles},
};

#[expect(clippy::panic, reason = "what is tested")]
async fn explode(what: Path<String>) -> HttpResponse {
    tokio::task::yield_now().await;
    if what.as_str() == "resumed" {
        std::panic::resume_unwind(Box::new(7));
    }
    panic!("the {what} exploded\nbadly");
}

#[expect(clippy::panic, reason = "what is tested")]
fn in_call(_: ServiceRequest, _: Next<BoxBody>) -> Ready<Result<ServiceResponse, Error>> {
    panic!("in call")
}

/// A panic is an event with its message, place and stack; the client has an answer, and the connection goes on.
pub async fn panics_of_actix_are_reported_and_answered(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let audit = AuditMiddleware::new(&reporter);
    let server = ActixServer::start(Options::default(), audit, move |config| {
        let called = web::resource("/called").wrap(from_fn(in_call));
        config
            .route("/explode/{what}", web::get().to(explode))
            .service(called.to(HttpResponse::Ok))
            .route("/", web::get().to(async || "still there"));
    })
    .await?;
    let mut connection = server.connect().await?;
    let answers = crate::actix::pipelined(
        &mut connection,
        &[
            "/explode/oven?secret=CANARY",
            "/explode/resumed",
            "/called",
            "/",
        ],
    )
    .await?;
    let first_lines: Vec<_> = answers
        .lines()
        .filter(|line| line.starts_with("HTTP/"))
        .collect();
    let failed = "HTTP/1.1 500 Internal Server Error";
    assert_eq!(first_lines, [failed, failed, failed, "HTTP/1.1 200 OK"]);
    assert!(answers.ends_with("still there"), "{answers}");
    assert_eq!(answers.matches("content-length: 0\r\n").count(), 3);
    server.stop().await?;

    let events = events(t, &reporter).await?;
    let title = "GET /explode/{what} panicked: the oven exploded\u{FFFD}badly";
    let resumed = "GET /explode/{what} panicked: a value that is no text";
    let called = "GET /called panicked: in call";
    assert_eq!(
        titles(&events),
        [title, resumed, called].map(|title| ("ERROR", title))
    );
    tells_all_of_the_panic(&events[0])?;
    assert!(!format!("{events:?}").contains("CANARY"));
    Ok(())
}

fn tells_all_of_the_panic(event: &system_event::Model) -> Outcome {
    let description = event.description.as_deref().unwrap_or_default();
    assert!(description.starts_with("the oven exploded\nbadly\nGET /explode/{what}, after "));
    assert_eq!(event.error_code.as_deref(), Some("panic"));
    assert_eq!(event.ip_address.as_deref(), Some("127.0.0.1"));
    assert!(event.request_id.is_some());
    assert!(
        event
            .module
            .as_deref()
            .is_some_and(|file| file.ends_with("failures.rs"))
    );
    assert!(event.line_number.is_some());
    let stack = event.stack_trace.as_deref().ok_or("a stack")?;
    let here = stack
        .lines()
        .take(2)
        .any(|line| line.contains("failures.rs"));
    assert!(here, "the first frame is the handler's: {stack}");
    Ok(())
}

/// As configured, the panic goes on: actix ends the connection, and the event is the same.
pub async fn panics_of_actix_go_on_where_told_to(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let audit = AuditMiddleware::new(&reporter).on_panic(OnPanic::Rethrow);
    let server = ActixServer::start(Options::default(), audit, |config| {
        config.route("/explode/{what}", web::get().to(explode));
    })
    .await?;
    assert!(server.client().get("/explode/oven").await.is_err());
    server.stop().await?;
    let events = events(t, &reporter).await?;
    let title = "GET /explode/{what} panicked: the oven exploded\u{FFFD}badly";
    assert_eq!(titles(&events), [("ERROR", title)]);
    Ok(())
}

/// A middleware whose refusal is an error.
#[expect(
    clippy::needless_pass_by_value,
    reason = "actix passes it by its value"
)]
fn refuse(request: ServiceRequest, _: Next<BoxBody>) -> Ready<Result<ServiceResponse, Error>> {
    let is_door = request.path().ends_with("/door");
    ready(Err(if is_door {
        ErrorUnauthorized("CANARY")
    } else {
        ErrorInternalServerError("no key")
    }))
}

async fn burn() -> Result<HttpResponse, Error> {
    let said = "the oven is on fire\nDuplicate entry 'CANARY' for key 'name'";
    Err(ErrorInternalServerError(said))
}

async fn status(code: Path<u16>) -> HttpResponse {
    let status = StatusCode::from_u16(*code).unwrap_or_default();
    HttpResponse::build(status)
        .insert_header(("x-own", "1"))
        .body("own")
}

/// 5xx is an event, with what the error said; other statuses are none. The answer is the handler's own.
pub async fn errors_of_actix_are_reported_with_their_text(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let audit = AuditMiddleware::new(&reporter);
    let server = ActixServer::start(Options::default(), audit, move |config| {
        let refused = web::resource("/refused/{what}").wrap(from_fn(refuse));
        config
            .route("/status/{code}", web::get().to(status))
            .route("/burn", web::get().to(burn))
            .service(refused.to(HttpResponse::Ok));
    })
    .await?;
    let client = server.client();
    for code in [200, 302, 404, 499, 500, 503, 408] {
        let answer = client.get(&format!("/status/{code}?secret=CANARY")).await?;
        assert_eq!(answer.status, code);
        assert_eq!(
            (answer.body.as_ref(), answer.headers.contains_key("x-own")),
            (&b"own"[..], true)
        );
    }
    assert_eq!(client.get("/missing/7").await?.status, 404);
    let burnt = client.get("/burn").await?;
    assert!(burnt.body.starts_with(b"the oven is on fire"));
    assert_eq!(client.get("/refused/door").await?.status, 401);
    assert_eq!(client.get("/refused/safe").await?.status, 500);
    server.stop().await?;
    let events = events(t, &reporter).await?;
    assert_eq!(
        titles(&events),
        [
            ("ERROR", "GET /status/{code} answered 500"),
            ("ERROR", "GET /status/{code} answered 503"),
            ("PERFORMANCE", "GET /status/{code} timed out"),
            ("ERROR", "GET /burn answered 500"),
            ("ERROR", "GET /refused/{what} answered 500"),
        ]
    );
    let descriptions = events
        .iter()
        .map(|event| event.description.as_deref().unwrap_or_default());
    let begins = [
        "GET /status/{code}, after ",
        "GET /status/{code}, after ",
        "GET /status/{code}, after ",
        "the oven is on fire\n",
        "no key\nGET /refused/{what}, after ",
    ];
    for (description, begin) in descriptions.zip(begins) {
        assert!(description.starts_with(begin), "{description}");
    }
    assert!(!format!("{events:?}").contains("CANARY"));
    Ok(())
}

/// Slower than the threshold is an event; below it, or without one, there is none.
pub async fn slow_requests_of_actix_are_reported(t: &mut Test) -> Outcome {
    const THRESHOLD: Duration = Duration::from_millis(1);
    let reporter = reporter(t);
    // At least the threshold by the clock that the middleware reads, however fast or slow the machine is.
    let work = async || {
        let started = Instant::now();
        while started.elapsed() < THRESHOLD {
            tokio::task::yield_now().await;
        }
        "worked"
    };
    let audit = AuditMiddleware::new(&reporter);
    for (path, audit) in [
        ("/slow", audit.clone().slow_threshold(THRESHOLD)),
        ("/fast", audit.clone().slow_threshold(Duration::MAX)),
        ("/free", audit.without_slow_threshold()),
    ] {
        let server = ActixServer::start(Options::default(), audit, move |config| {
            config.route(path, web::get().to(work));
        })
        .await?;
        assert_eq!(server.client().get(path).await?.body, "worked");
        server.stop().await?;
    }
    let events = events(t, &reporter).await?;
    assert_eq!(titles(&events), [("PERFORMANCE", "GET /slow was slow")]);
    Ok(())
}

/// What the application resolves the context with may panic: the client is answered, the event tells of it, and what else
/// is known is in it.
#[expect(clippy::panic, reason = "what is tested")]
pub async fn a_resolver_of_actix_that_panics_is_an_event(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let audit = || AuditMiddleware::new(&reporter);
    for audit in [
        audit().resolve_actor(|_| -> Option<Actor> { panic!("no actor") }),
        audit().peer_address(|_| panic!("no peer")),
    ] {
        let server = ActixServer::start(Options::default(), audit, |config| {
            config.route("/", web::get().to(async || "not reached"));
        })
        .await?;
        assert_eq!(server.client().get("/").await?.status, 500);
        server.stop().await?;
    }
    let events = events(t, &reporter).await?;
    let expected = ["GET / panicked: no actor", "GET / panicked: no peer"];
    assert_eq!(titles(&events), expected.map(|title| ("ERROR", title)));
    assert_eq!(events[0].ip_address.as_deref(), Some("127.0.0.1"));
    assert!(events.iter().all(|event| event.request_id.is_some()));
    Ok(())
}

/// A path that is probed for, where actix has no resource, and a user agent that names a scanner are events of their client.
pub async fn probes_of_actix_are_security_events(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let missing = async || HttpResponse::NotFound();
    let server = ActixServer::start(
        Options::default(),
        AuditMiddleware::new(&reporter),
        move |config| {
            config
                .route("/wp-admin", web::get().to(missing))
                .service(web::scope("/files").route("/{name}", web::get().to(missing)))
                .route("/", web::get().to(async || "home"))
                .default_service(web::to(missing));
        },
    )
    .await?;
    let client = server.client();
    for path in [
        "/.env?x=CANARY",
        "/wp-admin",
        "/files/.env",
        "/files/a/.git",
        "/missing",
    ] {
        assert_eq!(client.get(path).await?.status, 404);
    }
    let scanner = [("user-agent", &b"nikto/1.8"[..])];
    assert_eq!(client.send("GET", "/", &scanner).await?.body, "home");
    server.stop().await?;
    let events = events(t, &reporter).await?;
    let expected = ["probe: .env*", "probe: .git", "scanner: nikto"];
    assert_eq!(titles(&events), expected.map(|title| ("SECURITY", title)));
    let description = events[0].description.as_deref();
    assert_eq!(description, Some("GET /.env, by unknown"));
    for event in &events {
        assert_eq!(event.ip_address.as_deref(), Some("127.0.0.1"));
        assert!(event.request_id.is_some());
    }
    assert!(!format!("{events:?}").contains("CANARY"));
    Ok(())
}
