//! What a customer wants, and whether they have it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
#[audited(repr = "customer")]
#[sea_orm(table_name = "cake_order")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub customer: String,
    pub is_delivered: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(has_many = "super::order_line::Entity")]
    OrderLine,
}

impl Related<super::order_line::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::OrderLine.def()
    }
}
