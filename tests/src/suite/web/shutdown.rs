use std::{convert::Infallible, process::Stdio, time::Duration};

use audit_sea_orm::entity::system_event;
use audit_web::{AuditLayer, EventReporter};
use axum::{body::Body, http::Request, response::Response};
use futures_util::FutureExt as _;
use sea_orm::{EntityTrait, PaginatorTrait, QueryOrder};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
};
use tower::{Layer, ServiceExt, service_fn};

use crate::{
    Outcome, Test, child,
    http::{events, titles},
};

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

/// Asks for a page, and reads nothing.
async fn ask(address: &str, path: &str) -> Result<TcpStream, std::io::Error> {
    let mut client = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nx-request-id: of{path}\r\n\r\n");
    client.write_all(request.as_bytes()).await?;
    Ok(client)
}

/// Reads the head of an answer, and nothing after it.
async fn never_reads(address: &str, path: &str) -> Result<TcpStream, std::io::Error> {
    let mut client = ask(address, path).await?;
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
        let _client = never_reads(&address, "/endless").await?;
        get(&address, "/events/500").await?;
        signal(&server, name).await?;
        ends(server).await?;
        let events = system_event::Entity::find().count(&t.db).await?;
        assert_eq!(events, 500, "SIG{name}");
    }
    Ok(())
}

/// Of each request that the end of a server cuts off there is an event that names it and says how long it ran: of one that has
/// no answer, and of one whose client does not read.
pub async fn a_signal_leaves_events_of_what_it_cuts_off(t: &mut Test) -> Outcome {
    let (server, address) = serve(t, "8").await?;
    let _client = never_reads(&address, "/audited/endless").await?;
    let _other = ask(&address, "/audited/stuck").await?;
    get(&address, "/audited/is-stuck").await?;
    signal(&server, "TERM").await?;
    ends(server).await?;
    let events = system_event::Entity::find()
        .order_by_asc(system_event::Column::Title)
        .all(&t.db)
        .await?;
    assert_eq!(events.len(), 2, "{events:#?}");
    for (event, route) in events
        .iter()
        .zip(["GET /audited/endless", "GET /audited/stuck"])
    {
        let title = format!("{route} was cut off by the shutdown");
        assert_eq!(
            (event.event_type.as_str(), &*event.title),
            ("WARNING", &*title)
        );
        let path = route.trim_start_matches("GET /");
        let id = format!("of{path}").replace('/', "");
        assert_eq!(event.request_id.as_deref(), Some(&*id));
        assert_eq!(event.error_code.as_deref(), Some("shutdown"));
        let description = event.description.as_deref().unwrap_or_default();
        let ran = description.strip_prefix(&format!("{route}, after "));
        let ran: f64 = ran
            .and_then(|ran| ran.strip_suffix(" s"))
            .ok_or("how long")?
            .parse()?;
        // Of the deadline's 8 seconds 6 are for the requests.
        assert!(ran >= 6.0, "{description}");
    }
    Ok(())
}

/// What is cut off is reported once, each request by itself as far as one client's events go, and what had ended is not.
pub async fn what_is_cut_off_is_reported_once(t: &mut Test) -> Outcome {
    let reporter = EventReporter::new(&t.db).collapse_within(Duration::from_secs(3600));
    let service =
        AuditLayer::new(&reporter).layer(service_fn(async |request: Request<Body>| match request
            .uri()
            .path()
        {
            "/stuck" => std::future::pending().await,
            _ => Ok::<_, Infallible>(Response::new(Body::empty())),
        }));
    let ask = |path| Request::get(path).body(Body::empty());
    service.clone().oneshot(ask("/quick")?).await?;
    let mut stuck = Vec::new();
    for _ in 0..30 {
        stuck.push(Box::pin(service.clone().oneshot(ask("/stuck")?)));
    }
    for request in &mut stuck {
        assert!(request.now_or_never().is_none());
    }
    reporter.report_unfinished();
    reporter.report_unfinished();
    drop(stuck);
    let told = events(t, &reporter).await?;
    let title = ("WARNING", "GET /stuck was cut off by the shutdown");
    let mut expected = vec![title; 20];
    expected.push(("WARNING", "further WARNING events"));
    assert_eq!(titles(&told), expected);
    let further = told[20].description.as_deref().unwrap_or_default();
    assert_eq!(further, format!("10 more within 3600 s\n{}", title.1));
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
    let _client = never_reads(&address, "/endless").await?;
    signal(&server, "TERM").await?;
    let waiting = tokio::time::timeout(Duration::from_millis(300), server.wait()).await;
    assert!(waiting.is_err(), "it waits for its client");
    signal(&server, "TERM").await?;
    ends(server).await
}
