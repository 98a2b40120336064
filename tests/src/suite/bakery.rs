//! A day at the bakery of `examples/bakery`, over a real socket: what people do there, and what the trail tells of it.

mod client;

use std::{collections::HashSet, net::SocketAddr};

use audit_sea_orm::{
    entity::{login_attempt::Status, system_event::EventType},
    prelude::*,
};
use audit_web::{EventReporter, trace::AuditTraceLayer};
use axum::{
    extract::Request,
    middleware::{self, Next},
};
use sea_orm::{DatabaseConnection, EntityTrait, QueryOrder};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tracing::{Dispatch, instrument::WithSubscriber};
use tracing_subscriber::layer::SubscriberExt;

use crate::{Outcome, Test, test::records};
use client::Client;

/// The bakery, open at an address, with what its trail holds beyond the seed.
struct Shop {
    db: DatabaseConnection,
    reporter: EventReporter,
    address: SocketAddr,
    seeded: usize,
}

impl Shop {
    async fn open(t: &Test) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let db = bakery::open(&t.isolated.url).await?;
        let reporter = EventReporter::new(db.clone());
        // What `main` sets for the process holds here for this shop's requests.
        let subscriber = tracing_subscriber::registry().with(AuditTraceLayer::new(&reporter));
        let dispatch = Dispatch::new(subscriber);
        let app = bakery::app(db.clone(), &reporter).layer(middleware::from_fn(
            move |request: Request, next: Next| next.run(request).with_subscriber(dispatch.clone()),
        ));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, app).await });
        let seeded = records(&db).await?.len();
        Ok(Self {
            db,
            reporter,
            address,
            seeded,
        })
    }

    fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// The records since the shop opened.
    async fn records(&self) -> Result<Vec<audit_log::Model>, sea_orm::DbErr> {
        Ok(records(&self.db).await?.split_off(self.seeded))
    }

    async fn attempts(&self) -> Result<Vec<login_attempt::Model>, sea_orm::DbErr> {
        let attempts = login_attempt::Entity::find().order_by_asc(login_attempt::Column::Id);
        attempts.all(&self.db).await
    }

    async fn events(&self) -> Result<Vec<system_event::Model>, sea_orm::DbErr> {
        self.reporter.flush().await;
        let events = system_event::Entity::find().order_by_asc(system_event::Column::Id);
        events.all(&self.db).await
    }
}

/// What a record says of what was done, to what, by whom, and where in the application.
type Told = (
    String,
    String,
    Option<String>,
    String,
    Option<Value>,
    Option<Value>,
);

fn tell(record: &audit_log::Model) -> Told {
    (
        record.action.clone(),
        record.object_repr.clone().unwrap_or_default(),
        record.actor_name.clone(),
        record.module.clone().unwrap_or_default(),
        record.old_values.clone(),
        record.new_values.clone(),
    )
}

fn told(
    action: &str,
    what: &str,
    who: Option<&str>,
    module: &str,
    values: Option<(Value, Value)>,
) -> Told {
    let (old, new) = values.unzip();
    let who = who.map(ToOwned::to_owned);
    (
        action.to_owned(),
        what.to_owned(),
        who,
        module.to_owned(),
        old,
        new,
    )
}

/// Ada's day; returns the file that she exports.
async fn work(ada: &mut Client) -> std::io::Result<String> {
    let away = ada.get("/cakes").await?;
    assert_eq!(away.header("location"), Some("/login"));
    let wrong = [("username", "ada"), ("password", "apricot")];
    assert_eq!(ada.post("/login", &wrong).await?.status, 401);
    let right = [("username", "ada"), ("password", "apricot jam")];
    assert_eq!(ada.post("/login", &right).await?.status, 303);

    let price = [
        ("name", "Sachertorte"),
        ("price", "4.50"),
        ("secret_recipe", ""),
    ];
    let saved = ada.post("/cakes/1", &price).await?;
    assert_eq!(saved.header("location"), Some("/cakes/1"));
    let unchanged = ada.post("/cakes/1", &price).await?;
    assert_eq!(unchanged.header("location"), Some("/cakes/1"));
    assert!(ada.get("/cakes/1").await?.body.contains("4.50"));
    let csv = ada.get("/orders.csv?delivered=false").await?.body;
    assert_eq!(ada.post("/cakes/999", &price).await?.status, 404);
    assert_eq!(ada.post("/logout", &[]).await?.status, 303);
    let out = ada.post("/cakes/1", &price).await?;
    assert_eq!(out.header("location"), Some("/login"));
    Ok(csv)
}

