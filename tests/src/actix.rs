//! Servers of actix-web over real sockets.

use std::{io, net::SocketAddr, thread};

use actix_web::{App, HttpServer, dev::ServerHandle, rt::System, web::ServiceConfig};
use audit_web::actix::{AuditMiddleware, SecurityAuditMiddleware};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
};

use crate::{Outcome, http::TestClient};

/// A server on a port and a thread of its own.
#[derive(Debug)]
pub struct ActixServer {
    /// Where it listens.
    pub address: SocketAddr,
    handle: ServerHandle,
    thread: thread::JoinHandle<io::Result<()>>,
}

/// How a server is set up.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The number of its threads. Default: one.
    pub workers: usize,
    /// Whether a client that closed its connection may still read. Default: as actix has it.
    pub half_closed: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            workers: 1,
            half_closed: true,
        }
    }
}

impl ActixServer {
    /// Serves what a function configures, with the two middlewares around it.
    pub async fn start(
        options: Options,
        audit: AuditMiddleware,
        configure: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> Result<Self, io::Error> {
        let (started, starts) = oneshot::channel();
        let thread = thread::spawn(move || {
            System::new().block_on(async move {
                let security = SecurityAuditMiddleware::new(audit.reporter()).scanners(["nikto"]);
                let server = HttpServer::new(move || {
                    App::new()
                        .configure(configure.clone())
                        .wrap(security.clone())
                        .wrap(audit.clone())
                });
                let server = server
                    .workers(options.workers)
                    .h1_allow_half_closed(options.half_closed)
                    .disable_signals()
                    .bind(("127.0.0.1", 0))?;
                let address = server.addrs()[0];
                let server = server.run();
                // OK to ignore: where the test is gone nobody waits.
                let _gone = started.send((address, server.handle()));
                server.await
            })
        });
        let (address, handle) = starts.await.map_err(io::Error::other)?;
        Ok(Self {
            address,
            handle,
            thread,
        })
    }

    /// A client with connections of its own.
    #[must_use]
    pub fn client(&self) -> TestClient {
        TestClient::of(self.address)
    }

    /// A bare connection.
    pub async fn connect(&self) -> Result<TcpStream, io::Error> {
        TcpStream::connect(self.address).await
    }

    /// Waits until every request has ended, and all threads with them.
    pub async fn stop(self) -> Outcome {
        self.handle.stop(true).await;
        let thread = self.thread;
        let ended = tokio::task::spawn_blocking(move || thread.join()).await?;
        ended.map_err(|_| "the server panicked")??;
        Ok(())
    }
}

/// The answers to a `GET` of each path, one after the other on one connection, which the last closes.
pub async fn pipelined(connection: &mut TcpStream, paths: &[&str]) -> Result<String, io::Error> {
    let (last, first) = paths.split_last().expect("a path");
    let mut requests: String = first
        .iter()
        .map(|path| format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n"))
        .collect();
    requests.push_str(&format!(
        "GET {last} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
    ));
    connection.write_all(requests.as_bytes()).await?;
    let mut answers = String::new();
    connection.read_to_string(&mut answers).await?;
    Ok(answers)
}
