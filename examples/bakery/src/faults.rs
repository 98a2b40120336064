//! What goes wrong on purpose, to be found in the trail.

use std::time::Duration;

use axum::response::Response;

use crate::{
    error::{AppError, AppResult},
    login::User,
    pages::{self, Answer},
};

pub async fn page(user: User) -> AppResult<Response> {
    pages::Faults {
        user: Some(user.name),
    }
    .ok()
}

/// An answer of 500.
pub async fn fail(_: User) -> AppResult<()> {
    Err(AppError::Oven)
}

/// A bug.
pub async fn panic(_: User) {
    let cakes: [&str; 0] = [];
    let first = cakes.first().expect("there is a cake in the window");
    tracing::info!(first);
}

/// Longer than a request may take.
pub async fn dawdle(user: User) -> AppResult<Response> {
    tokio::time::sleep(Duration::from_secs(6)).await;
    page(user).await
}
