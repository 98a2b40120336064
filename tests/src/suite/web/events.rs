use std::time::Duration;

use audit_sea_orm::prelude::*;
use audit_web::{AuditLayer, EventReporter, SecurityAuditLayer};
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
    response::Response,
};
use sea_orm::{ConnectionTrait, TransactionTrait};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::{
    Outcome, Test,
    http::{Server, events, titles},
};

pub(super) async fn failing(_: Request<Body>) -> Result<Response, std::convert::Infallible> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    Ok(answer)
}

/// One client that fails a hundred times leaves one event, and one that says how often more.
pub async fn repeated_events_are_collapsed(t: &mut Test) -> Outcome {
    // Longer than any run of this test, so that the flush ends the window.
    let reporter = EventReporter::new(&t.db).collapse_within(Duration::from_secs(3600));
    let layer = AuditLayer::new(&reporter);
    let fail = async || StatusCode::INTERNAL_SERVER_ERROR;
    let router = Router::new()
        .route("/fail", axum::routing::get(fail))
        .layer(layer);
    let server = Server::start(router).await?;
    let client = server.client();
    for _ in 0..100 {
        client.get("/fail").await?;
    }
    let told = events(t, &reporter).await?;
    let title = "GET /fail answered 500";
    assert_eq!(titles(&told), [("ERROR", title), ("ERROR", title)]);
    let description = told[1].description.as_deref();
    assert_eq!(description, Some("99 more within 3600 s"));
    assert_eq!(told[1].ip_address.as_deref(), Some("127.0.0.1"));
    assert_eq!(told[1].request_id, None, "it stands for many requests");

    assert_eq!(events(t, &reporter).await?.len(), 2, "reported once");
    server.stop().await
}

/// Events that find the queue full are dropped and counted, and a warning says so; the requests are answered.
pub async fn dropped_events_are_counted_and_told(t: &mut Test) -> Outcome {
    const EVENTS: u64 = 50;
    let one = t.isolated.connect(1).await?;
    let reporter = EventReporter::new(&one)
        .queue(2)
        .collapse_within(Duration::ZERO);
    let mut service = AuditLayer::new(&reporter).layer(service_fn(failing));
    // While its only connection is taken the reporter writes nothing.
    let taken = one.begin().await?;
    for _ in 0..EVENTS {
        let answer = service
            .ready()
            .await?
            .call(Request::new(Body::empty()))
            .await?;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
    let dropped = reporter.dropped();
    assert!(
        (EVENTS - 3..=EVENTS - 2).contains(&dropped),
        "two in the queue, one perhaps on the way: {dropped}"
    );
    taken.rollback().await?;

    let told = events(t, &reporter).await?;
    let (warnings, errors): (Vec<_>, Vec<_>) = told
        .iter()
        .partition(|event| event.event_type.as_str() == "WARNING");
    assert_eq!(u64::try_from(errors.len())? + dropped, EVENTS);
    let mut reported = 0;
    for warning in warnings {
        assert_eq!(warning.title, "events were dropped: the queue was full");
        let count = warning
            .description
            .as_deref()
            .and_then(|text| text.split(' ').next());
        reported += count.ok_or("a count")?.parse::<u64>()?;
    }
    assert_eq!(reported, dropped);
    drop(service);
    one.close().await?;
    Ok(())
}

/// How many events one stands for, and that title's; with `more within` it is one that was only counted.
pub(super) fn count(event: &system_event::Model) -> u64 {
    let description = event.description.as_deref().unwrap_or_default();
    let more = description.split_once(" more within ");
    more.and_then(|(count, _)| count.parse().ok()).unwrap_or(1)
}

async fn failing_or_missing(request: Request<Body>) -> Result<Response, std::convert::Infallible> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = match request.uri().path().starts_with("/fail") {
        true => StatusCode::INTERNAL_SERVER_ERROR,
        false => StatusCode::NOT_FOUND,
    };
    Ok(answer)
}

