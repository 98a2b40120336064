//! A pie: another entity, whose keys equal those of cakes.

use sea_orm::entity::prelude::*;

/// A pie.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
#[sea_orm(table_name = "pie")]
pub struct Model {
    /// The key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// The price, in cents.
    pub price: i32,
    /// How many are there.
    pub stock: i32,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
