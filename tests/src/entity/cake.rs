//! A cake: a row with something to mask, something to skip and something unique.

use sea_orm::entity::prelude::*;

/// A cake.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
#[sea_orm(table_name = "cake")]
#[audited(mask("secret_*"))]
pub struct Model {
    /// The key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The name; no two cakes share one.
    #[sea_orm(unique)]
    pub name: String,
    /// The price, in cents.
    pub price: i32,
    /// Nothing, for most cakes.
    pub note: Option<String>,
    /// Masked by the pattern on the struct.
    pub secret_recipe: String,
    /// Skipped.
    #[audited(skip)]
    pub draft: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

/// A cake of that name, with secrets.
#[must_use]
pub fn named(name: &str) -> ActiveModel {
    use sea_orm::Set;
    ActiveModel {
        name: Set(name.to_owned()),
        price: Set(250),
        note: Set(None),
        secret_recipe: Set("CANARY-recipe".to_owned()),
        draft: Set("CANARY-draft".to_owned()),
        ..Default::default()
    }
}
