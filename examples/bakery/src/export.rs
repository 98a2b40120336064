//! Data that leaves the shop. No hook sees that, so the handler reports it.

use audit_sea_orm::prelude::*;
use axum::{
    extract::{Query, State},
    http::header,
    response::IntoResponse,
};
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder};
use serde::Deserialize;
use serde_json::json;

use crate::{
    entity::{cake, order, order_line},
    error::AppResult,
    login::User,
};

#[derive(Deserialize)]
pub struct Filter {
    delivered: Option<bool>,
}

/// The orders as a CSV file, a row for each cake.
pub async fn orders(
    _: User,
    Query(filter): Query<Filter>,
    State(db): State<DatabaseConnection>,
) -> AppResult<impl IntoResponse> {
    let mut query = order::Entity::find()
        .find_with_related(order_line::Entity)
        .order_by_asc(order::Column::Id)
        .order_by_asc(order_line::Column::CakeId);
    if let Some(delivered) = filter.delivered {
        query = query.filter(order::Column::IsDelivered.eq(delivered));
    }
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["order", "customer", "cake", "quantity", "delivered"])?;
    let mut records = 0;
    for (order, lines) in query.all(&db).await? {
        for line in lines {
            let cake = cake::Entity::find_by_id(line.cake_id).one(&db).await?;
            let cake = cake.map(|cake| cake.name).unwrap_or_default();
            let (id, quantity) = (order.id.to_string(), line.quantity.to_string());
            let delivered = order.is_delivered.to_string();
            csv.write_record([
                &id,
                &harmless(&order.customer),
                &harmless(&cake),
                &quantity,
                &delivered,
            ])?;
            records += 1;
        }
    }
    let file = csv
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))?;

    // Before the data leaves: what is not on record does not go out.
    DataExport::new("Orders")
        .format("CSV")
        .records(records)
        .bytes(file.len() as u64)
        .filters(json!({ "delivered": filter.delivered }))
        .record(&db)
        .await?;
    let name = "attachment; filename=\"orders.csv\"";
    Ok((
        [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
            (header::CONTENT_DISPOSITION, name),
        ],
        file,
    ))
}

/// A text that no spreadsheet takes for a formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}
