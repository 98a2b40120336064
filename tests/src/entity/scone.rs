//! A scone: hooks of the application's own, and the library's added to them.

use sea_orm::{Set, entity::prelude::*};

/// A scone.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
#[sea_orm(table_name = "scone")]
#[audited(manual_hooks)]
pub struct Model {
    /// The key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// The name, without blanks around it.
    pub name: String,
    /// How often its hooks ran.
    pub served: i32,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

#[audit_sea_orm::audited_hooks]
#[async_trait::async_trait]
impl ActiveModelBehavior for ActiveModel {
    async fn before_save<C>(mut self, _: &C, insert: bool) -> Result<Self, DbErr>
    where
        C: ConnectionTrait,
    {
        let name = self.name.take().unwrap_or_default();
        if name == "refused" {
            return Err(DbErr::Custom("no such scone".to_owned()));
        }
        self.name = Set(name.trim().to_owned());
        self.served = Set(if insert { 1 } else { 2 });
        Ok(self)
    }

    async fn after_save<C>(mut scone: Model, _db: &C, _insert: bool) -> Result<Model, DbErr>
    where
        C: ConnectionTrait,
    {
        // What is given back is not what was written.
        scone.name.push_str(", warm");
        Ok(scone)
    }
}
