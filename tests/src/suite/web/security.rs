use audit_web::{AuditLayer, EventReporter, SecurityAuditLayer};
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
    response::Response,
    routing::get,
};
use tower::{Layer, ServiceExt, service_fn};

use super::reporter;
use crate::{
    Outcome, Test,
    http::{Server, events, titles},
};

fn layered(router: Router, reporter: &EventReporter) -> Router {
    router
        .layer(SecurityAuditLayer::new(reporter))
        .layer(AuditLayer::new(reporter))
}

/// A path that is probed for, and a user agent that names a scanner, are events of their client; others are not.
pub async fn probes_and_scanners_are_security_events(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let router = Router::new().route("/", get(async || "home"));
    let server = Server::start(layered(router, &reporter)).await?;
    let client = server.client();
    let browser = [(
        "user-agent",
        &b"Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0"[..],
    )];
    for path in [
        "/.env?x=CANARY",
        "/blog/wp%2Dlogin.php",
        "/missing",
        "/.well-known/security.txt",
    ] {
        let answer = client.send("GET", path, &browser).await?;
        assert_eq!(
            answer.status,
            StatusCode::NOT_FOUND,
            "answered as without the layer"
        );
    }
    let scanner = [("user-agent", &b"sqlmap/1.8 \xff\xe2\x80\xae"[..])];
    assert_eq!(client.send("GET", "/", &scanner).await?.body, "home");
    server.stop().await?;

    let events = events(t, &reporter).await?;
    let expected = [
        ("SECURITY", "probe: .env*"),
        ("SECURITY", "probe: wp-login.php"),
        ("SECURITY", "scanner: sqlmap"),
    ];
    assert_eq!(titles(&events), expected);
    let description = events[0].description.as_deref();
    assert_eq!(
        description,
        Some("GET /.env, by Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0")
    );
    for event in &events {
        assert_eq!(event.ip_address.as_deref(), Some("127.0.0.1"));
        assert!(event.request_id.is_some());
    }
    assert!(!format!("{events:?}").contains("CANARY"));
    Ok(())
}

/// Routes that the application has are its own, whatever they are called and answer, nested ones too.
pub async fn own_routes_are_never_probes(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let missing = async || StatusCode::NOT_FOUND;
    let router = Router::new()
        .route("/wp-admin", get(async || "ours"))
        .route("/wp-login.php", get(missing))
        .route("/files/{name}", get(missing))
        .nest("/cgi-bin", Router::new().route("/{tool}", get(missing)));
    let server = Server::start(layered(router, &reporter)).await?;
    let client = server.client();
    for path in [
        "/wp-admin",
        "/wp-login.php",
        "/files/.env",
        "/cgi-bin/tool.cgi",
    ] {
        client.get(path).await?;
    }
    assert_eq!(
        client.send("POST", "/wp-admin", &[]).await?.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
    // Within the folder of a nested router, but no route of it.
    assert_eq!(
        client.get("/cgi-bin/a/b").await?.status,
        StatusCode::NOT_FOUND
    );
    server.stop().await?;
    assert_eq!(
        titles(&events(t, &reporter).await?),
        [("SECURITY", "probe: cgi-bin")]
    );
    Ok(())
}

/// Where no framework tells what matched, a 404 does. The layer stands alone as well.
pub async fn without_a_framework_the_answer_tells_probes(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let handler = service_fn(async |request: Request<Body>| {
        let mut answer = Response::new(Body::empty());
        if request.uri().query() == Some("missing") {
            *answer.status_mut() = StatusCode::NOT_FOUND;
        }
        Ok::<_, std::convert::Infallible>(answer)
    });
    let layer = SecurityAuditLayer::new(&reporter)
        .probe_paths(["trap/*", "pit"])
        .scanners(["evil eye"]);
    let service = layer.layer(handler);
    for (path, agent) in [
        ("/trap/1", "x"),
        ("/trap/2?missing", "x"),
        ("/.env?missing", "sqlmap"),
        ("/", "The Evil-Eye/2"),
    ] {
        let mut request = Request::builder()
            .uri(path)
            .header("user-agent", agent)
            .body(Body::empty())?;
        let peer = std::net::SocketAddr::from(([192, 0, 2, 7], 4711));
        request.extensions_mut().insert(peer);
        service.clone().oneshot(request).await?;
    }
    let events = events(t, &reporter).await?;
    assert_eq!(
        titles(&events),
        [
            ("SECURITY", "probe: trap/*"),
            ("SECURITY", "scanner: evil eye")
        ]
    );
    assert_eq!(events[0].ip_address.as_deref(), Some("192.0.2.7"));
    Ok(())
}
