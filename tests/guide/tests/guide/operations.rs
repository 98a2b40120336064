include!(concat!(env!("OUT_DIR"), "/operations.rs"));

use audit_sea_orm::{Tripwire, prelude::*};
use audit_web::{AuditLayer, EventReporter, Shutdown};
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
    routing::get,
};
use sea_orm::{ConnectionTrait, EntityTrait, TransactionTrait};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tower::ServiceExt;

#[tokio::test]
async fn a_check_names_a_trigger_that_is_gone() -> crate::Outcome {
    let db = crate::bakery().await?;
    assert_eq!(check::what_is_wrong(&db).await?, None);
    let trigger = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'stock'";
    let found = db
        .query_one_raw(sea_orm::Statement::from_string(
            db.get_database_backend(),
            trigger,
        ))
        .await?;
    let name: String = found.ok_or("a trigger")?.try_get("", "name")?;
    db.execute_unprepared(&format!("DROP TRIGGER \"{name}\""))
        .await?;
    let wrong = check::what_is_wrong(&db).await?.ok_or("a drift")?;
    assert!(wrong.contains("stock"), "{wrong}");
    Ok(())
}

#[test]
fn a_wrong_value_is_found_when_the_program_starts() -> crate::Outcome {
    const AS_PROGRAM: &str = "AUDIT_GUIDE_CONFIGURES";
    // A process has one configuration, and the other tests have theirs, so this one starts itself as a program.
    if std::env::var_os(AS_PROGRAM).is_some() {
        return configured();
    }
    let started = |enabled| {
        let mut program = std::process::Command::new(std::env::current_exe()?);
        program.args([
            "--exact",
            "operations::a_wrong_value_is_found_when_the_program_starts",
        ]);
        program.env(AS_PROGRAM, "").env("AUDIT_ENABLED", enabled);
        program.output()
    };
    let right = started("false")?;
    let said = String::from_utf8_lossy(&right.stdout);
    assert!(
        right.status.success() && said.contains("1 passed"),
        "{said}"
    );
    let wrong = started("perhaps")?;
    let said = String::from_utf8_lossy(&wrong.stdout);
    assert!(
        !wrong.status.success() && said.contains("AUDIT_ENABLED"),
        "{said}"
    );
    Ok(())
}

fn configured() -> crate::Outcome {
    configure::configure()?;
    assert!(
        !AuditConfig::current()?.get_enabled(),
        "as the environment says"
    );
    assert!(
        configure::configure().is_err(),
        "a second configuration is refused"
    );
    Ok(())
}

#[tokio::test]
async fn a_server_ends_with_all_events_written() -> crate::Outcome {
    let db = crate::bakery().await?;
    let reporter = EventReporter::new(&db);
    let names = counters::counters(&Tripwire::new(), &reporter).map(|(name, _)| name);
    assert_eq!(names[2], "events_dropped");
    let fails = get(async || StatusCode::INTERNAL_SERVER_ERROR);
    let app = Router::new()
        .route("/", fails)
        .layer(AuditLayer::new(&reporter));
    let answer = app.clone().oneshot(Request::new(Body::empty())).await?;
    drop(answer);

    // The only connection is taken for a while, so the event has to wait for it.
    let transaction = db.begin().await?;
    let is_free = Arc::new(AtomicBool::new(false));
    let freed = Arc::clone(&is_free);
    let other = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(200)).await;
        freed.store(true, Ordering::SeqCst);
        transaction.rollback().await
    });

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let shutdown = Shutdown::when(async {});
    serve::serve(app, listener, shutdown, &reporter).await?;
    assert!(is_free.load(Ordering::SeqCst), "it waited for the event");
    other.await??;
    assert_eq!(
        counters::counters(&Tripwire::new(), &reporter)[2..],
        [("events_dropped", 0), ("events_failed", 0)]
    );
    let events = system_event::Entity::find().all(&db).await?;
    assert_eq!(events.len(), 1, "{events:?}");
    Ok(())
}
