//! Former names of a table and of its columns, the key's too, beside everything else that may stand there.

use audit_sea_orm::{Audited, FieldPolicy, renames};

mod cake {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "cake", schema_name = "shop")]
    #[audited(renamed("torte", "cake"), repr = "name")]
    pub struct Model {
        #[sea_orm(primary_key)]
        #[audited(renamed("cake_id"))]
        pub id: i32,
        #[sea_orm(column_name = "label")]
        #[audited(renamed("name"))]
        #[audited(renamed("title"))]
        pub name: String,
        #[audited(mask, renamed("recipe"))]
        pub secret_recipe: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

mod crumb {
    use sea_orm::entity::prelude::*;

    // Every column was renamed.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "crumb")]
    pub struct Model {
        #[sea_orm(primary_key)]
        #[audited(renamed("nr"))]
        pub id: i32,
        #[audited(renamed("weight"))]
        pub grams: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

#[test]
fn former_names() {
    use cake::{Column, Entity};

    assert_eq!(Entity::former_tables(), ["torte", "cake"]);
    assert_eq!(Entity::former_columns(Column::Id), ["cake_id"]);
    assert_eq!(Entity::former_columns(Column::Name), ["name", "title"]);
    assert_eq!(Entity::former_columns(Column::SecretRecipe), ["recipe"]);
    assert_eq!(Entity::field_policy(Column::Id), FieldPolicy::Record);
    assert_eq!(Entity::field_policy(Column::Name), FieldPolicy::Record);
    assert_eq!(
        Entity::field_policy(Column::SecretRecipe),
        FieldPolicy::Mask
    );
    assert_eq!(
        crumb::Entity::former_columns(crumb::Column::Grams),
        ["weight"]
    );
    assert!(crumb::Entity::former_tables().is_empty());
}

#[test]
fn a_present_name_is_nobodys_former_one() {
    // Other entities of this program have the table `cake`.
    assert_eq!(renames::tables("shop.cake"), ["shop.cake", "torte"]);
    assert_eq!(renames::table("torte"), "shop.cake");
    assert_eq!(renames::table("cake"), "cake");
}
