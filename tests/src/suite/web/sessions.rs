//! The session in the trail, of tower-sessions: a digest, of sessions that there are.

use audit_sea_orm::prelude::*;
use audit_web::{AuditLayer, session_digest};
use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    middleware::{Next, from_fn},
    response::Response,
    routing::get,
};
use sea_orm::{ActiveModelTrait, DatabaseConnection};
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};

use super::reporter;
use crate::{
    Outcome, Test,
    entity::cake,
    http::{Answer, Server},
};

/// As the page of `AuditLayer::session_digest` says: a session that is read is one that there is.
async fn read(session: Session, request: Request, next: Next) -> Response {
    let _is_read = session.get_value("user").await;
    next.run(request).await
}

fn failed<E>(_: E) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

/// Makes the session, as the page of `session_digest` says, and a record.
async fn enter(session: Session, State(db): State<DatabaseConnection>) -> Result<(), StatusCode> {
    session.insert("user", 42).await.map_err(failed)?;
    session.save().await.map_err(failed)?;
    let id = session.id().ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
    AuditContext::set_session_id(session_digest(&id.to_string()));
    bake(State(db)).await
}

async fn bake(State(db): State<DatabaseConnection>) -> Result<(), StatusCode> {
    let name = AuditContext::current().request_id.unwrap_or_default();
    let cake = cake::named(&name).insert(&db).await;
    cake.map(drop).map_err(failed)
}

/// The id in a cookie that an answer sets.
fn id(answer: &Answer) -> Option<&str> {
    let cookie = answer.headers.get("set-cookie")?.to_str().ok()?;
    let (_, id) = cookie.split(';').next()?.split_once('=')?;
    Some(id)
}

/// The session of each record is the digest of the session's id, in the request that makes it too; a cookie that somebody made
/// up is no session.
pub async fn a_session_is_a_digest_from_its_first_request_on(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let layer = AuditLayer::new(reporter(t))
        .session_digest(|parts| Some(parts.extensions.get::<Session>()?.id()?.to_string()));
    let router = Router::new()
        .route("/enter", get(enter))
        .route("/bake", get(bake))
        .layer(layer)
        .layer(from_fn(read))
        .layer(SessionManagerLayer::new(MemoryStore::default()))
        .with_state(t.db.clone());
    let server = Server::start(router).await?;
    let client = server.client();
    let made_up = b"id=AAAAAAAAAAAAAAAAAAAAAA";
    client.get("/bake").await?;
    client.send("GET", "/bake", &[("cookie", made_up)]).await?;
    let entered = client.send("GET", "/enter", &[("cookie", made_up)]).await?;
    let id = id(&entered).ok_or("a session")?;
    assert_ne!(id.as_bytes(), &made_up[3..]);
    let cookie = format!("id={id}");
    let known = [("cookie", cookie.as_bytes())];
    client.send("GET", "/bake", &known).await?;
    server.stop().await?;

    let records = t.records().await?.into_iter();
    let sessions: Vec<_> = records.map(|record| record.session_id).collect();
    let digest = Some(session_digest(id));
    assert_eq!(sessions, [None, None, digest.clone(), digest]);
    assert_eq!(session_digest(id).len(), 32);
    Ok(())
}