/// What happens in a day stands in the trail, in order, with who, whence, and the values before and after;
/// nothing else does.
pub async fn a_day_leaves_exactly_these_records(t: &mut Test) -> Outcome {
    let shop = Shop::open(t).await?;
    work(&mut shop.client()).await?;
    let records = shop.records().await?;
    let seen: Vec<_> = records.iter().map(tell).collect();
    let ada = Some("Ada Lovelace");
    let prices = (json!({"price": 480}), json!({"price": 450}));
    let expected = [
        told("LOGIN_FAILED", "ada", None, "POST /login", None),
        told("LOGIN", "ada", ada, "POST /login", None),
        told(
            "UPDATE",
            "Sachertorte",
            ada,
            "POST /cakes/{id}",
            Some(prices),
        ),
        told("VIEW", "Sachertorte", ada, "GET /cakes/{id}", None),
        told("EXPORT", "Orders (CSV)", ada, "GET /orders.csv", None),
        told("LOGOUT", "Ada Lovelace", ada, "POST /logout", None),
    ];
    assert_eq!(seen, expected);
    assert_whence(&records);
    assert_eq!(shop.events().await?, []);
    Ok(())
}

/// The attempts and the export of a day have rows of their own, with what is known of them alone.
pub async fn a_day_leaves_its_attempts_and_its_export(t: &mut Test) -> Outcome {
    let shop = Shop::open(t).await?;
    let csv = work(&mut shop.client()).await?;
    let head = "order,customer,cake,quantity,delivered\n1,Café Central,Sachertorte,12,false\n";
    assert!(csv.starts_with(head), "{csv}");

    let attempts = shop.attempts().await?.into_iter();
    let attempts: Vec<_> = attempts
        .map(|attempt| (attempt.status, attempt.failure_reason, attempt.ip_address))
        .collect();
    let ip = Some("127.0.0.1".to_owned());
    let wrong = Some("wrong password".to_owned());
    let expected = [
        (Status::Failed, wrong, ip.clone()),
        (Status::Success, None, ip),
    ];
    assert_eq!(attempts, expected);
    let export = data_export::Entity::find().one(&shop.db).await?;
    let export = export.expect("it was recorded");
    assert_eq!(export.record_count, 5);
    assert_eq!(usize::try_from(export.file_size)?, csv.len());
    assert_eq!(export.filters_applied, Some(json!({"delivered": false})));
    Ok(())
}

/// Each record has the client's address and program, and a request of its own; those of the session name it.
fn assert_whence(records: &[audit_log::Model]) {
    let requests: HashSet<_> = records
        .iter()
        .filter_map(|record| record.request_id.as_ref())
        .collect();
    assert_eq!(requests.len(), records.len());
    for record in records {
        assert_eq!(
            record.ip_address.as_deref(),
            Some("127.0.0.1"),
            "{}",
            record.action
        );
        assert_eq!(
            record.user_agent.as_deref(),
            Some(client::NAME),
            "{}",
            record.action
        );
    }
    let sessions: Vec<_> = records
        .iter()
        .map(|record| record.session_id.as_ref())
        .collect();
    assert_eq!(sessions[..2], [None, None], "a login makes the session");
    assert!(sessions[2].is_some());
    assert!(sessions[2..].iter().all(|session| *session == sessions[2]));
}

/// A failure and a panic are answered with 500, tell the client nothing, and leave events with who and which request.
pub async fn what_goes_wrong_leaves_events(t: &mut Test) -> Outcome {
    let shop = Shop::open(t).await?;
    let mut bruno = shop.client();
    let right = [("username", "bruno"), ("password", "rum and raisins")];
    bruno.post("/login", &right).await?;
    let failed = bruno.post("/faults/error", &[]).await?;
    assert_eq!(failed.status, 500);
    assert!(!failed.body.contains("oven"), "{}", failed.body);
    assert_eq!(bruno.post("/faults/panic", &[]).await?.status, 500);
    assert_eq!(bruno.get("/.env").await?.status, 404);

    let events = shop.events().await?;
    let seen: Vec<_> = events
        .iter()
        .map(|event| (event.event_type, event.title.as_str()))
        .collect();
    assert_eq!(
        seen[..3],
        [
            (EventType::Error, "a request failed"),
            (EventType::Error, "POST /faults/error answered 500"),
            (
                EventType::Error,
                "POST /faults/panic panicked: there is a cake in the window"
            ),
        ]
    );
    assert_eq!((seen.len(), seen[3].0), (4, EventType::Security));
    for event in &events[..3] {
        assert_eq!(
            event.actor_name.as_deref(),
            Some("Bruno Kreisky"),
            "{}",
            event.title
        );
        assert_eq!(
            event.ip_address.as_deref(),
            Some("127.0.0.1"),
            "{}",
            event.title
        );
    }
    assert_eq!(events[0].request_id, events[1].request_id);
    assert!(
        events[0]
            .description
            .as_ref()
            .is_some_and(|text| text.starts_with("error: the oven is out of order\n"))
    );
    assert!(
        events[2]
            .stack_trace
            .as_ref()
            .is_some_and(|stack| stack.contains("bakery::faults::panic"))
    );
    Ok(())
}

