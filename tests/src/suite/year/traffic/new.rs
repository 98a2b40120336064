//! What the last release writes.

use sea_orm::{
    ActiveModelTrait, ActiveValue::Unchanged, ConnectionTrait, DbErr, IntoActiveModel, ModelTrait,
    Set, prelude::Decimal,
};

use crate::suite::year::seed;

/// More minutes than the column held before.
const LENGTH: i32 = 40_000;

alike!(new);

/// Moves somebody in, whose number stands in a table of its own.
pub(super) async fn address<C: ConnectionTrait>(db: &C, n: i32) -> Result<(), DbErr> {
    let address = entities::address::ActiveModel {
        address: Set(format!("{n} Middle Street")),
        district: Set("New Town".to_owned()),
        city_id: Set(1),
        ..Default::default()
    };
    let phone = entities::phone::ActiveModel {
        address_id: Set(address.insert(db).await?.address_id),
        number: Set(format!("+3 {n}")),
        ..Default::default()
    };
    phone.insert(db).await.map(drop)
}

pub(super) async fn category<C: ConnectionTrait>(db: &C, n: i32) -> Result<(), DbErr> {
    let category = entities::category::ActiveModel {
        category_id: Unchanged(1 + n % seed::CATEGORIES),
        label: Set(format!("New category {n}")),
        ..Default::default()
    };
    category.update(db).await.map(drop)
}

pub(super) async fn customer<C: ConnectionTrait>(db: &C, n: i32) -> Result<(), DbErr> {
    let customer = entities::customer::ActiveModel {
        customer_id: Unchanged(1 + n % seed::CUSTOMERS),
        loyalty_points: Set(Some(n)),
        ..Default::default()
    };
    customer.update(db).await.map(drop)
}

pub(super) async fn review<C: ConnectionTrait>(db: &C, n: i32) -> Result<(), DbErr> {
    let review = entities::review::ActiveModel {
        film_id: Set(1 + n % seed::FILMS),
        customer_id: Set(1 + n % seed::CUSTOMERS),
        stars: Set(3),
        body: Set(Some("Not bad".to_owned())),
        ..Default::default()
    };
    let mut review = review.insert(db).await?.into_active_model();
    review.stars = Set(4);
    review.update(db).await.map(drop)
}

pub(super) async fn staff<C: ConnectionTrait>(db: &C, n: i32) -> Result<(), DbErr> {
    let staff = entities::staff::ActiveModel {
        staff_id: Unchanged(1 + n % 2),
        email: Set(Some(format!("clerk{n}@example.org"))),
        ..Default::default()
    };
    staff.update(db).await.map(drop)
}

/// Sets its time as well: where an update leaves a row as it is, the triggers of MariaDB and MySQL see a new time of an
/// `ON UPDATE CURRENT_TIMESTAMP`, which the row never gets.
pub(super) async fn shop<C: ConnectionTrait>(db: &C, n: i32) -> Result<(), DbErr> {
    let shop = entities::shop::ActiveModel {
        store_id: Unchanged(1 + n % seed::STORES),
        address_id: Set(1 + n % 8),
        last_update: Set(seed::date(n)),
        ..Default::default()
    };
    shop.update(db).await.map(drop)
}
