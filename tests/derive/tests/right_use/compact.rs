//! The compact format, with every key.

#![deny(
    warnings,
    missing_docs,
    unused_qualifications,
    reason = "the generated code is clean"
)]

use audit_sea_orm::{Audited, Capture, FieldPolicy};

pub mod cake {
    //! An entity.

    use sea_orm::entity::prelude::*;

    /// A cake.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "cake")]
    #[audited(skip("updated_*", "absent"), table = "shop.cake", capture = "triggers")]
    #[audited(mask("password*", "*_key"), repr = "name")]
    pub struct Model {
        /// Its key, which the pattern `*_key` does not concern.
        #[sea_orm(primary_key)]
        pub cake_key: i32,
        /// Its name.
        pub name: String,
        /// Who bakes it.
        #[audited(skip)]
        pub baker: String,
        /// How it is baked.
        #[audited(mask)]
        pub updated_recipe: Option<String>,
        /// When it was changed.
        pub updated_at: DateTimeUtc,
        /// Who may eat it.
        pub password_hash: String,
    }

    /// None.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

#[test]
fn a_compact_entity() {
    use cake::{Column, Entity, Model};

    assert_eq!(Entity::audit_table(), "shop.cake");
    assert_eq!(Entity::capture(), Capture::Triggers);
    assert_eq!(Entity::field_policy(Column::Name), FieldPolicy::Record);
    assert_eq!(Entity::field_policy(Column::Baker), FieldPolicy::Skip);
    assert_eq!(
        Entity::field_policy(Column::UpdatedRecipe),
        FieldPolicy::Mask
    );
    assert_eq!(Entity::field_policy(Column::UpdatedAt), FieldPolicy::Skip);
    assert_eq!(
        Entity::field_policy(Column::PasswordHash),
        FieldPolicy::Mask
    );

    let cake = Model {
        cake_key: 1,
        name: "Sachertorte".to_owned(),
        baker: String::new(),
        updated_recipe: None,
        updated_at: sea_orm::prelude::DateTimeUtc::default(),
        password_hash: String::new(),
    };
    assert_eq!(Entity::object_repr(&cake), "Sachertorte");
}
