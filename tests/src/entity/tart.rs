//! A tart: what a pie is, but recorded by triggers.

use sea_orm::{Set, entity::prelude::*};

/// A tart.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
#[sea_orm(table_name = "tart")]
#[audited(capture = "triggers")]
pub struct Model {
    /// The key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// The price, in cents.
    pub price: i32,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

/// A tart of that key and price.
#[must_use]
pub fn priced(id: i32, price: i32) -> ActiveModel {
    ActiveModel {
        id: Set(id),
        price: Set(price),
    }
}

/// A tart of that key, to be updated to that price.
#[must_use]
pub fn repriced(id: i32, price: i32) -> ActiveModel {
    ActiveModel {
        id: sea_orm::Unchanged(id),
        price: Set(price),
    }
}
