use askama::Template;
use axum::{
    Json,
    response::{Html, IntoResponse, Response},
};
use http::StatusCode;
use sea_orm::DbErr;
use serde_json::json;

use super::layout::Layout;

/// Why there is no page. Travels in the response's extensions to where it is known how to show it.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    status: StatusCode,
    message: String,
}

impl Failure {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
        }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// A write that breaks a constraint, so that the database took none of its transaction.
    pub(super) fn refused(error: DbErr) -> Self {
        if error.sql_err().is_none() {
            return error.into();
        }
        tracing::warn!(error = %error, "the database refused an undo of the audit admin");
        Self::new(
            StatusCode::CONFLICT,
            "The database refused a write, so nothing was written. The application's log says why.",
        )
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "This address does not answer that kind of request.",
        )
    }

    /// As a page, or as JSON for the API.
    pub(super) fn show(&self, layout: Layout, is_api: bool) -> Response {
        if is_api {
            return (self.status, Json(json!({"error": self.message}))).into_response();
        }
        let page = ErrorPage {
            layout,
            status: self.status.as_u16(),
            reason: self.status.canonical_reason().unwrap_or("Error"),
            message: &self.message,
        };
        match page.render() {
            Ok(html) => (self.status, Html(html)).into_response(),
            Err(_) => self.status.into_response(),
        }
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    layout: Layout,
    status: u16,
    reason: &'a str,
    message: &'a str,
}

impl From<DbErr> for Failure {
    /// What the database said is for the operator, not for the browser.
    fn from(error: DbErr) -> Self {
        tracing::error!(error = %error, "the audit admin could not read or write the trail");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The database did not answer. The application's log says why.",
        )
    }
}

impl From<askama::Error> for Failure {
    fn from(error: askama::Error) -> Self {
        tracing::error!(error = %error, "the audit admin could not render a page");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The page could not be shown. The application's log says why.",
        )
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
