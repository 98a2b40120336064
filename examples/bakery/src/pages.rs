//! The pages: templates of `templates/`, checked when this compiles. No scripts.

use askama::Template;
use audit_sea_orm::prelude::*;
use axum::{
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use crate::{
    entity::{baker, cake, order},
    error::AppResult,
};

/// A page as an answer.
pub trait Answer: Template {
    fn answer(&self, status: StatusCode) -> AppResult<Response> {
        Ok((status, Html(self.render()?)).into_response())
    }

    fn ok(&self) -> AppResult<Response> {
        self.answer(StatusCode::OK)
    }
}
impl<T: Template> Answer for T {}

macro_rules! pages {
    ($($(#[$doc:meta])* $name:ident($path:literal) { $($field:ident: $type:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Template)]
        #[template(path = $path)]
        pub struct $name {
            /// The name of who is logged in.
            pub user: Option<String>,
            $(pub $field: $type),*
        }
    )*};
}

pages! {
    Login("login.html") { error: Option<&'static str> }
    Cakes("cakes.html") { cakes: Vec<(cake::Model, Option<baker::Model>)> }
    Cake("cake.html") { cake: cake::Model, history: Vec<audit_log::Model> }
    NewCake("new_cake.html") {}
    Orders("orders.html") { orders: Vec<order::Model> }
    Order("order.html") { order: order::Model, lines: Vec<(cake::Model, i32)>, history: Vec<audit_log::Model> }
    NewOrder("new_order.html") { cakes: Vec<cake::Model> }
    Faults("faults.html") {}
    Trouble("trouble.html") { message: String }
}

/// Cents as people write them.
pub fn money(cents: &i32) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// A value of a record as people write it.
pub fn plain(value: Option<&serde_json::Value>) -> String {
    match value {
        None => String::new(),
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// The style sheet.
pub async fn style() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/css")],
        include_str!("../templates/style.css"),
    )
}
