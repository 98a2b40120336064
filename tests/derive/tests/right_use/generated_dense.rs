//! The dense format as `sea-orm-cli` writes it: `#[sea_orm::model]` copies the derive below it to `ModelEx`.

use audit_sea_orm::{Audited, FieldPolicy};

mod cake {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Eq, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "cake")]
    #[audited(mask("password*", "*_token"), skip("updated_at"))]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        #[sea_orm(column_type = "Text")]
        pub name: String,
        pub api_token: String,
        pub bakery_id: Option<i32>,
        #[sea_orm(
            belongs_to,
            from = "bakery_id",
            to = "id",
            on_update = "Cascade",
            on_delete = "SetNull"
        )]
        pub bakery: HasOne<super::bakery::Entity>,
    }
}

mod bakery {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Eq, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "bakery")]
    #[audited(mask("password*", "*_token"), skip("updated_at"))]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        #[sea_orm(has_many)]
        pub cakes: HasMany<super::cake::Entity>,
    }
}

#[test]
fn a_generated_dense_entity() {
    use cake::Column;

    assert_eq!(
        cake::Entity::field_policy(Column::Name),
        FieldPolicy::Record
    );
    assert_eq!(
        cake::Entity::field_policy(Column::ApiToken),
        FieldPolicy::Mask
    );
    assert_eq!(
        bakery::Entity::field_policy(bakery::Column::Id),
        FieldPolicy::Record
    );
}
