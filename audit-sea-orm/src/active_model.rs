use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, DbErr, DeleteResult, EntityTrait, IntoActiveModel,
    TransactionSession, prelude::async_trait::async_trait,
};

use crate::{Audited, BeginWrite};

mod sealed {
    pub trait Sealed {}
    impl<A: sea_orm::ActiveModelTrait> Sealed for A {}
}

/// Writes of an audited active model that cannot be parted from their record.
///
/// Each opens a transaction, writes the change and its record, and commits both: also when the process is
/// killed at any moment, there is never one without the other. On a transaction they use a savepoint of it.
///
/// # Example
/// ```
/// # mod cake {
/// #     use sea_orm::entity::prelude::*;
/// #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
/// #     #[sea_orm(table_name = "cake")]
/// #     pub struct Model { #[sea_orm(primary_key)] pub id: i32, pub name: String }
/// #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
/// #     pub enum Relation {}
/// # }
/// # use sea_orm::{ConnectionTrait, Database, DbBackend, DbErr, EntityTrait, Schema, Set};
/// use audit_sea_orm::prelude::*;
/// # #[tokio::main]
/// # async fn main() -> Result<(), DbErr> {
/// # let db = Database::connect("sqlite::memory:").await?;
/// # let schema = Schema::new(DbBackend::Sqlite);
/// # db.execute(&schema.create_table_from_entity(cake::Entity)).await?;
/// # db.execute(&schema.create_table_from_entity(audit_log::Entity)).await?;
/// let cake = cake::ActiveModel { name: Set("Sachertorte".to_owned()), ..Default::default() };
/// let cake = cake.audited_insert(&db).await?;
///
/// let history = audit_log::Entity::for_object(&cake).all(&db).await?;
/// assert_eq!(history[0].action, "CREATE");
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait AuditedActiveModelExt: ActiveModelTrait + ActiveModelBehavior + sealed::Sealed
where
    Self::Entity: Audited,
{
    /// Inserts the row and its record.
    ///
    /// # Errors
    /// What the database reports for either of them; then neither is there.
    async fn audited_insert<C: BeginWrite>(
        self,
        db: &C,
    ) -> Result<<Self::Entity as EntityTrait>::Model, DbErr>
    where
        Self: Send,
        <Self::Entity as EntityTrait>::Model: IntoActiveModel<Self>,
    {
        let transaction = db.begin_write().await?;
        let model = self.insert(&transaction).await?;
        transaction.commit().await?;
        Ok(model)
    }

    /// Updates the row and writes its record.
    ///
    /// # Errors
    /// What the database reports for either of them; then neither happened.
    async fn audited_update<C: BeginWrite>(
        self,
        db: &C,
    ) -> Result<<Self::Entity as EntityTrait>::Model, DbErr>
    where
        Self: Send,
        <Self::Entity as EntityTrait>::Model: IntoActiveModel<Self>,
    {
        let transaction = db.begin_write().await?;
        let model = self.update(&transaction).await?;
        transaction.commit().await?;
        Ok(model)
    }

    /// Inserts or updates the row, as `save` decides, and writes its record.
    ///
    /// # Errors
    /// What the database reports for either of them; then neither happened.
    async fn audited_save<C: BeginWrite>(self, db: &C) -> Result<Self, DbErr>
    where
        Self: Send,
        <Self::Entity as EntityTrait>::Model: IntoActiveModel<Self>,
    {
        let transaction = db.begin_write().await?;
        let active_model = self.save(&transaction).await?;
        transaction.commit().await?;
        Ok(active_model)
    }

    /// Deletes the row and writes its record.
    ///
    /// # Errors
    /// What the database reports for either of them; then neither happened.
    async fn audited_delete<C: BeginWrite>(self, db: &C) -> Result<DeleteResult, DbErr>
    where
        Self: Send,
    {
        let transaction = db.begin_write().await?;
        let result = self.delete(&transaction).await?;
        transaction.commit().await?;
        Ok(result)
    }
}

impl<A> AuditedActiveModelExt for A
where
    A: ActiveModelTrait + ActiveModelBehavior,
    A::Entity: Audited,
{
}
