//! A program that the suite starts, to kill it or to give it an environment of its own.
//!
//! `child edit URL` writes to pies until it is killed, saying `written` after every few writes; `child capture URL` does
//! so to tarts, through an audited connection. `child year URL CHANGES` writes to Sakila, after so many of its changes,
//! saying `written` after every write. `child once URL` writes one pie, with the configuration of its
//! environment, and `child propagated URL` one tart, through a plain connection that carries the context.
//! `child serve URL DEADLINE` serves until a signal, and says where; `/events/N` reports so many events, the
//! answer of `/endless` has no end, that of `/stuck` does not begin, and `/hold` takes every connection for good. Those below
//! `/audited` are watched by a layer; `/is-stuck` is answered when one is. `child count URL` fails, and refuses a login, a hundred
//! times each, and then waits to be killed. `child baseline URL` makes a baseline of the tarts, saying `batch` after
//! each.

use std::{convert::Infallible, env, error::Error, io::Write, sync::Arc, time::Duration};

use audit_sea_orm::{AuditConnectOptionsExt, LoginAttempt, baseline::Baseline};
use audit_tests::{
    entity::{pie, tart},
    load::{unless_dropped, write_pie, write_tart},
    random::Random,
    suite::year,
};
use audit_web::{AuditLayer, EventReporter, Shutdown};
use axum::{
    Router,
    body::Body,
    extract::{Path, Request},
    http::{HeaderName, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use sea_orm::{
    ActiveModelTrait, ConnectOptions, Database, DatabaseConnection, DbErr, Set, TransactionTrait,
};
use tokio::{net::TcpListener, sync::Notify};
use tower::{Layer, ServiceExt, service_fn};

/// As many writers as fit a small pool.
const WRITERS: u64 = 4;

/// A pool of a few more than they need.
const CONNECTIONS: u32 = 8;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (task, url) = (arguments.next(), arguments.next().ok_or("which database?")?);
    let mut options = ConnectOptions::new(url);
    options.max_connections(CONNECTIONS).sqlx_logging(false);
    if task.as_deref() == Some("propagated") {
        options = options.propagate_audit_context().map_err(DbErr::from)?;
    }
    let db = Database::connect(options).await?;
    match task.as_deref() {
        Some("edit") => edit(&db, false).await,
        Some("capture") => edit(&db, true).await,
        Some("year") => {
            let changes = arguments.next().ok_or("after how many changes?")?;
            year::write_on(&db, changes.parse()?, || say("written")).await;
        }
        Some("once") => {
            let pie = pie::ActiveModel {
                id: Set(1),
                price: Set(1),
                stock: Set(1),
            };
            pie.insert(&db).await?;
        }
        Some("serve") => {
            let seconds = arguments.next().ok_or("within which deadline?")?;
            serve(&db, Duration::from_secs(seconds.parse()?)).await?;
        }
        Some("count") => count(&db).await?,
        Some("baseline") => {
            let baseline = Baseline::of::<tart::Entity>();
            baseline.on_progress(|_| say("batch")).run(&db).await?;
        }
        Some("propagated") => {
            tart::priced(1, 1).insert(&db).await?;
        }
        _ => {
            return Err(
                "`edit`, `capture`, `year`, `once`, `propagated`, `serve`, `count` or `baseline`?"
                    .into(),
            );
        }
    }
    Ok(())
}

/// Has a watched request fail.
async fn fail(reporter: &EventReporter) {
    let failing = service_fn(async |_: Request<Body>| {
        Ok::<_, Infallible>(StatusCode::INTERNAL_SERVER_ERROR.into_response())
    });
    let failing = AuditLayer::new(reporter).layer(failing);
    let Ok(_failed) = failing.oneshot(Request::new(Body::empty())).await;
}

/// What is counted in a window that ends long after its counts are written.
async fn count(db: &DatabaseConnection) -> Result<(), audit_sea_orm::Error> {
    let reporter = EventReporter::new(db).collapse_within(Duration::from_secs(36));
    for _ in 0..100 {
        fail(&reporter).await;
        let attempt = LoginAttempt::failed("ada").reason("wrong password");
        reporter.record_login(attempt).await?;
    }
    std::future::pending().await
}

async fn endless() -> Body {
    let chunk = Ok::<_, Infallible>(vec![b'x'; 65_536]);
    Body::from_stream(futures_util::stream::repeat(chunk))
}

/// Requests that do not end, and how to learn that one has begun.
fn unending() -> Router {
    let is_stuck = Arc::new(Notify::new());
    let begun = Arc::clone(&is_stuck);
    let stuck = async move || -> Response {
        begun.notify_one();
        std::future::pending().await
    };
    let is_stuck = async move || is_stuck.notified().await;
    Router::new()
        .route("/endless", get(endless))
        .route("/stuck", get(stuck))
        .route("/is-stuck", get(is_stuck))
}

async fn serve(db: &DatabaseConnection, deadline: Duration) -> Result<(), std::io::Error> {
    let reporter = EventReporter::new(db).collapse_within(Duration::ZERO);
    let failing = reporter.clone();
    let events = async move |Path(events): Path<u32>| {
        for _ in 0..events {
            fail(&failing).await;
        }
    };
    let pool = db.clone();
    let hold = async move || {
        let all = (0..CONNECTIONS).map(|_| pool.begin());
        std::mem::forget(futures_util::future::join_all(all).await);
    };
    let audit =
        AuditLayer::new(&reporter).trust_request_id_header(HeaderName::from_static("x-request-id"));
    let router = unending()
        .route("/events/{events}", get(events))
        .route("/hold", get(hold))
        .nest("/audited", unending().layer(audit));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let shutdown = Shutdown::on_signals()?.deadline(deadline);
    let server = axum::serve(listener, router).with_graceful_shutdown(shutdown.requested());
    say(&address.to_string());
    shutdown.graceful(server, &reporter).await
}

async fn edit(db: &DatabaseConnection, through_triggers: bool) {
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let (db, seed) = (db.clone(), u64::from(std::process::id()) * WRITERS + writer);
        writers.spawn(async move {
            let (mut random, mut drops) = (Random::new(seed), Random::new(seed));
            loop {
                for _ in 0..10 {
                    let price = i32::try_from(random.below(1_000_000)).unwrap_or_default();
                    let _outcome = if through_triggers {
                        let write = write_tart(&db, &mut random, price);
                        unless_dropped(&db, &mut drops, write).await
                    } else {
                        let write = write_pie(&db, &mut random, price);
                        unless_dropped(&db, &mut drops, write).await
                    };
                }
                say("written");
            }
        });
    }
    while writers.join_next().await.is_some() {}
}

fn say(word: &str) {
    // OK to ignore: who listened has gone, and a kill follows.
    let _said = writeln!(std::io::stdout(), "{word}");
}
