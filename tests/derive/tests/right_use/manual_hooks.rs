//! An entity with hooks of its own, which call ours.

use audit_sea_orm::{Audited, FieldPolicy};

mod cake {
    use audit_sea_orm::hooks;
    use sea_orm::Set;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "cake")]
    #[audited(manual_hooks)]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        #[audited(mask)]
        pub name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    #[async_trait::async_trait]
    impl ActiveModelBehavior for ActiveModel {
        async fn before_save<C>(mut self, db: &C, insert: bool) -> Result<Self, DbErr>
        where
            C: ConnectionTrait,
        {
            self.name = Set("Sachertorte".to_owned());
            hooks::before_save(self, db, insert).await
        }

        async fn after_save<C>(model: Model, db: &C, insert: bool) -> Result<Model, DbErr>
        where
            C: ConnectionTrait,
        {
            hooks::after_save::<Self, C>(model, db, insert).await
        }

        async fn before_delete<C>(self, db: &C) -> Result<Self, DbErr>
        where
            C: ConnectionTrait,
        {
            hooks::before_delete(self, db).await
        }

        async fn after_delete<C>(self, db: &C) -> Result<Self, DbErr>
        where
            C: ConnectionTrait,
        {
            hooks::after_delete(self, db).await
        }
    }
}

#[test]
fn an_entity_with_hooks_of_its_own() {
    assert_eq!(
        cake::Entity::field_policy(cake::Column::Name),
        FieldPolicy::Mask
    );
}