/// Strangers at 400 addresses look for 25 holes each, while the application fails a hundred times, in twenty ways, for some of
/// them too: each way is in the trail with its count, and every probe is counted.
pub async fn probes_hide_no_errors(t: &mut Test) -> Outcome {
    const HOLES: u64 = 25;
    const ADDRESSES: u64 = 400;
    let reporter = EventReporter::new(&t.db).collapse_within(Duration::from_secs(3600));
    let holes: Vec<String> = (0..HOLES).map(|hole| format!("hole{hole}")).collect();
    let probes = SecurityAuditLayer::new(&reporter).probe_paths(&holes);
    let service = AuditLayer::new(&reporter).layer(probes.layer(service_fn(failing_or_missing)));
    let send = async |path: String, address: u64| {
        let mut request = Request::get(path).body(Body::empty())?;
        let [_, _, high, low] = u32::try_from(address)?.to_be_bytes();
        let peer = std::net::SocketAddr::from(([10, 0, high, low], 4711));
        request.extensions_mut().insert(peer);
        service.clone().oneshot(request).await?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
    };
    let mut failed = 0;
    for address in 0..ADDRESSES {
        for hole in &holes {
            send(format!("/{hole}"), address).await?;
        }
        // Of a user's own address, and after its probes of a stranger's.
        if address % 4 == 3 {
            let of_stranger = failed % 5 == 4;
            let from = if of_stranger { address } else { 60_000 };
            send(format!("/fail/{}", failed % 20), from).await?;
            failed += 1;
        }
    }
    let told = events(t, &reporter).await?;
    let sum = |event_type: &str| {
        let of_type = told
            .iter()
            .filter(|event| event.event_type.as_str() == event_type);
        of_type.map(count).sum::<u64>()
    };
    assert_eq!(failed, 100);
    for way in 0..20 {
        let title = format!("GET /fail/{way} answered 500");
        let of_way = told.iter().filter(|event| event.title == title);
        assert_eq!(of_way.map(count).sum::<u64>(), 5, "{title}");
    }
    assert_eq!(sum("ERROR"), failed);
    assert_eq!(sum("SECURITY") + reporter.dropped(), HOLES * ADDRESSES);
    assert!(told.len() < 1_000, "{} rows", told.len());
    Ok(())
}

/// Events of strangers that fill the queue take no place from the application's errors.
pub async fn a_queue_full_of_probes_takes_errors(t: &mut Test) -> Outcome {
    let one = t.isolated.connect(1).await?;
    let reporter = EventReporter::new(&one)
        .queue(2)
        .collapse_within(Duration::ZERO);
    let probes = SecurityAuditLayer::new(&reporter).probe_paths(["hole"]);
    let service = AuditLayer::new(&reporter).layer(probes.layer(service_fn(failing_or_missing)));
    // While its only connection is taken the reporter writes nothing.
    let taken = one.begin().await?;
    for path in [
        "/hole", "/hole", "/hole", "/hole", "/hole", "/fail", "/fail",
    ] {
        let request = Request::get(path).body(Body::empty())?;
        service.clone().oneshot(request).await?;
    }
    let dropped = reporter.dropped();
    assert!((2..=3).contains(&dropped), "{dropped}");
    taken.rollback().await?;
    let told = events(t, &reporter).await?;
    let errors = told
        .iter()
        .filter(|event| event.event_type.as_str() == "ERROR");
    assert_eq!(errors.count(), 2);
    let warning = told
        .iter()
        .find(|event| event.event_type.as_str() == "WARNING");
    let description = warning.and_then(|event| event.description.as_deref());
    let expected = format!("{dropped} since the last such event, 0 of them of type ERROR");
    assert_eq!(description, Some(&*expected));
    drop(service);
    one.close().await?;
    Ok(())
}

/// A table that is gone is no reason to fail a request; the loss is counted.
pub async fn a_failing_database_fails_no_request(t: &mut Test) -> Outcome {
    let reporter = super::reporter(t);
    t.db.execute_unprepared("DROP TABLE audit_system_event")
        .await?;
    let service = AuditLayer::new(&reporter).layer(service_fn(failing));
    let answer = service.oneshot(Request::new(Body::empty())).await?;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    reporter.flush().await;
    assert_eq!((reporter.failed(), reporter.dropped()), (1, 0));
    Ok(())
}

/// What the configuration around the layer skips is not written.
pub async fn skip_lists_hold_for_events_of_requests(t: &mut Test) -> Outcome {
    let reporter = super::reporter(t);
    let layer = AuditLayer::new(&reporter).slow_threshold(Duration::ZERO);
    let call = async || {
        layer
            .layer(service_fn(failing))
            .oneshot(Request::new(Body::empty()))
            .await
    };
    let config = AuditConfig::new().skip_actions(["ERROR"])?;
    config.scope(call()).await?;
    let told = events(t, &reporter).await?;
    assert_eq!(titles(&told), [("PERFORMANCE", "GET / was slow")]);

    AuditConfig::new().enabled(false).scope(call()).await?;
    AuditConfig::new()
        .skip_models(["audit_system_*"])?
        .scope(call())
        .await?;
    assert_eq!(events(t, &reporter).await?.len(), 1);
    Ok(())
}
