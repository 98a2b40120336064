use std::time::Duration;

use audit_web::{AuditLayer, EventReporter};
use axum::{body::Body, http::Request};
use sea_orm::{ConnectOptions, Database, DbErr, TransactionTrait};
use tower::{Layer, ServiceExt, service_fn};

use super::events::{count, failing};
use crate::{Outcome, Test, http::events};

/// As the pool waits for a connection, again and again while there is none.
const ACQUIRE: Duration = Duration::from_millis(20);

async fn one_connection(t: &Test) -> Result<sea_orm::DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(&t.isolated.url);
    options
        .max_connections(1)
        .acquire_timeout(ACQUIRE)
        .sqlx_logging(false);
    Database::connect(options).await
}

/// While all connections are taken, events of different kinds wait for one and repetitions are counted: more events than the
/// queue has places, and none is lost.
pub async fn an_exhausted_pool_loses_no_event(t: &mut Test) -> Outcome {
    const KINDS: usize = 20;
    const EACH: usize = 200;
    let one = one_connection(t).await?;
    let reporter = EventReporter::new(&one).collapse_within(Duration::from_millis(100));
    let service = AuditLayer::new(&reporter).layer(service_fn(failing));
    let taken = one.begin().await?;
    for _ in 0..EACH {
        for kind in 0..KINDS {
            let request = Request::get(format!("/{kind}")).body(Body::empty())?;
            service.clone().oneshot(request).await?;
        }
        // The reporter's task takes what is there, and many windows and waits for a connection go by.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!((reporter.dropped(), reporter.failed()), (0, 0));
    taken.rollback().await?;

    let told = events(t, &reporter).await?;
    assert_eq!((reporter.dropped(), reporter.failed()), (0, 0));
    for kind in 0..KINDS {
        let title = format!("GET /{kind} answered 500");
        let of_kind = told.iter().filter(|event| event.title == title);
        let count: u64 = of_kind.map(count).sum();
        assert_eq!(count, u64::try_from(EACH)?, "{title}");
    }
    drop(service);
    one.close().await?;
    Ok(())
}

/// Who flushes while there is no connection waits for one no longer than the pool does, and learns how much is lost.
pub async fn a_flush_without_a_connection_ends(t: &mut Test) -> Outcome {
    let one = one_connection(t).await?;
    let reporter = EventReporter::new(&one).collapse_within(Duration::ZERO);
    let service = AuditLayer::new(&reporter).layer(service_fn(failing));
    let taken = one.begin().await?;
    for _ in 0..5 {
        service.clone().oneshot(Request::new(Body::empty())).await?;
    }
    reporter.flush().await;
    assert_eq!((reporter.dropped(), reporter.failed()), (0, 5));
    taken.rollback().await?;
    drop(service);
    one.close().await?;
    Ok(())
}
