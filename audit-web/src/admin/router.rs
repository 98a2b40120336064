use std::sync::Arc;

use audit_sea_orm::entity::{audit_log, data_export, login_attempt, system_event};
use axum::{
    Router,
    extract::{OriginalUri, Request},
    middleware::Next,
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{self, CACHE_CONTROL, LOCATION},
};

use super::{
    Authorize, admitted::admit, api, asset, dashboard, delete, detail, export, failure::Failure,
    history, list, listed::Listed, request, resolve, settings::Shared, timeline, undo,
};

pub(super) fn router<A, S>(shared: Arc<Shared>, authorizer: A) -> Router<S>
where
    A: Authorize,
    S: Clone + Send + Sync + 'static,
{
    let guarded = Router::new()
        .route("/", get(root))
        .route("/dashboard", get(dashboard::page))
        .route("/history", get(history::page))
        .route("/request", get(request::request))
        .route("/transaction", get(request::transaction))
        .route("/timeline", get(timeline::page))
        .route("/undo", get(undo::show).post(undo::run))
        .route("/events/resolve", post(resolve::resolve))
        .route("/api/summary", get(api::summary))
        .route("/api/history", get(api::history))
        .route("/api/request", get(api::request))
        .route("/api/transaction", get(api::transaction))
        .route("/api/openapi.json", get(api::openapi))
        .merge(table::<audit_log::Entity>())
        .merge(table::<login_attempt::Entity>())
        .merge(table::<data_export::Entity>())
        .merge(table::<system_event::Entity>())
        .fallback(async || Failure::not_found("There is no such page here."))
        .method_not_allowed_fallback(async || Failure::method_not_allowed())
        .layer(from_fn_with_state(
            (Arc::clone(&shared), authorizer),
            admit::<A>,
        ));
    Router::new()
        // Before the door: the page that refuses somebody has its looks too.
        .route("/assets/{file}", get(asset::serve))
        .merge(guarded)
        .layer(from_fn(protect))
        .with_state(shared)
}

/// The routes of one table: its list, a row, deletion, exports, and the API's.
fn table<E: Listed>() -> Router<Arc<Shared>> {
    let path = |end: &str| format!("/{}{end}", E::SLUG);
    Router::new()
        .route(&path(""), get(list::page::<E>))
        .route(&path("/{id}"), get(detail::page::<E>))
        .route(&path("/delete"), post(delete::delete::<E>))
        .route(&path("/export.csv"), get(export::csv::<E>))
        .route(&path("/export.jsonl"), get(export::json_lines::<E>))
        .route(&format!("/api/{}", E::SLUG), get(api::list::<E>))
        .route(&format!("/api/{}/{{id}}", E::SLUG), get(api::detail::<E>))
}

/// Where the admin is mounted, a browser asks for `/audit`: what is relative to it begins beside it.
async fn root(OriginalUri(uri): OriginalUri) -> Response {
    let last = uri.path().rsplit('/').next().unwrap_or_default();
    let place = match last {
        "" => "dashboard".to_owned(),
        last => format!("{last}/dashboard"),
    };
    // OK because a part of a path that came in a request fits into a header.
    let place = HeaderValue::try_from(place).unwrap_or(HeaderValue::from_static("dashboard"));
    (StatusCode::SEE_OTHER, [(LOCATION, place)]).into_response()
}

const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";

/// Sets the headers that every answer has.
async fn protect(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
