use audit_sea_orm::Audited;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Audited)]
#[sea_orm(table_name = "cake")]
#[audited(redact("name"), capture = "magic")]
pub struct Model {
    #[sea_orm(primary_key)]
    #[audited(skip)]
    pub id: i32,
    #[audited(masked)]
    pub name: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

fn main() {}
