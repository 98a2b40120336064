use std::{convert::Infallible, net::SocketAddr};

use audit_web::AuditLayer;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Full};
use hyper::{Request, Response, StatusCode, body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    service::TowerToHyperService,
};
use sea_orm::ActiveModelTrait;
use tokio::net::TcpListener;
use tower::{Layer, service_fn};

use super::reporter;
use crate::{
    Outcome, Test,
    entity::cake,
    http::{events, titles},
};

/// A service of tower on hyper alone: the peer is a plain `SocketAddr`, the route is the path.
pub async fn a_service_without_a_framework_is_audited_too(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let reporter = reporter(t);
    let db = t.db.clone();
    let handler = service_fn(move |request: Request<Incoming>| {
        let db = db.clone();
        async move {
            let name = request.uri().path().to_owned();
            let baked = cake::named(&name).insert(&db).await;
            let mut answer = Response::new(Full::new(Bytes::from("baked")));
            if baked.is_err() {
                *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            }
            Ok::<_, Infallible>(answer)
        }
    });
    let service = AuditLayer::new(&reporter).layer(handler);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(async move {
        let (stream, peer) = listener.accept().await?;
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert::<SocketAddr>(peer);
            tower::ServiceExt::oneshot(service.clone(), request)
        });
        let served = http1::Builder::new()
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        served.await.map_err(std::io::Error::other)
    });
    let client = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
    for expected in [StatusCode::OK, StatusCode::INTERNAL_SERVER_ERROR] {
        let request = Request::get(format!("http://{address}/tart?secret=CANARY"));
        let request = request.body(Empty::<Bytes>::new())?;
        let answer = client.request(request).await?;
        assert_eq!(answer.status(), expected, "no two cakes share a name");
        assert_eq!(answer.into_body().collect().await?.to_bytes(), "baked");
    }
    drop(client);
    server.await??;
    let record = t.only_record().await?;
    assert_eq!(record.ip_address.as_deref(), Some("127.0.0.1"));
    assert_eq!(record.module.as_deref(), Some("GET /tart"));
    let events = events(t, &reporter).await?;
    assert_eq!(titles(&events), [("ERROR", "GET /tart answered 500")]);
    Ok(())
}
