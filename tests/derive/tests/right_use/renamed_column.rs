//! Lists on the struct speak of columns, attributes on a field of that field, however both are named.

use audit_sea_orm::{Audited, FieldPolicy};

mod cake {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "cake", rename_all = "camelCase")]
    #[audited(mask("pwd", "apiKey"), skip("lastBite*"))]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        #[sea_orm(column_name = "pwd")]
        pub password: String,
        pub api_key: String,
        pub last_bite_at: i64,
        #[sea_orm(enum_name = "Rezept", column_type = "Text")]
        #[audited(mask)]
        pub recipe: String,
        #[sea_orm(ignore)]
        pub is_eaten: bool,
        #[sea_orm(ignore)]
        pub last_bite_by: String,
        #[sea_orm(ignore, column_name = "vector", select_as = "text")]
        #[audited(skip)]
        pub full_text: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

#[test]
fn renamed_columns() {
    use cake::{Column, Entity};

    assert_eq!(Entity::field_policy(Column::Password), FieldPolicy::Mask);
    assert_eq!(Entity::field_policy(Column::ApiKey), FieldPolicy::Mask);
    assert_eq!(Entity::field_policy(Column::LastBiteAt), FieldPolicy::Skip);
    assert_eq!(Entity::field_policy(Column::Rezept), FieldPolicy::Mask);
    assert_eq!(Entity::ignored_columns(), ["lastBiteBy", "vector"]);
}
