//! What the API is made of, as sea-orm-cli writes it with `--seaography`, and one line more: triggers record its changes.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
#[sea_orm(table_name = "cake")]
// seaography updates and deletes by statements that run no hooks.
#[audited(capture = "triggers")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    #[sea_orm(unique)]
    pub name: String,
    pub price: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelatedEntity)]
pub enum RelatedEntity {}
