//! An author: a dense entity with books.

use sea_orm::entity::prelude::*;

/// An author.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
#[sea_orm(table_name = "author")]
pub struct Model {
    /// The key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The name.
    pub name: String,
    /// The books.
    #[sea_orm(has_many)]
    pub books: HasMany<super::book::Entity>,
}
