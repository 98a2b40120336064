pub mod cake {
    use audit_sea_orm::Audited;
    use sea_orm::entity::prelude::*;

    #[derive(Audited)]
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "cake")]
    #[audited(repr = "bakery")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub name: String,
        pub bakery_id: i32,
        #[sea_orm(belongs_to, from = "bakery_id", to = "id")]
        pub bakery: BelongsTo<super::bakery::Entity>,
    }
}

pub mod bakery {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "bakery")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        #[sea_orm(has_many)]
        pub cakes: HasMany<super::cake::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

fn main() {}
