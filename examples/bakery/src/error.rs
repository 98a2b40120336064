//! What a handler reports, and what the client gets to see of it.

use audit_web::login::AuditedBackend;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use sea_orm::DbErr;
use thiserror::Error;

use crate::{
    login::Backend,
    pages::{self, Answer},
};

pub type AppResult<T> = Result<T, AppError>;

#[derive(Debug, Error)]
pub enum AppError {
    #[error("there is no such thing here")]
    NotFound,
    /// What was asked for makes no sense, in words for the one who asked.
    #[error("{0}")]
    Invalid(String),
    #[error("the database failed")]
    Database(#[from] DbErr),
    #[error("the trail failed")]
    Trail(#[from] audit_sea_orm::Error),
    #[error("the session failed")]
    Session(#[from] axum_login::Error<AuditedBackend<Backend>>),
    #[error("the page could not be made")]
    Page(#[from] askama::Error),
    #[error("the file could not be made")]
    Csv(#[from] csv::Error),
    #[error("the oven is out of order")]
    Oven,
}

impl AppError {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let status = self.status();
        let message = if status.is_server_error() {
            // The whole story goes to the log, and from there into the trail; the client gets none of it.
            tracing::error!(error = &self as &dyn std::error::Error, "a request failed");
            "Something went wrong here. It is noted, and somebody will look at it.".to_owned()
        } else {
            self.to_string()
        };
        pages::Trouble {
            user: None,
            message,
        }
        .answer(status)
        .unwrap_or_else(|_| status.into_response())
    }
}
