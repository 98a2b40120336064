use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    error::ErrorBadGateway,
    http::header::HeaderName,
    web::{self, Bytes, Data, Path, ReqData, ServiceConfig},
};
use audit_sea_orm::{SharedContext, prelude::*};
use audit_web::{ClientAddress, RequestId, actix::AuditMiddleware};
use futures_util::{StreamExt, future::try_join_all, stream};
use sea_orm::{ActiveModelTrait, DatabaseConnection};
use serde_json::json;

use super::super::reporter;
use crate::{
    Outcome, Test,
    actix::{ActixServer, Options},
    entity::cake,
    http::events,
};

fn text(request: &HttpRequest, name: &str) -> Option<String> {
    Some(request.headers().get(name)?.to_str().ok()?.to_owned())
}

async fn write(db: &DatabaseConnection, name: &str) -> Result<Bytes, actix_web::Error> {
    let cake = cake::named(name).insert(db).await;
    cake.map_err(ErrorBadGateway)?;
    let id = AuditContext::current().request_id;
    Ok(Bytes::from(id.unwrap_or_default()))
}

async fn bake(db: Data<DatabaseConnection>, name: Path<String>) -> actix_web::Result<Bytes> {
    write(&db, &name).await
}

/// Writes each cake when it is sent.
async fn bake_two(
    db: Data<DatabaseConnection>,
    name: Path<String>,
    context: ReqData<SharedContext>,
) -> HttpResponse {
    assert_eq!(context.get(), AuditContext::current());
    let cakes = stream::iter(1..=2).then(move |number| {
        let (db, name) = (db.clone(), format!("{name} {number}"));
        async move { write(&db, &name).await }
    });
    HttpResponse::Ok().streaming(cakes)
}

fn bakery(db: &DatabaseConnection) -> impl Fn(&mut ServiceConfig) + Clone + Send + 'static {
    let db = Data::new(db.clone());
    move |config| {
        config
            .app_data(db.clone())
            .route("/cakes/{name}", web::post().to(bake))
            .route("/cakes/{name}/two", web::post().to(bake_two));
    }
}

/// What says where a request comes from, and all that the application knows of it.
const HEADERS: [(&str, &[u8]); 7] = [
    ("user-agent", b"Browser/1"),
    ("x-forwarded-for", b"6.6.6.6, 203.0.113.7"),
    ("x-session", b"s-1"),
    ("x-user", b"42"),
    ("x-for", b"43"),
    ("x-tenant", b"acme"),
    ("x-request-id", b"of-the-client"),
];

fn knowing_everything(t: &Test) -> AuditMiddleware {
    let proxies = ["127.0.0.0/8".parse().expect("a network")];
    AuditMiddleware::new(reporter(t))
        .client_address(ClientAddress::trusting(proxies))
        .session_digest(|request| text(request, "x-session"))
        .resolve_actor(|request| {
            let user = text(request, "x-user")?;
            Some(Actor::new(&user).with_name(format!("User {user}")))
        })
        .resolve_on_behalf_of(|request| text(request, "x-for").map(Actor::new))
        .resolve_tenant(|request| text(request, "x-tenant"))
        .resolve_metadata(|_| Some(json!({ "device": "till 3" })))
}

/// Address, user agent, request, session, route, actor and the rest are in the records that a handler and the body of its
/// answer make.
pub async fn a_request_of_actix_gives_its_context_to_every_record(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    // Connections belong to the runtime that made them, and a worker has its own.
    let db = t.isolated.connect(2).await?;
    let server = ActixServer::start(Options::default(), knowing_everything(t), bakery(&db)).await?;
    let client = server.client();
    let answer = client
        .send("POST", "/cakes/tart?secret=1", &HEADERS)
        .await?;
    assert!(!answer.headers.contains_key("x-request-id"));
    let id = String::from_utf8(answer.body.to_vec())?;
    let streamed = client.send("POST", "/cakes/bun/two", &HEADERS).await?;
    let streamed_id = String::from_utf8(streamed.body[..36].to_vec())?;
    db.close().await?;
    server.stop().await?;

    let records = t.records().await?;
    let requests = records.iter().map(|record| {
        let module = record.module.as_deref().unwrap_or_default();
        (module, record.request_id.as_deref().unwrap_or_default())
    });
    let streamed = ("POST /cakes/{name}/two", &*streamed_id);
    assert_eq!(
        requests.collect::<Vec<_>>(),
        [("POST /cakes/{name}", &*id), streamed, streamed]
    );
    assert_eq!(
        (id.len(), &id[14..15]),
        (36, "7"),
        "a uuid of version 7, not the client's"
    );
    for record in records {
        assert_eq!(record.ip_address.as_deref(), Some("203.0.113.7"));
        assert_eq!(record.user_agent.as_deref(), Some("Browser/1"));
        assert_eq!(record.session_id.as_deref(), Some(SHA_256_OF_S1));
        assert_eq!(record.actor_id.as_deref(), Some("42"));
        assert_eq!(record.actor_name.as_deref(), Some("User 42"));
        assert_eq!(record.on_behalf_of_id.as_deref(), Some("43"));
        assert_eq!(record.tenant_id.as_deref(), Some("acme"));
        assert_eq!(record.metadata, Some(json!({ "device": "till 3" })));
    }
    Ok(())
}

