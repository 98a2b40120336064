//! The records and events of one request, wherever they are made, say the same of who and from where.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use audit_sea_orm::{
    prelude::*,
    task::{carry, carry_into},
};
use audit_web::{AuditLayer, ClientAddress};
use axum::{
    Router,
    body::Body,
    extract::{
        State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderName, StatusCode, request::Parts},
    response::Response,
    routing::get,
};
use futures_util::{SinkExt as _, StreamExt as _, stream};
use sea_orm::{ActiveModelTrait, DatabaseConnection};
use tokio::sync::{Semaphore, mpsc};
use tokio_tungstenite::{
    client_async,
    tungstenite::{self, client::IntoClientRequest},
};

use super::reporter;
use crate::{
    Outcome, Test,
    entity::cake,
    http::{Server, TestClient, events},
};

/// Where a request works, and how many records and events that makes.
const PLACES: [(&str, usize, usize); 5] = [
    ("stream", 3, 3),
    ("spawn", 2, 2),
    ("job", 1, 1),
    ("socket", 2, 2),
    // Of the events one is the layer's.
    ("panic", 1, 2),
];

/// What a queue holds of a job: its arguments as text, as it may wait in a table, or in another process.
type Job = String;

#[derive(Clone)]
struct App {
    db: DatabaseConnection,
    jobs: mpsc::Sender<Job>,
    /// Lets go on what waits until its request is over.
    is_over: Arc<Semaphore>,
    /// Gets a word of each piece of work that nobody waits for.
    done: mpsc::Sender<()>,
}

impl App {
    /// Writes a record and an event.
    async fn work(&self) -> Outcome {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = format!("cake {}", NUMBER.fetch_add(1, Ordering::Relaxed));
        cake::named(&name).insert(&self.db).await?;
        SystemEvent::info(name).record(&self.db).await?;
        Ok(())
    }

    /// Works when the request is over.
    async fn work_later(self) -> Outcome {
        self.is_over.acquire().await?.forget();
        self.work().await?;
        Ok(self.done.send(()).await?)
    }
}

async fn streams(State(app): State<App>) -> Body {
    let chunks = stream::iter(0..3).then(move |_| {
        let app = app.clone();
        async move { app.work().await.map(|()| "chunk ") }
    });
    Body::from_stream(chunks)
}

async fn spawns(State(app): State<App>) {
    let _by_the_library = audit_sea_orm::task::spawn(app.clone().work_later());
    let _by_tokio = tokio::spawn(carry(app.work_later()));
}

