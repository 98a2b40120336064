use std::{convert::Infallible, io, sync::Arc, task::Poll};

use actix_web::{HttpResponse, HttpResponseBuilder, web};
use audit_sea_orm::prelude::*;
use audit_web::actix::AuditMiddleware;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body_util::BodyExt;
use tokio::{io::AsyncWriteExt, sync::Notify};

use super::super::reporter;
use crate::{
    Outcome, Test,
    actix::{ActixServer, Options},
    http::{events, titles},
};

/// A client whose connection breaks while the handler works leaves an event of its request; so does one that closes it, where actix is
/// told that such a client reads no more.
pub async fn a_client_of_actix_that_goes_leaves_an_event(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    for half_closed in [true, false] {
        let begun = Arc::new(Notify::new());
        let begins = Arc::clone(&begun);
        let wait = move || {
            let begins = Arc::clone(&begins);
            async move {
                AuditContext::set_actor(Actor::new("ada"));
                begins.notify_one();
                std::future::pending::<HttpResponse>().await
            }
        };
        let options = Options {
            half_closed,
            ..Options::default()
        };
        let server = ActixServer::start(options, AuditMiddleware::new(&reporter), move |config| {
            config.route("/wait/{how}", web::get().to(wait.clone()));
        })
        .await?;
        let mut connection = server.connect().await?;
        connection
            .write_all(b"GET /wait/long HTTP/1.1\r\nhost: a\r\n\r\n")
            .await?;
        begun.notified().await;
        if half_closed {
            // It ends by a reset, as of a client that is gone.
            connection.set_zero_linger()?;
        }
        drop(connection);
        server.stop().await?;
    }
    let events = events(t, &reporter).await?;
    let aborted = ("WARNING", "GET /wait/{how} was aborted before its answer");
    assert_eq!(titles(&events), [aborted, aborted]);
    for event in events {
        assert_eq!(event.actor_id.as_deref(), Some("ada"));
        assert_eq!(event.error_code.as_deref(), Some("aborted"));
    }
    Ok(())
}

async fn endless() -> HttpResponse {
    AuditContext::set_actor(Actor::new("ada"));
    let first = stream::iter([Ok::<_, Infallible>(Bytes::from("first"))]);
    HttpResponse::Ok().streaming(first.chain(stream::pending()))
}

async fn broken() -> HttpResponse {
    let error = io::Error::other("the shelf gave way");
    HttpResponse::Ok().streaming(stream::iter([Ok(Bytes::from("first")), Err(error)]))
}

#[expect(clippy::panic, reason = "what is tested")]
async fn exploding() -> HttpResponse {
    let first = stream::iter([Ok::<_, Infallible>(Bytes::from("first"))]);
    let rest = stream::poll_fn(|_| -> Poll<Option<_>> { panic!("in the body") });
    HttpResponse::Ok().streaming(first.chain(rest))
}

/// So does one that goes while the body of its answer is on the way. An error and a panic of the body are events too.
pub async fn a_body_of_actix_that_is_cut_off_leaves_an_event(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let options = Options {
        half_closed: false,
        ..Options::default()
    };
    let server = ActixServer::start(options, AuditMiddleware::new(&reporter), move |config| {
        config
            .route("/endless", web::get().to(endless))
            .route("/broken", web::get().to(broken))
            .route("/exploding", web::get().to(exploding));
    })
    .await?;
    let client = server.client();
    let mut answer = client.head("GET", "/endless", &[]).await?;
    assert_eq!(answer.status(), 200);
    let first = answer.frame().await.ok_or("a frame")??;
    assert_eq!(first.into_data().ok(), Some(Bytes::from("first")));
    drop((answer, client));
    for path in ["/broken", "/exploding"] {
        assert!(server.client().get(path).await.is_err());
    }
    server.stop().await?;

    let events = events(t, &reporter).await?;
    let mut told = titles(&events);
    told.sort_unstable();
    let expected = [
        ("ERROR", "GET /broken failed within its body"),
        ("ERROR", "GET /exploding panicked: in the body"),
        (
            "WARNING",
            "GET /endless was aborted before its answer ended",
        ),
    ];
    assert_eq!(told, expected);
    let of = |path: &str| events.iter().find(|event| event.title.contains(path));
    let actor = of("endless").and_then(|event| event.actor_id.as_deref());
    assert_eq!(actor, Some("ada"));
    let description = of("broken").and_then(|event| event.description.as_deref());
    let begins = "the shelf gave way\nGET /broken, after ";
    assert!(
        description.is_some_and(|text| text.starts_with(begins)),
        "{description:?}"
    );
    Ok(())
}

fn streamed(mut answer: HttpResponseBuilder) -> HttpResponse {
    let parts = ["a", "bc"].map(|part| Ok::<_, Infallible>(Bytes::from(part)));
    answer.streaming(stream::iter(parts))
}

/// What HTTP sends without a body is no abortion.
pub async fn answers_of_actix_without_a_body_are_not_aborted(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let chunked = async || streamed(HttpResponse::Ok());
    let counted = async || {
        let mut answer = HttpResponse::Ok();
        answer.no_chunking(3);
        streamed(answer)
    };
    let none = async || streamed(HttpResponse::NoContent());
    let same = async || streamed(HttpResponse::NotModified());
    let server = ActixServer::start(
        Options::default(),
        AuditMiddleware::new(&reporter),
        move |config| {
            config
                .route("/chunked", web::route().to(chunked))
                .route("/counted", web::route().to(counted))
                .route("/none", web::route().to(none))
                .route("/same", web::route().to(same))
                .route("/text", web::route().to(async || "abc"))
                .route("/empty", web::route().to(HttpResponse::Ok));
        },
    )
    .await?;
    let client = server.client();
    for path in ["/counted", "/chunked", "/text"] {
        assert_eq!(client.get(path).await?.body, "abc");
    }
    let text = client.get("/text").await?;
    assert_eq!(text.headers["content-length"], "3");
    for path in ["/none", "/same", "/empty"] {
        // Each with a connection of its own, as actix writes such a body all the same.
        assert!(server.client().get(path).await?.body.is_empty());
    }
    for path in ["/counted", "/chunked", "/text"] {
        assert!(
            server
                .client()
                .send("HEAD", path, &[])
                .await?
                .body
                .is_empty()
        );
    }
    server.stop().await?;
    assert_eq!(titles(&events(t, &reporter).await?), []);
    Ok(())
}
