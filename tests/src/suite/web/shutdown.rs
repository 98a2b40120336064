use std::{process::Stdio, time::Duration};

use audit_sea_orm::entity::system_event;
use sea_orm::{EntityTrait, PaginatorTrait};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
};

use crate::{Outcome, Test, child};

/// Far more than the deadline that the program has, on any machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The program that serves, with a deadline in seconds, and where.
async fn serve(
    t: &Test,
    deadline: &str,
) -> Result<(Child, String), Box<dyn std::error::Error + Send + Sync>> {
    let mut server = child::program("child")
        .args(["serve", &t.isolated.url, deadline])
        .stdout(Stdio::piped())
        .spawn()?;
    let said = server.stdout.take().ok_or("it has an output")?;
    let address = BufReader::new(said).lines().next_line().await?;
    Ok((server, address.ok_or("it says where it listens")?))
}

async fn signal(server: &Child, name: &str) -> Outcome {
    let id = server.id().ok_or("it runs")?.to_string();
    let sent = Command::new("kill")
        .args(["-s", name, &id])
        .status()
        .await?;
    assert!(sent.success());
    Ok(())
}

/// Reads the head of an answer, and nothing after it.
async fn never_reads(address: &str) -> Result<TcpStream, std::io::Error> {
    let mut client = TcpStream::connect(address).await?;
    client
        .write_all(b"GET /endless HTTP/1.1\r\nhost: a\r\n\r\n")
        .await?;
    let mut first = [0; 15];
    client.read_exact(&mut first).await?;
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    Ok(client)
}

/// Asks for a page, to the end of its answer.
async fn get(address: &str, path: &str) -> Outcome {
    let mut client = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    client.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    client.read_to_string(&mut answer).await?;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    Ok(())
}

/// The server ends by itself, and as it should.
async fn ends(mut server: Child) -> Outcome {
    let ended = tokio::time::timeout(PATIENCE, server.wait()).await??;
    assert!(ended.success(), "{ended}");
    Ok(())
}

/// A signal ends the server within its deadline, though a client never reads its answer, with every event in the trail.
pub async fn a_signal_ends_a_server_with_all_events(t: &mut Test) -> Outcome {
    for name in ["TERM", "INT"] {
        system_event::Entity::delete_many().exec(&t.db).await?;
        let (server, address) = serve(t, "16").await?;
        let _client = never_reads(&address).await?;
        get(&address, "/events/500").await?;
        signal(&server, name).await?;
        ends(server).await?;
        let events = system_event::Entity::find().count(&t.db).await?;
        assert_eq!(events, 500, "SIG{name}");
    }
    Ok(())
}

/// Where no connection is to be had the server ends all the same, with its events unwritten.
pub async fn a_signal_ends_a_server_without_its_database(t: &mut Test) -> Outcome {
    let (server, address) = serve(t, "3").await?;
    get(&address, "/hold").await?;
    get(&address, "/events/5").await?;
    signal(&server, "TERM").await?;
    ends(server).await?;
    assert_eq!(system_event::Entity::find().count(&t.db).await?, 0);
    Ok(())
}

/// A second signal ends a server at once that waits for a client.
pub async fn a_second_signal_ends_a_server_at_once(t: &mut Test) -> Outcome {
    // A deadline that this test does not live to see.
    let (mut server, address) = serve(t, "86400").await?;
    let _client = never_reads(&address).await?;
    signal(&server, "TERM").await?;
    let waiting = tokio::time::timeout(Duration::from_millis(300), server.wait()).await;
    assert!(waiting.is_err(), "it waits for its client");
    signal(&server, "TERM").await?;
    ends(server).await
}
