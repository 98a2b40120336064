use std::{convert::Infallible, task::Poll};

use audit_web::AuditLayer;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Request, Response, StatusCode},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use tower::{Layer, ServiceExt, service_fn};

use super::reporter;
use crate::{
    Outcome, Test,
    http::{events, titles},
};

/// Answers as a gRPC server does: the path names the status, and where it stands.
#[expect(clippy::panic, reason = "what is tested")]
async fn call(request: Request<Body>) -> Result<Response<Body>, Infallible> {
    let mut path = request.uri().path().rsplit('/');
    let (status, place) = (path.next().unwrap_or_default(), path.next());
    let status = HeaderValue::from_str(status).expect("of a path");
    let mut answer = Response::new(Body::empty());
    match place {
        Some("headers") => {
            answer.headers_mut().insert("grpc-status", status);
        }
        Some("trailers") => {
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", status);
            let frames = [
                Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"one item"))),
                Ok(Frame::trailers(trailers)),
            ];
            *answer.body_mut() = Body::new(StreamBody::new(stream::iter(frames)));
        }
        Some("late") => {
            let first = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"one item"))]);
            let rest = stream::poll_fn(|_| -> Poll<Option<_>> { panic!("the shelf gave way") });
            *answer.body_mut() = Body::from_stream(first.chain(rest));
        }
        _ => panic!("the oven exploded"),
    }
    Ok(answer)
}

/// What fails in a gRPC server is an event, though HTTP says 200, and a panic is answered so that a client understands.
pub async fn failures_of_grpc_are_reported(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let service = AuditLayer::new(&reporter).layer(service_fn(call));
    let send = async |path: &str, content_type: &'static str| {
        let request = Request::post(format!("/bakery.Bakery/{path}"))
            .header("content-type", content_type)
            .body(Body::empty())?;
        let answer = service.clone().oneshot(request).await?;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>((parts, body))
    };
    for place in ["headers", "trailers"] {
        for status in 0..=16 {
            send(&format!("{place}/{status}"), "application/grpc+proto").await?;
        }
        // What is no call of gRPC means something else by such a header.
        send(&format!("{place}/13"), "application/json").await?;
    }
    let (answer, body) = send("panic", "application/grpc").await?;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers["grpc-status"], "13");
    assert_eq!(answer.headers["content-type"], "application/grpc");
    assert!(body.to_bytes().is_empty());
    let (_, body) = send("late/panic", "application/grpc").await?;
    let end = body
        .trailers()
        .map(|trailers| trailers["grpc-status"].clone());
    assert_eq!(end, Some(HeaderValue::from_static("13")));
    assert_eq!(body.to_bytes(), "one item");

    let failures = [
        (2, "UNKNOWN"),
        (4, "DEADLINE_EXCEEDED"),
        (13, "INTERNAL"),
        (14, "UNAVAILABLE"),
        (15, "DATA_LOSS"),
    ];
    let mut expected: Vec<_> = ["headers", "trailers"]
        .iter()
        .flat_map(|place| {
            failures.map(|(status, name)| {
                format!("POST /bakery.Bakery/{place}/{status} answered {name}")
            })
        })
        .collect();
    expected.push("POST /bakery.Bakery/panic panicked: the oven exploded".to_owned());
    expected.push("POST /bakery.Bakery/late/panic panicked: the shelf gave way".to_owned());
    let told = events(t, &reporter).await?;
    let told = titles(&told);
    assert!(told.iter().all(|(event_type, _)| *event_type == "ERROR"));
    let told: Vec<_> = told.iter().map(|(_, title)| *title).collect();
    assert_eq!(told, expected);
    Ok(())
}
