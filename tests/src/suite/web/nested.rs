use audit_sea_orm::prelude::*;
use audit_web::{AuditLayer, SecurityAuditLayer};
use axum::{
    Router,
    extract::Request,
    http::{StatusCode, request::Parts},
    middleware::{Next, from_fn},
    routing::get,
};

use super::reporter;
use crate::{
    Outcome, Test,
    http::{Server, events, titles},
};

#[expect(clippy::panic, reason = "what is tested")]
async fn explode() -> &'static str {
    panic!("the oven exploded")
}

/// A router with a layer of its own, inside an application that has one, reports each event once: under one request id, with
/// the actor that only the inner layer finds.
pub async fn a_layer_inside_another_tells_nothing_twice(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let inner = AuditLayer::new(&t.db)
        .resolve_actor(|parts: &Parts| Some(Actor::new(parts.extensions.get::<i32>()?)))
        .session_id(|_| Some("s".to_owned()));
    let seen = async || {
        let context = AuditContext::current();
        (
            StatusCode::SERVICE_UNAVAILABLE,
            context.request_id.unwrap_or_default(),
        )
    };
    let shop = Router::new()
        .route("/cakes/{id}", get(seen))
        .route("/explode", get(explode))
        .layer(SecurityAuditLayer::new(&reporter).scanners(["nikto"]))
        .layer(inner)
        .layer(from_fn(async |mut request: Request, next: Next| {
            request.extensions_mut().insert(7_i32);
            next.run(request).await
        }));
    let router = Router::new()
        .nest("/shop", shop)
        .layer(SecurityAuditLayer::new(&reporter).scanners(["nikto"]))
        .layer(AuditLayer::new(&reporter));
    let server = Server::start(router).await?;
    let client = server.client();
    let agent = [("user-agent", &b"nikto"[..])];
    let answer = client.send("GET", "/shop/cakes/1", &agent).await?;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    let panicked = client.get("/shop/explode").await?;
    assert_eq!(panicked.status, StatusCode::INTERNAL_SERVER_ERROR);

    let told = events(t, &reporter).await?;
    assert_eq!(
        titles(&told),
        [
            ("SECURITY", "scanner: nikto"),
            ("ERROR", "GET /shop/cakes/{id} answered 503"),
            ("ERROR", "GET /shop/explode panicked: the oven exploded"),
        ]
    );
    let request_id = String::from_utf8(answer.body.to_vec())?;
    assert_eq!(told[1].request_id.as_deref(), Some(&*request_id));
    for event in &told[1..] {
        assert_eq!(event.actor_id.as_deref(), Some("7"));
    }
    server.stop().await
}
