//! The GraphQL API, over HTTP.

use std::sync::LazyLock;

use async_graphql::{Request, Response, ServerError, dynamic::Schema};
use audit_sea_orm::prelude::*;
use audit_web::{AuditLayer, EventReporter};
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, HeaderName, header::AUTHORIZATION, request::Parts},
    middleware::{self, Next},
    routing::post,
};
use sea_orm::{DatabaseConnection, DbErr};
use seaography::{Builder, BuilderContext};

use crate::cake;

#[derive(Clone)]
struct User {
    id: i32,
    name: &'static str,
    company: &'static str,
}

#[derive(Clone)]
struct Api {
    schema: Schema,
    db: DatabaseConnection,
}

/// The application. seaography takes the plain connection, as its types want.
pub fn app(db: &DatabaseConnection, reporter: &EventReporter) -> Router {
    let audit = AuditLayer::new(reporter)
        .resolve_actor(|parts: &Parts| {
            let user = parts.extensions.get::<User>()?;
            Some(Actor::new(user.id).with_name(user.name))
        })
        .resolve_tenant(|parts| Some(parts.extensions.get::<User>()?.company.to_owned()))
        // A gateway in front gives each request its id. Without one, leave the line out: each request gets a new id.
        .trust_request_id_header(HeaderName::from_static("x-request-id"));
    let api = Api {
        schema: schema(db).expect("seaography builds a schema of one entity"),
        db: db.clone(),
    };
    Router::new()
        .route("/graphql", post(graphql))
        .with_state(api)
        .layer(audit)
        .layer(middleware::from_fn(authenticate))
}

fn schema(db: &DatabaseConnection) -> Result<Schema, async_graphql::dynamic::SchemaError> {
    static CONTEXT: LazyLock<BuilderContext> = LazyLock::new(BuilderContext::default);
    let mut builder = Builder::new(&CONTEXT, db.clone());
    seaography::register_entity!(builder, cake);
    builder.schema_builder().data(db.clone()).finish()
}

async fn graphql(State(api): State<Api>, Json(request): Json<Request>) -> Json<Response> {
    let answer = api.schema.execute(request).await;
    for error in &answer.errors {
        report(error, &api.db).await;
    }
    Json(answer)
}

/// GraphQL answers 200 whatever went wrong, so the layer sees no failure. What a client got wrong is not worth an event.
async fn report(error: &ServerError, db: &DatabaseConnection) {
    let Some(cause) = error.source::<DbErr>() else {
        return;
    };
    let event = SystemEvent::error(format!("GraphQL: {cause}"))
        .code("graphql")
        .without_source();
    if let Err(lost) = event.record(db).await {
        eprintln!("an event is lost: {lost}");
    }
}

/// Finds out who calls. Stands for a layer that verifies a token.
async fn authenticate(
    headers: HeaderMap,
    mut request: axum::extract::Request,
    next: Next,
) -> axum::response::Response {
    let token = headers.get(AUTHORIZATION);
    if token.is_some_and(|token| token == "Bearer ada-of-acme") {
        request.extensions_mut().insert(User {
            id: 7,
            name: "Ada",
            company: "acme",
        });
    }
    next.run(request).await
}
