//! The dense format, with the derive above `#[sea_orm::model]`: it runs once, and sees the relations.

use audit_sea_orm::{Audited, FieldPolicy};

mod cake {
    use sea_orm::entity::prelude::*;

    #[derive(audit_sea_orm::Audited)]
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "cake")]
    #[audited(repr = "name")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub name: String,
        #[audited(mask)]
        pub secret_recipe: String,
        pub bakery_id: i32,
        #[sea_orm(belongs_to, from = "bakery_id", to = "id", on_delete = "Cascade")]
        pub bakery: BelongsTo<super::bakery::Entity>,
    }
}

mod bakery {
    use sea_orm::entity::prelude::*;

    #[derive(audit_sea_orm::Audited)]
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "bakery")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        #[sea_orm(has_many)]
        pub cakes: HasMany<super::cake::Entity>,
    }
}

#[test]
fn a_dense_entity() {
    use cake::Column;

    assert_eq!(
        cake::Entity::field_policy(Column::BakeryId),
        FieldPolicy::Record
    );
    assert_eq!(
        cake::Entity::field_policy(Column::SecretRecipe),
        FieldPolicy::Mask
    );
    assert_eq!(bakery::Entity::audit_table(), "bakery");
}
