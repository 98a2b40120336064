use actix_web::{
    HttpMessage, HttpResponse,
    dev::ServiceRequest,
    middleware::{Next, from_fn},
    web,
};
use audit_sea_orm::prelude::*;
use audit_web::actix::{AuditMiddleware, SecurityAuditMiddleware};

use super::super::reporter;
use crate::{
    Outcome, Test,
    actix::{ActixServer, Options},
    http::{events, titles},
};

#[expect(clippy::panic, reason = "what is tested")]
async fn explode() -> HttpResponse {
    panic!("the oven exploded")
}

async fn seen() -> HttpResponse {
    let id = AuditContext::current().request_id;
    HttpResponse::ServiceUnavailable().body(id.unwrap_or_default())
}

/// A scope with a middleware of its own, inside an application that has one, reports each event once: under one request id,
/// with the actor that only the inner one finds.
pub async fn a_middleware_inside_another_tells_nothing_twice(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let inner = AuditMiddleware::new(&t.db)
        .resolve_actor(|request| Some(Actor::new(request.extensions().get::<i32>()?)));
    let security = SecurityAuditMiddleware::new(&reporter).scanners(["nikto"]);
    let server = ActixServer::start(
        Options::default(),
        AuditMiddleware::new(&reporter),
        move |config| {
            let authenticate = from_fn(async |request: ServiceRequest, next: Next<_>| {
                request.extensions_mut().insert(7_i32);
                next.call(request).await
            });
            let cakes = web::scope("/cakes")
                .route("/{id}", web::get().to(seen))
                .wrap(inner.clone());
            let shop = web::scope("/shop")
                .service(cakes)
                .route("/explode", web::get().to(explode))
                .wrap(security.clone())
                .wrap(inner.clone())
                .wrap(authenticate);
            // A second scope of the same prefix: only when it is routed it is known which of its routes a request is for.
            let other = web::scope("/shop/late").route("/{id}", web::get().to(seen));
            let hidden = web::scope("/shop/late").guard(actix_web::guard::Get());
            config
                .service(hidden.guard(actix_web::guard::Post()))
                .service(other)
                .service(shop);
        },
    )
    .await?;
    let client = server.client();
    let agent = [("user-agent", &b"nikto"[..])];
    let answer = client.send("GET", "/shop/cakes/1", &agent).await?;
    assert_eq!(answer.status, 503);
    assert_eq!(client.get("/shop/explode").await?.status, 500);
    assert_eq!(client.get("/shop/late/1").await?.status, 503);
    server.stop().await?;

    let told = events(t, &reporter).await?;
    assert_eq!(
        titles(&told),
        [
            ("SECURITY", "scanner: nikto"),
            ("ERROR", "GET /shop/cakes/{id} answered 503"),
            ("ERROR", "GET /shop/explode panicked: the oven exploded"),
            ("ERROR", "GET /shop/late/{id} answered 503"),
        ]
    );
    let request_id = String::from_utf8(answer.body.to_vec())?;
    assert_eq!(told[1].request_id.as_deref(), Some(&*request_id));
    let actors: Vec<_> = told.iter().map(|event| event.actor_id.as_deref()).collect();
    assert_eq!(actors, [None, Some("7"), Some("7"), None]);
    Ok(())
}
