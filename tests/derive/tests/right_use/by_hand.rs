//! Without the derive: every item of the trait has a default.

use audit_sea_orm::{Audited, Capture, FieldPolicy};

mod cake {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "cake")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod bakery {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "bakery")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Audited for cake::Entity {}

impl Audited for bakery::Entity {
    fn audit_table() -> String {
        "shop.bakery".to_owned()
    }

    fn field_policy(column: bakery::Column) -> FieldPolicy {
        match column {
            bakery::Column::Id => FieldPolicy::Record,
            bakery::Column::Name => FieldPolicy::Mask,
        }
    }

    fn object_repr(bakery: &bakery::Model) -> String {
        format!("bakery no. {}", bakery.id)
    }

    fn capture() -> Capture {
        Capture::Triggers
    }

    fn former_tables() -> &'static [&'static str] {
        &["patisserie"]
    }

    fn former_columns(column: bakery::Column) -> &'static [&'static str] {
        match column {
            bakery::Column::Id => &[],
            bakery::Column::Name => &["title"],
        }
    }
}

#[test]
fn an_implementation_by_hand() {
    assert_eq!(cake::Entity::audit_table(), "cake");
    assert_eq!(
        cake::Entity::field_policy(cake::Column::Name),
        FieldPolicy::Record
    );
    assert!(cake::Entity::former_tables().is_empty());
    assert!(cake::Entity::former_columns(cake::Column::Name).is_empty());
    assert_eq!(bakery::Entity::audit_table(), "shop.bakery");
    assert_eq!(
        bakery::Entity::field_policy(bakery::Column::Name),
        FieldPolicy::Mask
    );
}
