//! Columns whose names are Rust keywords.

use audit_sea_orm::{Audited, FieldPolicy};

mod cake {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "cake")]
    #[audited(skip("match"), repr = "type")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub r#type: String,
        #[audited(mask)]
        pub r#struct: String,
        pub r#match: String,
        #[audited(mask)]
        pub self_: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

#[test]
fn columns_with_raw_identifiers() {
    use cake::{Column, Entity, Model};

    assert_eq!(Entity::field_policy(Column::Type), FieldPolicy::Record);
    assert_eq!(Entity::field_policy(Column::Struct), FieldPolicy::Mask);
    assert_eq!(Entity::field_policy(Column::Match), FieldPolicy::Skip);
    assert_eq!(Entity::field_policy(Column::Self_), FieldPolicy::Mask);

    let cake = Model {
        id: 1,
        r#type: "sweet".to_owned(),
        r#struct: String::new(),
        r#match: String::new(),
        self_: String::new(),
    };
    assert_eq!(Entity::object_repr(&cake), "sweet");
}
