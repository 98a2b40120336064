//! The expanded format, in which everything that the compact one generates is written out.

use audit_sea_orm::{Audited, Capture, FieldPolicy};

mod cake {
    use sea_orm::entity::prelude::*;

    #[derive(Copy, Clone, Default, Debug, DeriveEntity)]
    pub struct Entity;

    impl EntityName for Entity {
        fn schema_name(&self) -> Option<&str> {
            Some("shop")
        }

        fn table_name(&self) -> &'static str {
            "cake"
        }
    }

    #[derive(Clone, Debug, PartialEq, DeriveModel, DeriveActiveModel, audit_sea_orm::Audited)]
    #[audited(mask("secret_*"))]
    pub struct Model {
        pub id: i32,
        pub name: String,
        #[audited(skip)]
        pub updated_at: i64,
        pub secret_recipe: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveColumn)]
    pub enum Column {
        Id,
        Name,
        UpdatedAt,
        SecretRecipe,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DerivePrimaryKey)]
    pub enum PrimaryKey {
        Id,
    }

    impl PrimaryKeyTrait for PrimaryKey {
        type ValueType = i32;

        fn auto_increment() -> bool {
            true
        }
    }

    impl ColumnTrait for Column {
        type EntityName = Entity;

        fn def(&self) -> ColumnDef {
            match self {
                Self::Id => ColumnType::Integer.def(),
                Self::Name | Self::SecretRecipe => ColumnType::Text.def(),
                Self::UpdatedAt => ColumnType::BigInteger.def(),
            }
        }
    }

    #[derive(Copy, Clone, Debug, EnumIter)]
    pub enum Relation {}

    impl RelationTrait for Relation {
        fn def(&self) -> RelationDef {
            panic!("no relation")
        }
    }
}

#[test]
fn an_expanded_entity() {
    use cake::{Column, Entity};

    assert_eq!(Entity::audit_table(), "shop.cake");
    assert_eq!(Entity::capture(), Capture::Hooks);
    assert_eq!(Entity::field_policy(Column::Id), FieldPolicy::Record);
    assert_eq!(Entity::field_policy(Column::Name), FieldPolicy::Record);
    assert_eq!(Entity::field_policy(Column::UpdatedAt), FieldPolicy::Skip);
    assert_eq!(
        Entity::field_policy(Column::SecretRecipe),
        FieldPolicy::Mask
    );
}