/// The first half of it.
const SHA_256_OF_S1: &str = "6a840baf5d8c3ff241688aeb14546e65";

type Headers<'h> = &'h [(&'h str, &'h [u8])];

/// A middleware's id goes before a client's; a client's is taken only where told to, and cleaned. Every answer has the id, that of
/// a panic too.
#[expect(clippy::panic, reason = "what is tested")]
pub async fn an_id_of_actix_is_taken_and_sent_back_as_told(t: &mut Test) -> Outcome {
    let header = HeaderName::from_static("x-request-id");
    let audit = AuditMiddleware::new(reporter(t))
        .trust_request_id_header(header.clone())
        .send_request_id_header(header)
        .request_id(|request| {
            if let Some(id) = text(request, "x-proxy-id") {
                request.extensions_mut().insert(RequestId::new(id));
            }
            text(request, "x-closure")
        });
    let own = async || {
        let id = AuditContext::current().request_id;
        HttpResponse::Ok()
            .insert_header(("x-request-id", "of-the-handler"))
            .body(id.unwrap_or_default())
    };
    let explode = async || -> HttpResponse { panic!("expected by the test") };
    let server = ActixServer::start(Options::default(), audit, move |config| {
        config
            .route("/", web::get().to(own))
            .route("/explode", web::get().to(explode));
    })
    .await?;
    let client = server.client();
    let many = "x".repeat(10_000);
    let cases: [(Headers<'_>, &str); 5] = [
        (&[("x-request-id", b"client-1")], "client-1"),
        (&[("x-request-id", b"a b/<c>\xff\"d@e_f")], "abcd@e_f"),
        (&[("x-request-id", many.as_bytes())], &many[..128]),
        (
            &[("x-request-id", b"client-2"), ("x-proxy-id", b"outer-2")],
            "outer-2",
        ),
        (
            &[("x-request-id", b"c"), ("x-closure", b"closure-3")],
            "closure-3",
        ),
    ];
    for (headers, expected) in cases {
        let answer = client.send("GET", "/", headers).await?;
        assert_eq!(answer.body, expected);
        assert_eq!(answer.headers["x-request-id"], expected);
        let panicked = client.send("GET", "/explode", headers).await?;
        assert_eq!(panicked.status, 500);
        assert_eq!(panicked.headers["x-request-id"], expected);
    }
    let new = client.send("GET", "/", &[("x-request-id", b"//")]).await?;
    assert_eq!(new.body.len(), 36);
    server.stop().await
}

/// What is reported after the handler ran knows the actor that became known while it ran.
#[expect(clippy::panic, reason = "what is tested")]
pub async fn an_actor_that_a_handler_of_actix_sets_is_in_the_events_too(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let audit = AuditMiddleware::new(&reporter);
    let fail = async |user: Path<String>| {
        assert!(AuditContext::set_actor(Actor::new(user.as_str())));
        HttpResponse::BadGateway().finish()
    };
    let explode = async |user: Path<String>| -> HttpResponse {
        AuditContext::set_actor(Actor::new(user.as_str()));
        panic!("expected by the test")
    };
    let server = ActixServer::start(Options::default(), audit, move |config| {
        config
            .route("/fail/{user}", web::get().to(fail))
            .route("/explode/{user}", web::get().to(explode));
    })
    .await?;
    let client = server.client();
    for path in ["/fail/ada", "/fail/bob", "/explode/ada", "/explode/bob"] {
        assert!(client.get(path).await?.status.is_server_error());
    }
    server.stop().await?;
    let events = events(t, &reporter).await?;
    let actors: Vec<_> = events
        .iter()
        .map(|event| event.actor_id.as_deref())
        .collect();
    assert_eq!(actors, ["ada", "bob", "ada", "bob"].map(Some));
    Ok(())
}

/// Requests side by side, over several workers, with a pause within each: every record has the actor of its request.
pub async fn many_requests_of_actix_keep_their_actors(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let audit = AuditMiddleware::new(reporter(t))
        .resolve_actor(|request| text(request, "x-user").map(Actor::new));
    let db = t.isolated.connect(4).await?;
    let options = Options {
        workers: 3,
        ..Options::default()
    };
    let server = ActixServer::start(options, audit, bakery(&db)).await?;
    let calls = (0..60).map(|number| {
        let client = server.client();
        async move {
            let user = format!("user {}", number % 7);
            let path = format!("/cakes/{number}of{}/two", number % 7);
            client
                .send("POST", &path, &[("x-user", user.as_bytes())])
                .await
        }
    });
    try_join_all(calls).await?;
    db.close().await?;
    server.stop().await?;
    let records = t.records().await?;
    assert_eq!(records.len(), 120);
    for record in records {
        let values = record.new_values.ok_or("what was created")?;
        let name = values["name"].as_str().ok_or("a name")?;
        let user = name.split(&['f', ' ']).nth(1).ok_or("a user")?;
        assert_eq!(record.actor_id, Some(format!("user {user}")), "{name}");
    }
    Ok(())
}