async fn queues(State(app): State<App>) -> Result<(), StatusCode> {
    let failed = |_| StatusCode::INTERNAL_SERVER_ERROR;
    let job = serde_json::to_string(&AuditContext::current()).map_err(failed)?;
    let sent = app.jobs.send(job).await;
    sent.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

/// Began before any request, and does what is in the queue when it comes to it.
async fn be_a_worker(app: App, mut jobs: mpsc::Receiver<Job>) -> Outcome {
    while let Some(job) = jobs.recv().await {
        let context: AuditContext = serde_json::from_str(&job)?;
        context.scope(app.work()).await?;
        app.done.send(()).await?;
    }
    Ok(())
}

/// Works for each message, and says what came of it.
async fn talk(mut socket: WebSocket, app: App) {
    while let Some(Ok(Message::Text(_))) = socket.recv().await {
        let said = match app.work().await {
            Ok(()) => "done".to_owned(),
            Err(error) => error.to_string(),
        };
        if socket.send(Message::text(said)).await.is_err() {
            return;
        }
    }
}

async fn upgrades(upgrade: WebSocketUpgrade, State(app): State<App>) -> Response {
    upgrade.on_upgrade(carry_into(|socket| talk(socket, app)))
}

async fn upgrades_plainly(upgrade: WebSocketUpgrade, State(app): State<App>) -> Response {
    upgrade.on_upgrade(|socket| talk(socket, app))
}

#[expect(clippy::panic, reason = "what is tested")]
async fn panics(State(app): State<App>) -> StatusCode {
    if app.work().await.is_ok() {
        panic!("the oven exploded");
    }
    StatusCode::OK
}

fn router(app: App, layer: AuditLayer) -> Router {
    Router::new()
        .route("/stream", get(streams))
        .route("/spawn", get(spawns))
        .route("/job", get(queues))
        .route("/socket", get(upgrades))
        .route("/plain-socket", get(upgrades_plainly))
        .route("/panic", get(panics))
        .layer(layer)
        .with_state(app)
}

fn layer(t: &Test) -> Result<AuditLayer, Box<dyn std::error::Error + Send + Sync>> {
    let text = |parts: &Parts, name: &str| Some(parts.headers.get(name)?.to_str().ok()?.to_owned());
    Ok(AuditLayer::new(reporter(t))
        .client_address(ClientAddress::trusting(["127.0.0.0/8".parse()?]))
        .trust_request_id_header(HeaderName::from_static("x-request-id"))
        .resolve_actor(move |parts: &Parts| text(parts, "x-user").map(Actor::new))
        .resolve_tenant(move |parts| text(parts, "x-tenant")))
}

/// What a request to a place says of itself.
fn headers(place: &str) -> [(&'static str, String); 4] {
    let number = place.len();
    [
        ("x-request-id", format!("request-{place}")),
        ("x-user", format!("user-{place}")),
        ("x-tenant", format!("tenant-{place}")),
        ("x-forwarded-for", format!("203.0.113.{number}")),
    ]
}

async fn ask(client: &TestClient, place: &str) -> Outcome {
    let headers = headers(place);
    let headers = headers
        .each_ref()
        .map(|(name, value)| (*name, value.as_bytes()));
    let answer = client.send("GET", &format!("/{place}"), &headers).await?;
    let expected = match place {
        "panic" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::OK,
    };
    assert_eq!(answer.status, expected, "{place}");
    Ok(())
}

/// Two messages over a websocket, each with its answer, and the end.
async fn talk_to(server: &Server, place: &str) -> Outcome {
    let mut request = format!("ws://{}/{place}", server.address).into_client_request()?;
    for (name, value) in headers(place) {
        request.headers_mut().insert(name, value.parse()?);
    }
    let (mut socket, answer) = client_async(request, server.connect().await?).await?;
    assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
    for _ in 0..2 {
        socket.send(tungstenite::Message::text("work")).await?;
        let said = socket.next().await.ok_or("an answer")??;
        assert_eq!(said.to_text()?, "done", "{place}");
    }
    Ok(socket.close(None).await?)
}

/// Request id, actor, tenant and address, as a row has them.
type Who = [Option<String>; 4];

fn who_asked(place: &str) -> Who {
    headers(place).map(|(_, value)| Some(value))
}

fn of_record(record: &audit_log::Model) -> Who {
    let record = record.clone();
    [
        record.request_id,
        record.actor_id,
        record.tenant_id,
        record.ip_address,
    ]
}

fn of_event(event: &system_event::Model) -> Who {
    let event = event.clone();
    [
        event.request_id,
        event.actor_id,
        event.tenant_id,
        event.ip_address,
    ]
}

/// Request id, actor, tenant and address are the same in every record and event of a request: of a body that writes while it
/// streams, of tasks and a job that outlive it, of a websocket, and of a panic.
pub async fn a_request_is_the_same_wherever_it_works(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let (jobs, queue) = mpsc::channel(1);
    let (done, mut is_done) = mpsc::channel(8);
    let is_over = Arc::new(Semaphore::new(0));
    let app = App {
        db: t.db.clone(),
        jobs,
        is_over: Arc::clone(&is_over),
        done,
    };
    let worker = App {
        jobs: mpsc::channel(1).0,
        ..app.clone()
    };
    let worker = tokio::spawn(be_a_worker(worker, queue));
    let layer = layer(t)?;
    let reporter = layer.reporter().clone();
    let server = Server::start(router(app, layer)).await?;
    let client = server.client();
    for place in ["stream", "spawn", "job", "panic"] {
        ask(&client, place).await?;
    }
    talk_to(&server, "socket").await?;
    // All of them are over, and only now the tasks work.
    server.stop().await?;
    is_over.add_permits(2);
    for _ in ["spawned", "spawned", "queued"] {
        is_done.recv().await.ok_or("work to be done")?;
    }
    worker.await??;
    let records = t.records().await?;
    let events = events(t, &reporter).await?;
    for (place, of_records, of_events) in PLACES {
        let who = who_asked(place);
        let records = records.iter().filter(|row| of_record(row) == who);
        let modules: Vec<_> = records.map(|row| row.module.clone()).collect();
        assert_eq!(
            modules,
            vec![Some(format!("GET /{place}")); of_records],
            "{place}"
        );
        let events = events.iter().filter(|row| of_event(row) == who);
        assert_eq!(events.count(), of_events, "{place}");
    }
    let sum = |count: fn(&(&str, usize, usize)) -> usize| PLACES.iter().map(count).sum::<usize>();
    assert_eq!(records.len(), sum(|place| place.1));
    assert_eq!(events.len(), sum(|place| place.2));
    Ok(())
}

/// Without `carry_into` the task of an upgrade knows nothing of the request: as the page on websockets says.
pub async fn a_websocket_has_no_context_by_itself(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let app = App {
        db: t.db.clone(),
        jobs: mpsc::channel(1).0,
        is_over: Arc::new(Semaphore::new(0)),
        done: mpsc::channel(1).0,
    };
    let server = Server::start(router(app, layer(t)?)).await?;
    talk_to(&server, "plain-socket").await?;
    let records = t.records().await?;
    let nobody: Who = [None, None, None, None];
    assert_eq!(
        records.iter().map(of_record).collect::<Vec<_>>(),
        [nobody.clone(), nobody]
    );
    server.stop().await
}
