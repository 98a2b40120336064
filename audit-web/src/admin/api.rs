//! The same lists and details as JSON, for other front ends.

use axum::{Json, extract::Path, response::IntoResponse};
use http::header;
use serde_json::{Value, json};

use super::{
    admitted::Visit,
    dashboard::Window,
    detail,
    failure::Failure,
    history::History,
    listed::Listed,
    page::ListQuery,
    range::Ends,
    request::{Deeds, Unit},
};

/// The description of the API, which the tests compare with what it answers.
const DESCRIPTION: &str = include_str!("openapi.json");

pub(super) async fn list<E: Listed>(visit: Visit) -> Result<Json<Value>, Failure> {
    let db = &visit.shared.db;
    let size = visit.params.read::<u64>("size", "a number of rows")?;
    if size.is_some_and(|size| !(1..=500).contains(&size)) {
        return Err(Failure::bad_request("A page has 1 to 500 rows."));
    }
    let query = ListQuery::<E>::read(&visit, Ends::Near).await?;
    let size = size.unwrap_or(visit.shared.settings.page_size);
    let page = query.page(db, size).await?;
    visit.record_view().await?;
    let rows = page.rows.into_iter().map(E::with_present_names);
    Ok(Json(json!({
        "rows": rows.collect::<Vec<_>>(),
        "older": page.older.map(|cursor| cursor.to_string()),
        "newer": page.newer.map(|cursor| cursor.to_string()),
        "looked_to": page.looked_to,
    })))
}

pub(super) async fn detail<E: Listed>(
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Json<E::Model>, Failure> {
    let row = detail::row::<E>(&visit, &id).await?;
    visit.record_view().await?;
    Ok(Json(E::with_present_names(row)))
}

pub(super) async fn history(visit: Visit) -> Result<Json<Value>, Failure> {
    let history = History::load(&visit).await?;
    visit.record_view().await?;
    let points = history.records.iter().zip(&history.states).rev();
    let points = points.map(|(record, state)| json!({"record": record, "state": state}));
    Ok(Json(json!({
        "table": history.table(),
        "object": history.object.id,
        "points": points.collect::<Vec<_>>(),
        "older": history.older.map(|cursor| cursor.to_string()),
    })))
}

pub(super) async fn request(visit: Visit) -> Result<Json<Value>, Failure> {
    deeds(Unit::Request, &visit).await
}

pub(super) async fn transaction(visit: Visit) -> Result<Json<Value>, Failure> {
    deeds(Unit::Transaction, &visit).await
}

async fn deeds(unit: Unit, visit: &Visit) -> Result<Json<Value>, Failure> {
    let deeds = Deeds::load(unit, visit).await?;
    visit.record_view().await?;
    Ok(Json(json!({
        "id": deeds.id,
        "records": deeds.records,
        "events": deeds.events,
        "newer": deeds.newer.map(|cursor| cursor.to_string()),
    })))
}

pub(super) async fn summary(visit: Visit) -> Result<Json<Value>, Failure> {
    let summary = Window::read(&visit.params)?.summary(&visit.viewer);
    let summary = summary.load(&visit.shared.db).await?;
    visit.record_view().await?;
    Ok(Json(json!({
        "total_actions": summary.total_actions,
        "creates": summary.creates,
        "updates": summary.updates,
        "deletes": summary.deletes,
        "views": summary.views,
        "successful_logins": summary.successful_logins,
        "failed_logins": summary.failed_logins,
        "blocked_logins": summary.blocked_logins,
        "system_errors": summary.system_errors,
        "unresolved_events": summary.unresolved_events,
    })))
}

pub(super) async fn openapi(_visit: Visit) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DESCRIPTION)
}
