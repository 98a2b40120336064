use audit_sea_orm::prelude::*;
use audit_web::{AuditLayer, ViewRecorder};
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::IntoResponse,
    routing::get,
};
use sea_orm::{ActiveModelTrait, ConnectionTrait, DatabaseConnection, EntityTrait};

use super::reporter;
use crate::{
    Outcome, Test,
    entity::cake,
    http::{Server, events, titles},
};

async fn show(
    views: ViewRecorder,
    State(db): State<DatabaseConnection>,
    Path((id, status)): Path<(i32, u16)>,
) -> Result<impl IntoResponse, StatusCode> {
    AuditContext::set_actor(Actor::new("ada"));
    let cake = cake::Entity::find_by_id(id).one(&db).await;
    let cake = cake.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let cake = cake.ok_or(StatusCode::NOT_FOUND)?;
    let status = StatusCode::from_u16(status).map_err(|_| StatusCode::BAD_REQUEST)?;
    Ok((status, views.of(&cake), cake.name))
}

async fn list(views: ViewRecorder, State(db): State<DatabaseConnection>) -> impl IntoResponse {
    let cakes = cake::Entity::find().all(&db).await.unwrap_or_default();
    (views.all(&cakes), cakes.len().to_string())
}

async fn served(
    t: &Test,
    layer: &AuditLayer,
) -> Result<Server, Box<dyn std::error::Error + Send + Sync>> {
    t.create_table(cake::Entity).await?;
    AuditContext::unaudited("fixture", async {
        cake::named("tart").insert(&t.db).await?;
        cake::named("pie").insert(&t.db).await
    })
    .await?;
    let router = Router::new()
        .route("/cakes/{id}/{status}", get(show))
        .route("/cakes", get(list))
        .layer(layer.clone())
        .route("/unlayered", get(list))
        .with_state(t.db.clone());
    Ok(Server::start(router).await?)
}

/// What a success shows is recorded before it is sent; what a failure would have shown is not.
pub async fn views_are_recorded_with_a_success(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let server = served(t, &AuditLayer::new(&reporter)).await?;
    let client = server.client();
    let answer = client.get("/cakes/1/200").await?;
    assert_eq!(
        (answer.status, &answer.body[..]),
        (StatusCode::OK, &b"tart"[..])
    );
    let record = t.only_record().await?;
    assert_eq!(
        (record.action.as_str(), record.table_name.as_deref()),
        ("VIEW", Some("cake"))
    );
    assert_eq!(
        (record.object_id.as_deref(), record.object_repr.as_deref()),
        (Some("1"), Some("tart"))
    );
    assert_eq!(record.actor_id.as_deref(), Some("ada"));
    assert_eq!(record.module.as_deref(), Some("GET /cakes/{id}/{status}"));

    for path in ["/cakes/1/404", "/cakes/1/302", "/cakes/9/200"] {
        client.get(path).await?;
    }
    assert_eq!(t.records().await?.len(), 1);
    assert_eq!(client.get("/cakes").await?.body, "2");
    let viewed: Vec<_> = t
        .records()
        .await?
        .into_iter()
        .skip(1)
        .map(|record| record.object_id)
        .collect();
    assert_eq!(viewed, ["1", "2"].map(|id| Some(id.to_owned())));

    assert_eq!(
        client.get("/unlayered").await?.status,
        StatusCode::INTERNAL_SERVER_ERROR
    );
    assert_eq!(
        titles(&events(t, &reporter).await?),
        [],
        "no layer saw that one"
    );
    server.stop().await
}

/// An object whose view cannot be recorded is not shown.
pub async fn what_cannot_be_recorded_is_not_shown(t: &mut Test) -> Outcome {
    let reporter = reporter(t);
    let server = served(t, &AuditLayer::new(&reporter)).await?;
    t.db.execute_unprepared("DROP TABLE audit_log").await?;
    let answer = server.client().get("/cakes/1/200").await?;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(answer.body.is_empty());
    server.stop().await?;
    let events = events(t, &reporter).await?;
    let title = "GET /cakes/{id}/{status} could not record a view";
    assert_eq!(titles(&events), [("ERROR", title)]);
    assert_eq!(events[0].actor_id.as_deref(), Some("ada"));
    Ok(())
}
