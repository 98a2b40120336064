//! Secrets: what is masked or skipped stands nowhere in the trail, down to the bytes of the database file.

use audit_sea_orm::prelude::*;
use audit_web::{AuditLayer, EventReporter, trace::AuditTraceLayer};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, ModelTrait, Set,
    TransactionTrait,
};
use tower::{Layer, ServiceExt, service_fn};
use tracing::instrument::WithSubscriber;
use tracing_subscriber::{
    filter::filter_fn,
    layer::{Layer as _, SubscriberExt},
};

use crate::{Outcome, Test, entity::cake};

const CANARY: &[u8] = b"CANARY";

/// Writes, failures and events of all kinds, each with secrets in hand.
async fn handle_secrets(t: &Test) -> Outcome {
    for round in 0..20 {
        let name = format!("cake {round}");
        let cake = cake::named(&name).audited_insert(&t.db).await?;
        let mut edit = cake.clone().into_active_model();
        edit.secret_recipe = Set(format!("CANARY recipe {round}"));
        edit.draft = Set(format!("CANARY draft {round}"));
        edit.price = Set(round);
        let cake = edit.update(&t.db).await?;
        cake::named(&name)
            .insert(&t.db)
            .await
            .expect_err("the name is taken");

        let transaction = t.db.begin().await?;
        cake.clone().delete(&transaction).await?;
        transaction.rollback().await?;
        AuditEvent::view(&cake)
            .change("secret_recipe", "CANARY old", "CANARY new")
            .change("draft", "CANARY old", "CANARY new")
            .record(&t.db)
            .await?;
        cake.delete(&t.db).await?;
    }
    Ok(())
}

/// No table of the trail holds a secret.
pub async fn no_secret_stands_in_the_trail(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    handle_secrets(t).await?;
    let records = t.records().await?;
    assert!(records.len() >= 80, "{}", records.len());
    let text = serde_json::to_string(&records)?;
    assert!(text.contains("***") && !text.contains("CANARY"), "{text}");
    // The application's own table held them all. With it gone, nothing of the database does: this looks into
    // the file itself, where there is one.
    t.db.execute_unprepared("DROP TABLE cake").await?;
    if let Some(folder) = t.isolated.folder() {
        t.db.execute_unprepared("VACUUM").await?;
        t.db.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)")
            .await?;
        for entry in std::fs::read_dir(folder)? {
            let bytes = std::fs::read(entry?.path())?;
            assert!(!bytes.windows(CANARY.len()).any(|window| window == CANARY));
        }
    }
    Ok(())
}

/// Writes that databases refuse with an error that quotes what was to be written.
async fn refused(t: &Test) -> Result<Vec<DbErr>, DbErr> {
    t.db.execute_unprepared("CREATE UNIQUE INDEX one_recipe ON cake (secret_recipe)")
        .await?;
    let cake = cake::named("first").insert(&t.db).await?;
    let mut errors = Vec::new();
    let mut refused = |result: Result<(), DbErr>| errors.extend(result.err());
    refused(cake::named("second").insert(&t.db).await.map(drop));
    let mut edit = cake.into_active_model();
    edit.name = Set("CANARY".repeat(100));
    refused(edit.update(&t.db).await.map(drop));
    for sql in [
        "UPDATE cake SET price = 'CANARY text'",
        "UPDATE cake SET secret_recipe = 'CANARY text', price = NULL",
        "INSERT INTO cake SELECT * FROM cake WHERE secret_recipe = 'CANARY",
    ] {
        refused(t.db.execute_unprepared(sql).await.map(drop));
    }
    Ok(errors)
}

#[expect(clippy::panic, reason = "what is tested")]
async fn fail_with(error: DbErr) -> Result<axum::response::Response, std::convert::Infallible> {
    tracing::error!(%error, "refused");
    tracing::error!(?error, "refused in detail");
    tracing::error!("refused: {error}");
    panic!("{:?}", Err::<(), _>(error));
}

/// What an application logs, reports or panics with may be a database's error, which quotes the value that it refuses.
pub async fn errors_that_quote_a_secret_leave_none(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let errors = refused(t).await?;
    assert!(errors.len() >= 3, "{errors:?}");
    let reporter = EventReporter::new(&t.db).collapse_within(std::time::Duration::ZERO);
    // sqlx warns of a pool that is slow, as it is on a busy machine.
    let others = filter_fn(|metadata| !metadata.target().starts_with("sqlx"));
    let layer = AuditTraceLayer::new(&reporter).with_filter(others);
    let subscriber = tracing_subscriber::registry().with(layer);
    let dispatch = tracing::Dispatch::new(subscriber);
    for error in &errors {
        SystemEvent::error(error.to_string())
            .description(format!("{error:?}"))
            .record(&t.db)
            .await?;
        LoginAttempt::failed("ada")
            .reason(error.to_string())
            .record(&t.db)
            .await?;
        let error = error.clone();
        let service =
            AuditLayer::new(&reporter).layer(service_fn(move |_| fail_with(error.clone())));
        let request = axum::extract::Request::new(axum::body::Body::empty());
        service
            .oneshot(request)
            .with_subscriber(dispatch.clone())
            .await?;
    }
    reporter.flush().await;
    let events = system_event::Entity::find().all(&t.db).await?;
    assert_eq!(events.len(), errors.len() * 5);
    let attempts = login_attempt::Entity::find().all(&t.db).await?;
    let text = format!("{events:?}{attempts:?}");
    assert!(text.contains("***"), "{text}");
    let canary = text
        .find("CANARY")
        .map(|at| &text[at.saturating_sub(200)..]);
    assert_eq!(canary, None);
    Ok(())
}
