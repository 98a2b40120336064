//! What the bakery sells: an entity whose changes triggers record, so that all of loco may write it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
#[sea_orm(table_name = "cakes")]
#[audited(capture = "triggers")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub name: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
