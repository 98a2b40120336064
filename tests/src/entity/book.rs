//! A book: a dense entity that belongs to an author.

use sea_orm::entity::prelude::*;

/// A book.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
#[sea_orm(table_name = "book")]
pub struct Model {
    /// The key.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// The title.
    pub title: String,
    /// The author's key.
    pub author_id: i32,
    /// The author.
    #[sea_orm(belongs_to, from = "author_id", to = "id")]
    pub author: HasOne<super::author::Entity>,
}
