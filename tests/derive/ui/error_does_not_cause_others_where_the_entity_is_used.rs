use audit_sea_orm::Audited;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Audited)]
#[sea_orm(table_name = "cake")]
#[audited(colour)]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    pub name: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

async fn bake(db: &DatabaseConnection) -> Result<Model, DbErr> {
    let table = <Entity as Audited>::audit_table();
    let cake = ActiveModel {
        name: sea_orm::Set(table),
        ..Default::default()
    };
    cake.insert(db).await
}

fn main() {
    let _ = bake;
}
