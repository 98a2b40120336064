//! A way to the database whose answers are hardly ever there before they are waited for.

use std::time::Duration;

use sea_orm::{Database, DatabaseConnection, DbErr};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::sleep,
};
use url::Url;

use crate::Test;

/// How long each answer stays on the way.
const DELAY: Duration = Duration::from_millis(1);

/// A pool whose statements each wait for their answer, however quick the server is. On SQLite it is a pool like any other:
/// there is no wire.
///
/// # Errors
/// What the database reports.
pub async fn slow(t: &Test) -> Result<DatabaseConnection, DbErr> {
    match relayed(&t.isolated.url).await {
        Some(url) => Database::connect(url).await,
        None => t.isolated.connect(10).await,
    }
}

/// The URL of a relay to the server; `None` where there is no server.
async fn relayed(url: &str) -> Option<String> {
    let mut url = Url::parse(url).ok()?;
    let host = url.host_str().filter(|host| !host.is_empty())?.to_owned();
    let default = if url.scheme().starts_with("postgres") {
        5432
    } else {
        3306
    };
    let server = (host, url.port().unwrap_or(default));
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let port = listener.local_addr().expect("it has an address").port();
    url.set_host(Some("127.0.0.1")).expect("a host fits");
    url.set_port(Some(port)).expect("a port fits");
    tokio::spawn(relay(listener, server));
    Some(url.into())
}

async fn relay(listener: TcpListener, server: (String, u16)) {
    while let Ok((client, _)) = listener.accept().await {
        let Ok(server) = TcpStream::connect((server.0.as_str(), server.1)).await else {
            continue;
        };
        let is_direct = client.set_nodelay(true).and(server.set_nodelay(true));
        is_direct.expect("a socket that is open takes options");
        let (mut asked, answered) = client.into_split();
        let (answers, mut questions) = server.into_split();
        tokio::spawn(async move { copy(&mut asked, &mut questions).await });
        tokio::spawn(delay(answers, answered));
    }
}

async fn delay(mut answers: OwnedReadHalf, mut client: OwnedWriteHalf) {
    let mut answer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = answers.read(&mut answer).await {
        sleep(DELAY).await;
        if client.write_all(&answer[..length]).await.is_err() {
            return;
        }
    }
}
