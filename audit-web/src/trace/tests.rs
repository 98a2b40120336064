use std::{io, thread, time::Duration};

use audit_migration::Migrator;
use audit_sea_orm::{Actor, AuditFutureExt as _, entity::system_event};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, EntityTrait, QueryOrder,
};
use sea_orm_migration::MigratorTrait;
use tracing::{Dispatch, dispatcher, subscriber::DefaultGuard};
use tracing_subscriber::layer::SubscriberExt;

use super::*;

async fn database() -> DatabaseConnection {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1);
    let db = Database::connect(options).await.unwrap();
    Migrator::up(&db, None).await.unwrap();
    db
}

/// A reporter that collapses nothing.
fn reporter(db: &DatabaseConnection) -> EventReporter {
    EventReporter::new(db.clone()).collapse_within(Duration::ZERO)
}

fn dispatch(layer: AuditTraceLayer) -> Dispatch {
    Dispatch::new(tracing_subscriber::registry().with(layer))
}

/// Has the thread's events, the writer's task among them, go to the layer.
fn listen(layer: AuditTraceLayer) -> DefaultGuard {
    dispatcher::set_default(&dispatch(layer))
}

async fn events(db: &DatabaseConnection) -> Vec<system_event::Model> {
    let events = system_event::Entity::find().order_by_asc(system_event::Column::Id);
    events.all(db).await.unwrap()
}

