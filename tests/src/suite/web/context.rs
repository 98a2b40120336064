use audit_sea_orm::{SharedContext, prelude::*};
use audit_web::{AuditLayer, ClientAddress, RequestId};
use axum::{
    Extension, Router,
    extract::{FromRequestParts, State},
    http::{HeaderName, StatusCode, request::Parts},
    middleware::{Next, from_fn},
    routing::get,
};
use sea_orm::{ActiveModelTrait, DatabaseConnection};

use super::reporter;
use crate::{
    Outcome, Test,
    entity::cake,
    http::{Server, events},
};

async fn bake(State(db): State<DatabaseConnection>) -> Result<String, StatusCode> {
    let name = uuid_like(&AuditContext::current());
    let cake = cake::named(&name).insert(&db).await;
    cake.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(AuditContext::current().request_id.unwrap_or_default())
}

fn uuid_like(context: &AuditContext) -> String {
    context.request_id.clone().unwrap_or_default()
}

fn app(t: &Test, layer: AuditLayer) -> Router {
    Router::new()
        .route("/cakes/{kind}", get(bake))
        .layer(layer)
        .with_state(t.db.clone())
}

/// Address, user agent, request, session, route and actor are in the record that a handler makes, and what the
/// handler finds in the extensions is the same.
pub async fn a_request_gives_its_context_to_every_record(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let layer = AuditLayer::new(reporter(t))
        .client_address(ClientAddress::trusting(["127.0.0.0/8".parse()?]))
        .session_id(|parts: &Parts| Some(parts.headers.get("x-session")?.to_str().ok()?.into()))
        .resolve_actor(|parts: &Parts| {
            let user = parts.headers.get("x-user")?.to_str().ok()?;
            Some(Actor::new(user).with_name(format!("User {user}")))
        });
    let same = async |Extension(shared): Extension<SharedContext>| {
        assert_eq!(shared.get(), AuditContext::current());
        "same"
    };
    let server = Server::start(
        app(t, layer.clone()).merge(Router::new().route("/same", get(same)).layer(layer)),
    )
    .await?;
    let client = server.client();
    let headers: [(&str, &[u8]); 5] = [
        ("user-agent", b"Browser/1"),
        ("x-forwarded-for", b"6.6.6.6, 203.0.113.7"),
        ("x-session", b"s-1"),
        ("x-user", b"42"),
        ("x-request-id", b"of-the-client"),
    ];
    let answer = client.send("GET", "/cakes/tart?secret=1", &headers).await?;
    let id = String::from_utf8(answer.body.to_vec())?;
    assert_eq!(client.send("GET", "/same", &headers).await?.body, "same");

    let record = t.only_record().await?;
    assert_eq!(record.ip_address.as_deref(), Some("203.0.113.7"));
    assert_eq!(record.user_agent.as_deref(), Some("Browser/1"));
    assert_eq!(record.session_id.as_deref(), Some("s-1"));
    assert_eq!(record.actor_id.as_deref(), Some("42"));
    assert_eq!(record.actor_name.as_deref(), Some("User 42"));
    assert_eq!(record.module.as_deref(), Some("GET /cakes/{kind}"));
    assert_eq!(record.request_id, Some(id.clone()));
    assert_eq!(
        (id.len(), &id[14..15]),
        (36, "7"),
        "a uuid of version 7, not the client's"
    );
    server.stop().await
}

