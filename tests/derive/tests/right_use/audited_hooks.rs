//! Implementations of `ActiveModelBehavior` to which the library's hooks are added.

macro_rules! entity {
    ($name:ident, $behavior:item) => {
        mod $name {
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
            #[sea_orm(table_name = "audited_hooks")]
            #[audited(manual_hooks)]
            pub struct Model {
                #[sea_orm(primary_key)]
                pub id: i32,
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            $behavior
        }
    };
}

entity! {
    empty,
    #[audit_sea_orm::audited_hooks]
    impl ActiveModelBehavior for ActiveModel {}
}

entity! {
    with_new,
    #[audit_sea_orm::audited_hooks]
    impl ActiveModelBehavior for ActiveModel {
        fn new() -> Self {
            Self { id: sea_orm::Set(7) }
        }
    }
}

entity! {
    with_all,
    #[audit_sea_orm::audited_hooks(crate = "::audit_sea_orm")]
    #[async_trait::async_trait]
    impl ActiveModelBehavior for ActiveModel {
        async fn before_save<D>(self, db: &D, _: bool) -> Result<Self, DbErr>
        where
            D: ConnectionTrait,
        {
            db.execute_unprepared("SELECT 1").await?;
            Ok(self)
        }

        async fn after_save<D>(model: Model, _: &D, insert: bool) -> Result<Model, DbErr>
        where
            D: ConnectionTrait,
        {
            if insert { Ok(model) } else { Err(DbErr::RecordNotUpdated) }
        }

        async fn before_delete<D>(mut self, _db: &D) -> Result<Self, DbErr>
        where
            D: ConnectionTrait,
        {
            self.id.reset();
            Ok(self)
        }

        async fn after_delete<D>(self, db: &D) -> Result<Self, DbErr>
        where
            D: ConnectionTrait,
        {
            db.execute_unprepared("SELECT 1").await?;
            Ok(self)
        }
    }
}

#[test]
fn what_the_application_says_stays() {
    use sea_orm::{ActiveModelBehavior, Set};

    assert_eq!(with_new::ActiveModel::new().id, Set(7));
    assert!(empty::ActiveModel::new().id.is_not_set());
    assert!(with_all::ActiveModel::new().id.is_not_set());
}
