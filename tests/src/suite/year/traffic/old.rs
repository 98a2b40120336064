//! What the first release writes.

use sea_orm::{
    ActiveModelTrait, ActiveValue::Unchanged, ConnectionTrait, DbErr, IntoActiveModel, ModelTrait,
    Set, prelude::Decimal,
};

use crate::suite::year::seed;

/// Minutes, as `film.length` holds them.
const LENGTH: i16 = 90;

alike!(old);

/// Moves somebody in.
pub(super) async fn address<C: ConnectionTrait>(db: &C, n: i32) -> Result<(), DbErr> {
    let address = entities::address::ActiveModel {
        address: Set(format!("{n} Low Street")),
        district: Set("New Town".to_owned()),
        city_id: Set(1),
        phone: Set(format!("+2 {n}")),
        ..Default::default()
    };
    address.insert(db).await.map(drop)
}

pub(super) async fn category<C: ConnectionTrait>(db: &C, n: i32) -> Result<(), DbErr> {
    let category = entities::category::ActiveModel {
        category_id: Unchanged(1 + n % seed::CATEGORIES),
        name: Set(format!("Old category {n}")),
        ..Default::default()
    };
    category.update(db).await.map(drop)
}

/// A customer of either release, by the columns that this one knows.
pub(super) async fn customer<C: ConnectionTrait>(db: &C, n: i32) -> Result<(), DbErr> {
    let customer = entities::customer::ActiveModel {
        customer_id: Unchanged(1 + n % seed::CUSTOMERS),
        email: Set(Some(format!("old{n}@example.org"))),
        ..Default::default()
    };
    customer.update(db).await.map(drop)
}

pub(super) async fn staff<C: ConnectionTrait>(db: &C, n: i32) -> Result<(), DbErr> {
    let staff = entities::staff::ActiveModel {
        staff_id: Unchanged(1 + n % 2),
        picture: Set(Some(n.to_be_bytes().to_vec())),
        ..Default::default()
    };
    staff.update(db).await.map(drop)
}

/// Sets its time as well: where an update leaves a row as it is, the triggers of MariaDB and MySQL see a new time of an
/// `ON UPDATE CURRENT_TIMESTAMP`, which the row never gets.
pub(super) async fn store<C: ConnectionTrait>(db: &C, n: i32) -> Result<(), DbErr> {
    let store = entities::store::ActiveModel {
        store_id: Unchanged(1 + n % seed::STORES),
        address_id: Set(1 + n % 8),
        last_update: Set(seed::date(n)),
        ..Default::default()
    };
    store.update(db).await.map(drop)
}