/// Rows that belong together are recorded together, one record each, whatever their key.
pub async fn an_order_is_recorded_with_its_lines(t: &mut Test) -> Outcome {
    let shop = Shop::open(t).await?;
    let mut ada = shop.client();
    ada.post(
        "/login",
        &[("username", "ada"), ("password", "apricot jam")],
    )
    .await?;
    let order = ada
        .post(
            "/orders",
            &[
                ("customer", "=HYPERLINK(1)"),
                ("cake_id", "1"),
                ("quantity", "2"),
            ],
        )
        .await?;
    assert_eq!(order.header("location"), Some("/orders/4"));
    let nowhere = [("customer", "Nobody"), ("cake_id", "99"), ("quantity", "2")];
    assert_eq!(ada.post("/orders", &nowhere).await?.status, 404);
    assert_eq!(ada.post("/orders/4/deliver", &[]).await?.status, 303);
    assert!(
        ada.get("/orders.csv?delivered=true")
            .await?
            .body
            .contains("\n4,'=HYPERLINK(1),")
    );
    assert_eq!(ada.post("/orders/4/delete", &[]).await?.status, 303);
    let refused = ada.post("/cakes/1/delete", &[]).await?;
    assert_eq!(refused.status, 422, "a cake that is ordered stays");

    let records = shop.records().await?;
    let seen: Vec<_> = records[1..]
        .iter()
        .map(|record| {
            (
                record.action.as_str(),
                record.table_name.as_deref().unwrap_or_default(),
                record.object_id.as_deref().unwrap_or_default(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("CREATE", "cake_order", "4"),
            ("CREATE", "order_line", "[4,1]"),
            ("UPDATE", "cake_order", "4"),
            ("EXPORT", "audit_data_export", "1"),
            ("DELETE", "order_line", "[4,1]"),
            ("DELETE", "cake_order", "4"),
        ]
    );
    assert_eq!(records[5].request_id, records[6].request_id);
    Ok(())
}

/// After five failures a name is locked for its address, also with the right password, and the trail says why.
pub async fn a_guesser_is_locked_out_and_recorded_as_blocked(t: &mut Test) -> Outcome {
    let shop = Shop::open(t).await?;
    let mut guesser = shop.client();
    for guess in ["a", "b", "c", "d", "e"] {
        assert_eq!(
            guesser
                .post("/login", &[("username", "ada"), ("password", guess)])
                .await?
                .status,
            401
        );
    }
    let right = guesser
        .post(
            "/login",
            &[("username", "ada"), ("password", "apricot jam")],
        )
        .await?;
    assert_eq!(right.status, 401);
    let another = guesser
        .post(
            "/login",
            &[("username", "bruno"), ("password", "rum and raisins")],
        )
        .await?;
    assert_eq!(another.status, 303, "another name is not locked");

    let attempts = shop.attempts().await?;
    assert_eq!(attempts[5].status, Status::Blocked);
    assert_eq!(
        attempts[5].failure_reason.as_deref(),
        Some("too many failures")
    );
    Ok(())
}

/// Whatever a stranger types as a name, the login answers that it is wrong, and records it.
pub async fn any_name_can_fail_to_log_in(t: &mut Test) -> Outcome {
    let shop = Shop::open(t).await?;
    let mut stranger = shop.client();
    let long = "x".repeat(100_000);
    let names = [
        "",
        "a\0b",
        long.as_str(),
        "😀\u{202e}nimda",
        "' OR 1=1 --",
        "<script>alert(1)</script>",
    ];
    for name in names {
        let answer = stranger
            .post("/login", &[("username", name), ("password", "any")])
            .await?;
        assert_eq!(answer.status, 401, "{name:.20}");
    }
    let attempts = shop.attempts().await?;
    let recorded: Vec<_> = attempts
        .iter()
        .map(|attempt| attempt.username.as_str())
        .collect();
    let cut = &long[..150];
    assert_eq!(
        recorded,
        [
            "",
            "a\u{fffd}b",
            cut,
            "😀\u{fffd}nimda",
            "' OR 1=1 --",
            "<script>alert(1)</script>"
        ]
    );
    assert!(
        attempts
            .iter()
            .all(|attempt| attempt.failure_reason.as_deref() == Some("unknown user"))
    );
    Ok(())
}

/// Opening the shop again migrates nothing, seeds nothing, and records nothing.
pub async fn the_second_run_goes_on_where_the_first_ended(t: &mut Test) -> Outcome {
    let first = Shop::open(t).await?;
    let second = Shop::open(t).await?;
    assert_eq!((first.seeded, second.seeded), (15, 15));
    let seed = &records(&second.db).await?[0];
    assert_eq!(seed.actor_id.as_deref(), Some("system:seed"));
    let hash = &seed.new_values.as_ref().expect("a create has values")["password_hash"];
    assert_eq!(hash, "***");
    Ok(())
}