#[derive(Debug, thiserror::Error)]
#[error("no cake")]
struct NoCake(#[source] io::Error);

#[tokio::test]
async fn a_row_tells_what_where_and_who() {
    let db = database().await;
    let reporter = reporter(&db);
    let _guard = listen(AuditTraceLayer::new(&reporter));
    let error = NoCake(io::Error::other("the oven is cold"));
    let context = AuditContext::new()
        .actor(Actor::new(1).with_name("Ada"))
        .ip([192, 0, 2, 7])
        .request_id("r1");
    let line = line!() + 2;
    async {
        tracing::error!(target: "oven", error = &error as &dyn std::error::Error, cake = "Sacher", heat = 12, "cold {}", "oven");
    }.with_audit_context(context).await;
    reporter.flush().await;

    let event = events(&db).await.remove(0);
    assert_eq!(
        (event.event_type.clone(), event.title.as_str()),
        (EventType::Error, "cold oven")
    );
    assert_eq!(event.module.as_deref(), Some("oven"));
    assert_eq!(event.line_number, Some(i32::try_from(line).unwrap()));
    let description = format!(
        "error: no cake: the oven is cold\ncake: Sacher\nheat: 12\nfile: {}",
        file!()
    );
    assert_eq!(event.description, Some(description));
    assert_eq!(
        (event.actor_id.as_deref(), event.actor_name.as_deref()),
        (Some("1"), Some("Ada"))
    );
    assert_eq!(
        (event.ip_address.as_deref(), event.request_id.as_deref()),
        (Some("192.0.2.7"), Some("r1"))
    );
}

#[tokio::test]
async fn the_level_decides_what_is_recorded_and_as_what() {
    let db = database().await;
    let reporter = reporter(&db);
    let speak = || {
        tracing::error!("e");
        tracing::warn!("w");
        tracing::info!("i");
        tracing::debug!("d");
    };
    dispatcher::with_default(&dispatch(AuditTraceLayer::new(&reporter)), speak);
    dispatcher::with_default(
        &dispatch(AuditTraceLayer::new(&reporter).level(Level::INFO)),
        speak,
    );
    reporter.flush().await;
    let told: Vec<_> = events(&db)
        .await
        .into_iter()
        .map(|event| (event.event_type, event.title))
        .collect();
    let expected = [
        (EventType::Error, "e"),
        (EventType::Error, "e"),
        (EventType::Warning, "w"),
        (EventType::Info, "i"),
    ];
    assert_eq!(told, expected.map(|(kind, title)| (kind, title.to_owned())));
}

#[tokio::test]
async fn an_event_that_cannot_be_written_makes_no_other() {
    let db = database().await;
    let reporter = reporter(&db);
    // Everything that happens while writing, the database's own events too.
    let _guard = listen(AuditTraceLayer::new(&reporter).level(Level::TRACE));
    AuditContext::unaudited(
        "the test's own statement",
        db.execute_unprepared("DROP TABLE audit_system_event"),
    )
    .await
    .unwrap();
    reporter.flush().await;
    tracing::error!("lost");
    // An event about the loss would come behind the first flush.
    for _ in 0..3 {
        reporter.flush().await;
    }
    assert_eq!((reporter.failed(), reporter.dropped()), (1, 0));
}

#[tokio::test]
async fn a_full_queue_drops_and_counts_and_tells() {
    let db = database().await;
    let reporter = reporter(&db).queue(10);
    let _guard = listen(AuditTraceLayer::new(&reporter));
    // One thread: the writer cannot come between.
    for number in 0..1_000 {
        tracing::error!(number, "noise");
    }
    assert_eq!(reporter.dropped(), 990);
    reporter.flush().await;
    let events = events(&db).await;
    assert_eq!(
        events.iter().filter(|event| event.title == "noise").count(),
        10
    );
    let told = events
        .iter()
        .find(|event| event.event_type == EventType::Warning)
        .unwrap();
    assert_eq!(
        told.description.as_deref(),
        Some("990 since the last such event, 990 of them of type ERROR")
    );
}

#[tokio::test]
async fn what_layers_report_is_left_out_unless_asked() {
    let db = database().await;
    let reporter = reporter(&db);
    let trace = || {
        tracing::error!(target: "tower_http::trace::on_failure", "response failed");
        tracing::error!(target: "tower_http::catch_panic", "Service panicked");
        tracing::error!(target: "tower_http::catch_panic::below", "of a module below");
        tracing::error!(target: "tower_http::catch_panics", "another");
    };
    let layer = AuditTraceLayer::new(&reporter);
    dispatcher::with_default(&dispatch(layer.clone()), trace);
    reporter.flush().await;
    let titles = async || {
        let events = events(&db).await;
        events
            .into_iter()
            .map(|event| event.title)
            .collect::<Vec<_>>()
    };
    assert_eq!(titles().await, ["another"]);

    let all = layer.without_targets([""; 0]);
    dispatcher::with_default(&dispatch(all), trace);
    reporter.flush().await;
    assert_eq!(titles().await.len(), 5);
}

#[tokio::test]
async fn repetitions_are_counted_and_other_fields_are_other_events() {
    let db = database().await;
    let reporter = EventReporter::new(db.clone());
    let _guard = listen(AuditTraceLayer::new(&reporter));
    for _ in 0..50 {
        tracing::error!(oven = 1, "cold");
        tracing::error!(oven = 2, "cold");
    }
    reporter.flush().await;
    let descriptions: Vec<_> = events(&db)
        .await
        .into_iter()
        .filter_map(|event| event.description)
        .collect();
    assert_eq!(descriptions.len(), 4);
    for oven in [1, 2] {
        let whole = format!("oven: {oven}\nfile: {}", file!());
        assert!(descriptions.contains(&whole));
        assert!(descriptions.contains(&format!("49 more within 60 s\n{whole}")));
    }
}

#[tokio::test]
async fn threads_outside_the_runtime_are_heard() {
    let db = database().await;
    let reporter = reporter(&db);
    let dispatch = dispatch(AuditTraceLayer::new(&reporter));
    let thread =
        thread::spawn(move || dispatcher::with_default(&dispatch, || tracing::error!("from afar")));
    thread.join().unwrap();
    reporter.flush().await;
    assert_eq!(events(&db).await[0].title, "from afar");
}

#[test]
fn without_any_runtime_events_are_counted() {
    let reporter = EventReporter::new(DatabaseConnection::default());
    let layer = AuditTraceLayer::new(&reporter);
    dispatcher::with_default(&dispatch(layer), || tracing::error!("into the void"));
    assert_eq!(reporter.dropped(), 1);
}

/// Writes more text than anybody wants, and counts how often it was asked to go on.
struct Endless;

impl fmt::Debug for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for _ in 0..1_000_000_u32 {
            f.write_str("žluťoučký kůň ")?;
        }
        panic!("the layer did not stop it");
    }
}

#[tokio::test]
async fn fields_of_any_size_are_cut_and_cleaned() {
    let db = database().await;
    let reporter = reporter(&db);
    let _guard = listen(AuditTraceLayer::new(&reporter));
    tracing::error!(endless = ?Endless, "{:?}", Endless);
    tracing::error!(name = "a\0b\u{202E}c\nd", "");
    reporter.flush().await;
    let events = events(&db).await;
    assert_eq!(events[0].title.chars().count(), 255);
    assert!(events[0].description.as_ref().unwrap().len() <= 16 * 1024);
    assert!(
        events[1]
            .description
            .as_ref()
            .unwrap()
            .starts_with("name: a\u{FFFD}b\u{FFFD}c\nd\n")
    );
    assert!(
        events[1].title.starts_with("event "),
        "without a message it is named by its place"
    );
}

#[tokio::test]
async fn an_unaudited_scope_leaves_nothing() {
    let db = database().await;
    let reporter = reporter(&db);
    let _guard = listen(AuditTraceLayer::new(&reporter));
    AuditContext::unaudited("test", async { tracing::error!("unseen") }).await;
    tracing::error!("seen");
    reporter.flush().await;
    let titles: Vec<_> = events(&db)
        .await
        .into_iter()
        .map(|event| event.title)
        .collect();
    assert_eq!(titles, ["seen"]);
}
