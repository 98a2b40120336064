//! Servers and clients over real sockets, for the tests of what belongs to the web.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use audit_sea_orm::prelude::*;
use audit_web::EventReporter;
use axum::{
    Router,
    body::{Body, HttpBody},
    extract,
    middleware::{Next, from_fn},
};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::{
    HeaderMap, Request, Response, StatusCode,
    body::{Frame, Incoming, SizeHint},
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use sea_orm::{DbErr, EntityTrait, QueryOrder};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, mpsc},
    task::JoinHandle,
};

use crate::{Outcome, Test};

/// A server of axum on a port of its own.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    stop: Arc<Notify>,
    task: JoinHandle<std::io::Result<()>>,
    // Ends when the last request is gone, with all that it held.
    requests: mpsc::Receiver<Infallible>,
}

impl Server {
    /// Serves a router, with the addresses of its peers.
    pub async fn start(router: Router) -> Result<Self, std::io::Error> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let stop = Arc::new(Notify::new());
        let stopped = Arc::clone(&stop);
        let (request, requests) = mpsc::channel(1);
        let router = router.layer(from_fn(move |asked: extract::Request, next: Next| {
            // Goes after the future, as it is declared before it, and after the body.
            let request = request.clone();
            async move {
                let answer = next.run(asked).await;
                answer.map(|body| {
                    Body::new(Held {
                        body,
                        _request: request,
                    })
                })
            }
        }));
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let serve = axum::serve(listener, service)
            .with_graceful_shutdown(async move { stopped.notified().await });
        let task = tokio::spawn(async move { serve.await });
        Ok(Self {
            address,
            stop,
            task,
            requests,
        })
    }

    /// Waits until every request has ended, so that nothing more is reported.
    ///
    /// axum waits for its connections too, but lets go of them shortly before it drops what they held.
    pub async fn stop(mut self) -> Outcome {
        self.stop.notify_one();
        self.task.await??;
        assert!(self.requests.recv().await.is_none());
        Ok(())
    }

    /// A client with connections of its own.
    #[must_use]
    pub fn client(&self) -> TestClient {
        TestClient::of(self.address)
    }

    /// A bare connection.
    pub async fn connect(&self) -> Result<TcpStream, std::io::Error> {
        TcpStream::connect(self.address).await
    }
}

/// The body of an answer, which holds a request open.
struct Held {
    body: Body,
    _request: mpsc::Sender<Infallible>,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// hyper's client, which keeps its connections alive.
#[derive(Clone, Debug)]
pub struct TestClient {
    base: String,
    client: Client<HttpConnector, Empty<Bytes>>,
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl TestClient {
    /// A client of the server at an address, with connections of its own.
    #[must_use]
    pub fn of(server: SocketAddr) -> Self {
        Self {
            base: format!("http://{server}"),
            client: Client::builder(TokioExecutor::new()).build_http(),
        }
    }

    /// The whole answer to a `GET`.
    pub async fn get(
        &self,
        path: &str,
    ) -> Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
        self.send("GET", path, &[]).await
    }

    /// The whole answer to a request with headers.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &[u8])],
    ) -> Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
        let response = self.head(method, path, headers).await?;
        let (parts, body) = response.into_parts();
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await?.to_bytes(),
        })
    }

    /// The answer to a request, its body still to come.
    pub async fn head(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &[u8])],
    ) -> Result<Response<Incoming>, Box<dyn std::error::Error + Send + Sync>> {
        let uri = format!("{}{path}", self.base);
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Ok(self.client.request(request.body(Empty::new())?).await?)
    }
}

/// Every system event that a reporter has or had, in the order they were written.
pub async fn events(t: &Test, reporter: &EventReporter) -> Result<Vec<system_event::Model>, DbErr> {
    reporter.flush().await;
    system_event::Entity::find()
        .order_by_asc(system_event::Column::Id)
        .all(&t.db)
        .await
}

/// Each event as its type and title.
#[must_use]
pub fn titles(events: &[system_event::Model]) -> Vec<(&str, &str)> {
    let titles = events.iter();
    titles
        .map(|event| (event.event_type.as_str(), event.title.as_str()))
        .collect()
}
