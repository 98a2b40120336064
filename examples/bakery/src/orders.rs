//! The orders: several rows in one transaction, whose records come and go with it.

use audit_sea_orm::prelude::*;
use audit_web::ViewRecorder;
use axum::{
    Form,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseConnection, EntityTrait, IntoActiveModel, ModelTrait,
    QueryFilter, QueryOrder, Set,
};
use serde::Deserialize;

use crate::{
    entity::{cake, order, order_line},
    error::{AppError, AppResult},
    login::User,
    pages::{self, Answer},
};

#[derive(Deserialize)]
pub struct Typed {
    customer: String,
    cake_id: i32,
    quantity: i32,
}

pub async fn list(user: User, State(db): State<DatabaseConnection>) -> AppResult<Response> {
    let orders = order::Entity::find()
        .order_by_asc(order::Column::Id)
        .all(&db)
        .await?;
    pages::Orders {
        user: Some(user.name),
        orders,
    }
    .ok()
}

pub async fn show(
    user: User,
    views: ViewRecorder,
    Path(id): Path<i32>,
    State(db): State<DatabaseConnection>,
) -> AppResult<impl IntoResponse> {
    let order = find(id, &db).await?;
    let lines = order
        .find_related(order_line::Entity)
        .find_also_related(cake::Entity)
        .all(&db)
        .await?;
    let lines = lines
        .into_iter()
        .filter_map(|(line, cake)| Some((cake?, line.quantity)))
        .collect();
    let history = audit_log::Entity::for_object(&order)
        .newest_first()
        .page(&db, 20)
        .await?
        .rows;
    let viewed = views.of(&order);
    let page = pages::Order {
        user: Some(user.name),
        order,
        lines,
        history,
    }
    .ok()?;
    // Recorded before it is sent: nobody sees what the trail does not know.
    Ok((viewed, page))
}

pub async fn new(user: User, State(db): State<DatabaseConnection>) -> AppResult<Response> {
    let cakes = cake::Entity::find()
        .order_by_asc(cake::Column::Name)
        .all(&db)
        .await?;
    pages::NewOrder {
        user: Some(user.name),
        cakes,
    }
    .ok()
}

pub async fn create(
    _: User,
    State(db): State<DatabaseConnection>,
    Form(typed): Form<Typed>,
) -> AppResult<Redirect> {
    let customer = typed.customer.trim();
    if customer.is_empty()
        || customer.chars().count() > 100
        || customer.chars().any(char::is_control)
    {
        return Err(AppError::Invalid(
            "A customer has a name of up to 100 characters.".to_owned(),
        ));
    }
    if !(1..=1000).contains(&typed.quantity) {
        return Err(AppError::Invalid(
            "One to a thousand cakes, please.".to_owned(),
        ));
    }
    let transaction = db.begin_write().await?;
    let order = order::ActiveModel {
        customer: Set(customer.to_owned()),
        is_delivered: Set(false),
        ..Default::default()
    };
    let order = order.insert(&transaction).await?;
    if cake::Entity::find_by_id(typed.cake_id)
        .one(&transaction)
        .await?
        .is_none()
    {
        // The transaction is dropped: neither the order nor its record stays.
        return Err(AppError::NotFound);
    }
    let line = order_line::ActiveModel {
        order_id: Set(order.id),
        cake_id: Set(typed.cake_id),
        quantity: Set(typed.quantity),
    };
    line.insert(&transaction).await?;
    transaction.commit().await?;
    Ok(Redirect::to(&format!("/orders/{}", order.id)))
}

pub async fn deliver(
    _: User,
    Path(id): Path<i32>,
    State(db): State<DatabaseConnection>,
) -> AppResult<Redirect> {
    let mut order = find(id, &db).await?.into_active_model();
    order.is_delivered = Set(true);
    order.audited_update(&db).await?;
    Ok(Redirect::to(&format!("/orders/{id}")))
}

pub async fn delete(
    _: User,
    Path(id): Path<i32>,
    State(db): State<DatabaseConnection>,
) -> AppResult<Redirect> {
    let order = find(id, &db).await?;
    let transaction = db.begin_write().await?;
    // One by one: `delete_many` runs no hooks.
    let lines = order_line::Entity::find().filter(order_line::Column::OrderId.eq(id));
    for line in lines.all(&transaction).await? {
        line.delete(&transaction).await?;
    }
    order.delete(&transaction).await?;
    transaction.commit().await?;
    Ok(Redirect::to("/orders"))
}

async fn find(id: i32, db: &DatabaseConnection) -> AppResult<order::Model> {
    order::Entity::find_by_id(id)
        .one(db)
        .await?
        .ok_or(AppError::NotFound)
}
