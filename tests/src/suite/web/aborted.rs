use std::{convert::Infallible, pin::pin, sync::Arc};

use audit_sea_orm::prelude::*;
use audit_web::AuditLayer;
use axum::{
    Router,
    body::{Body, Bytes},
    http::{StatusCode, header},
    routing::get,
};
use futures_util::{StreamExt, stream};
use http_body_util::BodyExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::Notify,
};

use super::reporter;
use crate::{
    Outcome, Test,
    http::{Server, events, titles},
};

/// A client that goes while the handler works leaves an event of its request.
pub async fn a_client_that_goes_leaves_an_event(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let begun = Arc::new(Notify::new());
    let begins = Arc::clone(&begun);
    let wait = async move || {
        AuditContext::set_actor(Actor::new("ada"));
        begins.notify_one();
        std::future::pending::<()>().await;
    };
    let router = Router::new()
        .route("/wait/{how}", get(wait))
        .layer(AuditLayer::new(&reporter));
    let server = Server::start(router).await?;
    let mut connection = server.connect().await?;
    connection
        .write_all(b"GET /wait/long HTTP/1.1\r\nhost: a\r\n\r\n")
        .await?;
    begun.notified().await;
    drop(connection);
    server.stop().await?;

    let events = events(t, &reporter).await?;
    assert_eq!(
        titles(&events),
        [("WARNING", "GET /wait/{how} was aborted before its answer")]
    );
    assert_eq!(events[0].actor_id.as_deref(), Some("ada"));
    assert_eq!(events[0].error_code.as_deref(), Some("aborted"));
    Ok(())
}

/// So does one that goes while the body of its answer is on the way.
pub async fn a_body_that_is_cut_off_leaves_an_event(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let endless = async || {
        AuditContext::set_actor(Actor::new("ada"));
        let first = stream::iter([Ok::<_, Infallible>("first")]);
        Body::from_stream(first.chain(stream::pending()))
    };
    let broken = async || {
        let parts = stream::iter([Ok("first"), Err(std::io::Error::other("gone"))]);
        Body::from_stream(parts)
    };
    let router = Router::new()
        .route("/endless", get(endless))
        .route("/broken", get(broken))
        .layer(AuditLayer::new(&reporter));
    let server = Server::start(router).await?;
    let client = server.client();
    let mut answer = client.head("GET", "/endless", &[]).await?;
    assert_eq!(answer.status(), StatusCode::OK);
    let first = answer.frame().await.ok_or("a frame")??;
    assert_eq!(first.into_data().ok(), Some(Bytes::from("first")));
    drop((answer, client));
    let cut_off = server.client().get("/broken").await;
    assert!(cut_off.is_err());
    server.stop().await?;

    let events = events(t, &reporter).await?;
    let mut told = titles(&events);
    told.sort_unstable();
    let expected = [
        ("ERROR", "GET /broken failed within its body"),
        (
            "WARNING",
            "GET /endless was aborted before its answer ended",
        ),
    ];
    assert_eq!(told, expected);
    let aborted = events.iter().find(|event| event.title.contains("endless"));
    assert_eq!(
        aborted.and_then(|event| event.actor_id.as_deref()),
        Some("ada")
    );
    Ok(())
}

/// What HTTP sends without a body, or whose body the server need not read to its end, is no abortion.
pub async fn answers_without_a_body_are_not_aborted(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let chunks = || stream::iter(["a", "bc"]).map(Ok::<_, Infallible>);
    // A stream that does not know its end: with the header the server stops reading after three bytes.
    let counted = async move || ([(header::CONTENT_LENGTH, "3")], Body::from_stream(chunks()));
    let chunked = async move || Body::from_stream(chunks());
    let zero = async move || ([(header::CONTENT_LENGTH, "0")], Body::from_stream(chunks()));
    let none = async move || (StatusCode::NO_CONTENT, Body::from_stream(chunks()));
    let same = async move || (StatusCode::NOT_MODIFIED, Body::from_stream(chunks()));
    let router = Router::new()
        .route("/counted", get(counted))
        .route("/chunked", get(chunked))
        .route("/zero", get(zero))
        .route("/none", get(none))
        .route("/same", get(same))
        .route("/text", get(async || "text"))
        .layer(AuditLayer::new(&reporter));
    let server = Server::start(router).await?;
    let client = server.client();
    for path in ["/counted", "/chunked"] {
        assert_eq!(client.get(path).await?.body, "abc");
    }
    let text = client.get("/text").await?;
    assert_eq!(
        text.headers
            .get("content-length")
            .map(|length| length.as_bytes()),
        Some(&b"4"[..])
    );
    for path in ["/zero", "/none", "/same"] {
        assert!(client.get(path).await?.body.is_empty());
    }
    for path in ["/counted", "/chunked", "/text"] {
        assert!(client.send("HEAD", path, &[]).await?.body.is_empty());
    }
    server.stop().await?;
    assert_eq!(titles(&events(t, &reporter).await?), []);
    Ok(())
}

/// A request that is never whole is none: nothing is recorded of it, and the server goes on.
pub async fn half_a_request_leaves_nothing(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let router = Router::new()
        .route("/", get(async || "whole"))
        .layer(AuditLayer::new(&reporter));
    let server = Server::start(router).await?;
    for half in [
        &b""[..],
        b"GE",
        b"GET / HTTP/1.1\r\nhost: a\r\nx-for",
        b"\x16\x03\x01\r\n\r\n",
    ] {
        let mut connection = server.connect().await?;
        connection.write_all(half).await?;
        drop(connection);
    }
    let mut connection = pin!(server.connect().await?);
    connection
        .write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        .await?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await?;
    assert!(answer.ends_with("whole"), "{answer}");
    server.stop().await?;
    assert_eq!(titles(&events(t, &reporter).await?), []);
    Ok(())
}