/// Whatever a client writes into the headers that are recorded, the record is written, cut and clean.
pub async fn hostile_headers_are_cut_and_clean(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let text = |parts: &Parts, name: &str| {
        let value = parts.headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let layer = AuditLayer::new(reporter(t))
        .client_address(ClientAddress::hops(1))
        .trust_request_id_header(HeaderName::from_static("x-request-id"))
        .session_id(move |parts: &Parts| text(parts, "x-session"))
        .resolve_actor(move |parts: &Parts| text(parts, "x-user").map(Actor::new));
    let server = Server::start(app(t, layer)).await?;
    let client = server.client();
    let long = "é".repeat(10_000).into_bytes();
    let hostile: [&[u8]; 5] = [
        &long,
        b"\xff\xfe\x80 not utf-8",
        "ada\u{202E}nimda\u{2066}".as_bytes(),
        b"\ttabs\tand \x85",
        b"<script>alert(1)</script>'; DROP TABLE audit_log; --",
    ];
    for (number, value) in hostile.into_iter().enumerate() {
        let names = [
            "user-agent",
            "x-session",
            "x-user",
            "x-forwarded-for",
            "forwarded",
        ];
        let headers = names.map(|name| (name, value));
        let path = format!("/cakes/{number}");
        let answer = client.send("GET", &path, &headers).await?;
        assert_eq!(answer.status, StatusCode::OK);
    }
    let records = t.records().await?;
    assert_eq!(records.len(), hostile.len());
    for record in records {
        assert_eq!(record.ip_address.as_deref(), Some("127.0.0.1"));
        let texts = [
            (record.user_agent, 512),
            (record.session_id, 128),
            (record.actor_id, 255),
        ];
        for (text, most) in texts {
            let text = text.ok_or("a header of each")?;
            assert!(text.chars().count() <= most, "{text}");
            let unfit = |c: char| c.is_control() || ('\u{202A}'..='\u{2069}').contains(&c);
            assert!(!text.contains(unfit), "{text:?}");
        }
    }
    server.stop().await
}

type Headers<'h> = &'h [(&'h str, &'h [u8])];

/// A layer's id goes before a client's; a client's is taken only where told to, and cleaned. Where told to, the answer has it.
pub async fn a_request_id_is_taken_only_from_whom_it_may(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let from_layer = from_fn(async |mut request: axum::extract::Request, next: Next| {
        if let Some(id) = request.headers().get("x-proxy-id") {
            let id = RequestId::new(id.to_str().unwrap_or_default());
            request.extensions_mut().insert(id);
        }
        next.run(request).await
    });
    let layer = AuditLayer::new(reporter(t))
        .trust_request_id_header(HeaderName::from_static("x-request-id"))
        .send_request_id_header(HeaderName::from_static("x-id"))
        .request_id(|parts| Some(parts.headers.get("x-closure")?.to_str().ok()?.into()));
    let server = Server::start(app(t, layer).layer(from_layer)).await?;
    let client = server.client();
    let many = "x".repeat(10_000);
    let cases: [(Headers<'_>, &str); 5] = [
        (&[("x-request-id", b"client-1")], "client-1"),
        (&[("x-request-id", b"a b/<c>\xff\"d@e_f")], "abcd@e_f"),
        (&[("x-request-id", many.as_bytes())], &many[..128]),
        (
            &[("x-request-id", b"client-2"), ("x-proxy-id", b"layer-2")],
            "layer-2",
        ),
        (
            &[
                ("x-request-id", b"c"),
                ("x-proxy-id", b"l"),
                ("x-closure", b"closure-3"),
            ],
            "closure-3",
        ),
    ];
    for (headers, expected) in cases {
        let answer = client.send("GET", "/cakes/x", headers).await?;
        assert_eq!(answer.body, expected);
        assert_eq!(answer.headers["x-id"], expected);
    }
    let nothing_left = client
        .send("GET", "/cakes/x", &[("x-request-id", b"//")])
        .await?;
    assert_eq!(nothing_left.body.len(), 36);
    server.stop().await
}

/// A user known only by a token, as an extractor of the application reads it.
struct Token;

impl<S: Sync> FromRequestParts<S> for Token {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let token = parts
            .headers
            .get("x-token")
            .ok_or(StatusCode::UNAUTHORIZED)?;
        let user = token.to_str().map_err(|_| StatusCode::BAD_REQUEST)?;
        assert!(AuditContext::set_actor(Actor::new(user)));
        Ok(Self)
    }
}

/// What is reported after the handler ran knows the actor that became known while it ran.
pub async fn an_actor_that_an_extractor_sets_is_in_the_events_too(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let router = Router::new()
        .route("/fail", get(async |_: Token| StatusCode::BAD_GATEWAY))
        .route(
            "/panic",
            get(async |_: Token| -> () { panic!("expected by the test") }),
        )
        .layer(AuditLayer::new(&reporter));
    let server = Server::start(router).await?;
    let client = server.client();
    for path in ["/fail", "/panic"] {
        client.send("GET", path, &[("x-token", b"ada")]).await?;
        client.send("GET", path, &[("x-token", b"bob")]).await?;
    }
    let actors: Vec<_> = events(t, &reporter)
        .await?
        .into_iter()
        .map(|event| event.actor_id)
        .collect();
    let expected = ["ada", "bob", "ada", "bob"].map(|actor| Some(actor.to_owned()));
    assert_eq!(actors, expected);
    server.stop().await
}
