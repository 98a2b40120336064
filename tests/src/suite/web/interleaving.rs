//! Many requests of many users at once: every record carries the actor of its own request.

mod checks;
mod kitchen;

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use audit_sea_orm::prelude::*;
use audit_web::{AuditLayer, EventReporter};
use axum::http::{HeaderName, StatusCode, request::Parts};
use futures_util::future::try_join_all;
use http_body_util::BodyExt;
use sea_orm::{ActiveModelTrait, DatabaseConnection, DbErr};

use crate::{
    Outcome, Test,
    entity::cake,
    http::{Server, TestClient},
    random::Random,
    suite::cancellation::pool,
};
use kitchen::{KINDS, Kind, Kitchen};

const CLIENTS: u64 = 10;
const REQUESTS_OF_EACH: u64 = 100;
const USERS: u64 = 50;

/// One request: its number, its user, and what becomes of it.
#[derive(Clone, Debug)]
struct Order {
    number: u64,
    user: Option<u64>,
    kind: Kind,
}

impl Order {
    fn at_random(random: &mut Random, number: u64) -> Self {
        let user = random.below(USERS + 5);
        let kind = usize::try_from(random.below(KINDS.len() as u64)).unwrap_or_default();
        Self {
            number,
            user: (user < USERS).then_some(user),
            kind: KINDS[kind],
        }
    }

    /// The id of the request, which names its user too.
    fn id(&self) -> String {
        let user = self
            .user
            .map_or("nobody".to_owned(), |user| format!("user{user}"));
        format!("{}-{user}", self.number)
    }

    fn headers(&self) -> Vec<(&'static str, Vec<u8>)> {
        let mut headers = vec![("x-request-id", self.id().into_bytes())];
        let name = if self.kind == Kind::Late {
            "x-late"
        } else {
            "x-user"
        };
        headers.extend(
            self.user
                .map(|user| (name, format!("user{user}").into_bytes())),
        );
        headers
    }
}

async fn send(client: &TestClient, order: &Order, random: &mut Random) -> Outcome {
    let headers = order.headers();
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_slice()))
        .collect();
    let path = format!("/{}", order.kind.path());
    match order.kind {
        Kind::Dropped => {
            // Wherever the handler has got to by then: nothing is asserted of how far that is.
            let patience = Duration::from_micros(random.below(20_000));
            let sent = client.send("GET", &path, &headers);
            let _dropped = tokio::time::timeout(patience, sent).await;
        }
        Kind::CutOff => {
            let mut answer = client.head("GET", &path, &headers).await?;
            answer.frame().await.ok_or("a first frame")??;
        }
        kind => {
            let answer = client.send("GET", &path, &headers).await?;
            let fails = matches!(kind, Kind::Panics | Kind::Fails);
            let status = if fails {
                StatusCode::INTERNAL_SERVER_ERROR
            } else {
                StatusCode::OK
            };
            assert_eq!(answer.status, status, "{order:?}: {:?}", answer.body);
        }
    }
    Ok(())
}

async fn be_a_client(
    client: TestClient,
    first: u64,
) -> Result<Vec<Order>, Box<dyn std::error::Error + Send + Sync>> {
    let mut random = Random::new(first);
    let mut orders = Vec::new();
    for number in first..first + REQUESTS_OF_EACH {
        let order = Order::at_random(&mut random, number);
        send(&client, &order, &mut random).await?;
        orders.push(order);
    }
    Ok(orders)
}

/// Has each connection prepare what handlers send, with and without an actor, see [`pool`].
async fn warm_up(t: &Test) -> Outcome {
    pool::warm_up_by(t, |db| {
        Box::pin(async move {
            let context = AuditContext::new().ip([127, 0, 0, 1]);
            let context = context.request_id("warm").module("warm");
            bake(&db, context.clone()).await?;
            bake(&db, context.actor(Actor::new("warm"))).await
        })
    })
    .await
}

async fn bake(db: &DatabaseConnection, context: AuditContext) -> Result<(), DbErr> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let cake = cake::named(&format!("warm{number}"));
    context.scope(cake.insert(db)).await.map(drop)
}

/// A thousand requests of fifty users and of nobody, over connections that stay, some panicking, cancelled,
/// streaming or spawning tasks: no record and no event carries another's actor.
pub async fn thousand_requests_of_fifty_users_keep_their_actors(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    warm_up(t).await?;
    let reporter = EventReporter::new(&t.db)
        .queue(10_000)
        .collapse_within(Duration::ZERO);
    let layer = AuditLayer::new(&reporter)
        .without_slow_threshold()
        .trust_request_id_header(HeaderName::from_static("x-request-id"))
        .resolve_actor(|parts: &Parts| {
            let user = parts.headers.get("x-user")?.to_str().ok()?;
            Some(Actor::new(user))
        });
    let kitchen = Kitchen::new(t.db.clone());
    let server = Server::start(kitchen.router().layer(layer)).await?;
    let clients = (0..CLIENTS).map(|client| {
        let task = be_a_client(server.client(), client * REQUESTS_OF_EACH);
        async { tokio::spawn(task).await? }
    });
    let orders = try_join_all(clients).await?.concat();
    server.stop().await?;
    kitchen.finish().await?;

    assert_eq!(orders.len(), 1_000);
    assert_eq!(reporter.dropped(), 0);
    checks::records(t, &orders).await?;
    checks::events(t, &reporter, &orders).await
}
