//! The cakes: what hooks record by themselves. No handler here says who did it, or writes a record of a change.

use audit_sea_orm::prelude::*;
use audit_web::ViewRecorder;
use axum::{
    Form,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseConnection, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, Set,
};
use serde::Deserialize;

use crate::{
    entity::{baker, cake, order_line},
    error::{AppError, AppResult},
    login::User,
    pages::{self, Answer},
};

#[derive(Deserialize)]
pub struct Typed {
    name: String,
    price: String,
    secret_recipe: String,
}

impl Typed {
    fn name(&self) -> AppResult<String> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
            return Err(AppError::Invalid(
                "A cake has a name of up to 100 characters.".to_owned(),
            ));
        }
        Ok(name.to_owned())
    }

    /// Cents, of `4`, `4.8` or `4.80`.
    fn price(&self) -> AppResult<i32> {
        let invalid =
            || AppError::Invalid("A price looks like 4.80, and is at most 10000.".to_owned());
        let (euros, cents) = self
            .price
            .trim()
            .split_once('.')
            .unwrap_or((self.price.trim(), ""));
        let digits =
            |text: &str, most| text.len() <= most && text.bytes().all(|b| b.is_ascii_digit());
        if euros.is_empty() || !digits(euros, 4) || !digits(cents, 2) {
            return Err(invalid());
        }
        format!("{euros}{cents:0<2}").parse().map_err(|_| invalid())
    }
}

pub async fn list(user: User, State(db): State<DatabaseConnection>) -> AppResult<Response> {
    let cakes = cake::Entity::find()
        .find_also_related(baker::Entity)
        .order_by_asc(cake::Column::Name)
        .all(&db)
        .await?;
    pages::Cakes {
        user: Some(user.name),
        cakes,
    }
    .ok()
}

pub async fn show(
    user: User,
    views: ViewRecorder,
    Path(id): Path<i32>,
    State(db): State<DatabaseConnection>,
) -> AppResult<impl IntoResponse> {
    let cake = find(id, &db).await?;
    let history = audit_log::Entity::for_object(&cake)
        .newest_first()
        .page(&db, 20)
        .await?
        .rows;
    let viewed = views.of(&cake);
    let page = pages::Cake {
        user: Some(user.name),
        cake,
        history,
    }
    .ok()?;
    // Recorded before it is sent: nobody sees what the trail does not know.
    Ok((viewed, page))
}

pub async fn new(user: User) -> AppResult<Response> {
    pages::NewCake {
        user: Some(user.name),
    }
    .ok()
}

pub async fn create(
    user: User,
    State(db): State<DatabaseConnection>,
    Form(typed): Form<Typed>,
) -> AppResult<Redirect> {
    let cake = cake::ActiveModel {
        name: Set(typed.name()?),
        price: Set(typed.price()?),
        secret_recipe: Set(typed.secret_recipe),
        baker_id: Set(user.id),
        ..Default::default()
    };
    let cake = cake.audited_insert(&db).await?;
    Ok(Redirect::to(&format!("/cakes/{}", cake.id)))
}

pub async fn edit(
    _: User,
    Path(id): Path<i32>,
    State(db): State<DatabaseConnection>,
    Form(typed): Form<Typed>,
) -> AppResult<Redirect> {
    let mut cake = find(id, &db).await?.into_active_model();
    cake.name.set_if_not_equals(typed.name()?);
    cake.price.set_if_not_equals(typed.price()?);
    // The page does not show the recipe: nothing typed means nothing new.
    if !typed.secret_recipe.is_empty() {
        cake.secret_recipe.set_if_not_equals(typed.secret_recipe);
    }
    if cake.is_changed() {
        cake.audited_update(&db).await?;
    }
    Ok(Redirect::to(&format!("/cakes/{id}")))
}

pub async fn delete(
    _: User,
    Path(id): Path<i32>,
    State(db): State<DatabaseConnection>,
) -> AppResult<Redirect> {
    let cake = find(id, &db).await?;
    let lines = order_line::Entity::find().filter(order_line::Column::CakeId.eq(id));
    if lines.count(&db).await? > 0 {
        let why = format!(
            "{} stands in an order, and stays until that is gone.",
            cake.name
        );
        return Err(AppError::Invalid(why));
    }
    cake.into_active_model().audited_delete(&db).await?;
    Ok(Redirect::to("/cakes"))
}

async fn find(id: i32, db: &DatabaseConnection) -> AppResult<cake::Model> {
    cake::Entity::find_by_id(id)
        .one(db)
        .await?
        .ok_or(AppError::NotFound)
}
