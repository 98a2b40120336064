include!(concat!(env!("OUT_DIR"), "/context.rs"));

use audit_sea_orm::prelude::*;
use axum::{Extension, Router, body::Body, http::Request, routing::get};
use sea_orm::EntityTrait;
use tower::ServiceExt;

#[tokio::test]
async fn a_record_says_who_acts_and_for_whom() -> crate::Outcome {
    let db = crate::bakery().await?;
    let cake = crate::baked(&db).await?;
    scope::by_support(cake, &db).await?;
    let record = crate::last_record(&db).await?;
    assert_eq!(record.actor_name.as_deref(), Some("Grace of support"));
    assert_eq!(record.on_behalf_of_id.as_deref(), Some("42"));
    assert_eq!(record.tenant_id.as_deref(), Some("acme"));
    Ok(())
}

#[tokio::test]
async fn an_actor_who_is_known_late_is_recorded() -> crate::Outcome {
    let db = crate::bakery().await?;
    assert!(!late::authenticate("token-of-ada").await);
    let request = async {
        assert!(late::authenticate("token-of-ada").await);
        crate::baked(&db).await
    };
    AuditContext::new().scope(request).await?;
    assert_eq!(
        crate::last_record(&db).await?.actor_id.as_deref(),
        Some("ada")
    );
    Ok(())
}

#[tokio::test]
async fn tasks_and_jobs_keep_the_context() -> crate::Outcome {
    let db = crate::bakery().await?;
    let cake = crate::baked(&db).await?;
    let ada = AuditContext::new().actor("ada");
    let cake = ada.clone().scope(spawn::later(cake, db.clone())).await?;
    assert_eq!(
        crate::last_record(&db).await?.actor_id.as_deref(),
        Some("ada")
    );

    let queued = ada.reason("a job").scope_sync(|| job::enqueue(cake.id))?;
    job::run(&queued, |id| {
        assert_eq!(id, cake.id);
        crate::service::raise_price(cake, &db)
    })
    .await??;
    assert_eq!(
        crate::last_record(&db).await?.reason.as_deref(),
        Some("a job")
    );
    Ok(())
}

#[tokio::test]
async fn the_layer_knows_the_user_and_the_tenant() -> crate::Outcome {
    let db = crate::bakery().await?;
    let who = async || {
        let context = AuditContext::current();
        let actor = context.actor.map(|actor| actor.id().to_owned());
        format!(
            "{} of {}",
            actor.unwrap_or_default(),
            context.tenant_id.unwrap_or_default()
        )
    };
    let router = web::audited(Router::new().route("/", get(who)), &db)
        .layer(Extension(web::User { id: 42 }));
    let request = Request::get("/")
        .header("host", "acme.bakery.example")
        .body(Body::empty())?;
    let answer = router.oneshot(request).await?;
    let body = axum::body::to_bytes(answer.into_body(), 100).await?;
    assert_eq!(body, "42 of acme");
    Ok(())
}

#[tokio::test]
async fn a_plain_connection_carries_the_context() -> crate::Outcome {
    let db = plain::connect("sqlite::memory:").await?;
    crate::start::migrator::deploy(&db).await?;
    AuditContext::new()
        .actor("ada")
        .scope(crate::stored(500, &db))
        .await?;
    assert_eq!(
        crate::last_record(&db).await?.actor_id.as_deref(),
        Some("ada")
    );
    Ok(())
}

#[tokio::test]
async fn what_is_skipped_leaves_a_record_without_values() -> crate::Outcome {
    let db = crate::bakery().await?;
    crate::stored(500, &db).await?;
    unaudited::recount(&db).await?;
    let record = crate::last_record(&db).await?;
    assert_eq!(
        (record.action.as_str(), record.new_values),
        ("SKIPPED", None)
    );
    let flour = crate::entity::stock::Entity::find().one(&db).await?;
    assert_eq!(flour.map(|flour| flour.grams), Some(1_000));
    Ok(())
}
