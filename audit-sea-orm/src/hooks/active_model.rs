use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, DbErr, DeleteResult, EntityName, EntityTrait,
    IntoActiveModel, ModelTrait, prelude::async_trait::async_trait,
};

use crate::{
    Audited, AuditedWrite,
    connection::own_transaction::{self, Own},
};

mod sealed {
    pub trait Sealed {}
    impl<A: sea_orm::ActiveModelTrait> Sealed for A {}

    pub trait SealedModel {}
    impl<M: sea_orm::ModelTrait> SealedModel for M {}
}

/// Writes in a transaction of the library's own on a pool, else in that of the caller. No function could do it, as the two are
/// connections of different types.
macro_rules! with_record {
    ($model:ident.$write:ident($db:ident)) => {
        match $db.begin_ours().await? {
            Some(ours) => {
                let done = own_transaction::within(&ours, $model.$write(ours.connection())).await;
                end(ours, done).await
            }
            None => in_theirs::<Self, _>(stringify!($write), $model.$write($db)).await,
        }
    };
}

/// Writes of an audited active model that cannot be parted from their record.
///
/// On a pool each opens a transaction, writes the change and its record, and commits both: also when the process is
/// killed at any moment, or the future dropped, there is never one without the other.
///
/// In a transaction the two are writes of it, as with SeaORM's own `insert` and its sisters: where one fails, roll the
/// transaction back. A future that is dropped there (a timeout fires) leaves what came before and comes after as it
/// is, but its own write may be half done, the change without its record. So roll back then too; a warning of `tracing`
/// tells where it happened.
///
/// The nested saves of an `ActiveModelEx` need none of these: SeaORM begins a transaction for each. So
/// `tree.save(&db.audited())` leaves all of its rows and their records, or none.
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
pub trait AuditActiveModelExt: ActiveModelTrait + ActiveModelBehavior + sealed::Sealed
where
    Self::Entity: Audited,
{
    /// Inserts the row and its record.
    ///
    /// # Errors
    /// What the database reports for either of them; on a pool neither is there then.
    async fn audited_insert<C: AuditedWrite>(
        self,
        db: &C,
    ) -> Result<<Self::Entity as EntityTrait>::Model, DbErr>
    where
        Self: Send,
        <Self::Entity as EntityTrait>::Model: IntoActiveModel<Self>,
    {
        with_record!(self.insert(db))
    }

    /// Updates the row and writes its record.
    ///
    /// # Errors
    /// What the database reports for either of them; on a pool neither happened then.
    async fn audited_update<C: AuditedWrite>(
        self,
        db: &C,
    ) -> Result<<Self::Entity as EntityTrait>::Model, DbErr>
    where
        Self: Send,
        <Self::Entity as EntityTrait>::Model: IntoActiveModel<Self>,
    {
        with_record!(self.update(db))
    }

    /// Inserts or updates the row, as `save` decides, and writes its record.
    ///
    /// # Errors
    /// What the database reports for either of them; on a pool neither happened then.
    async fn audited_save<C: AuditedWrite>(self, db: &C) -> Result<Self, DbErr>
    where
        Self: Send,
        <Self::Entity as EntityTrait>::Model: IntoActiveModel<Self>,
    {
        with_record!(self.save(db))
    }

    /// Deletes the row and writes its record.
    ///
    /// # Errors
    /// What the database reports for either of them; on a pool neither happened then.
    async fn audited_delete<C: AuditedWrite>(self, db: &C) -> Result<DeleteResult, DbErr>
    where
        Self: Send,
    {
        with_record!(self.delete(db))
    }
}

impl<A> AuditActiveModelExt for A
where
    A: ActiveModelTrait + ActiveModelBehavior,
    A::Entity: Audited,
{
}

/// The delete of an audited model that cannot be parted from its record: see [`AuditActiveModelExt`].
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
/// # let cake = cake::ActiveModel { name: Set("Sachertorte".to_owned()), ..Default::default() };
/// let cake = cake.audited_insert(&db).await?;
/// cake.audited_delete(&db).await?;
///
/// let history = audit_log::Entity::find().newest_first().all(&db).await?;
/// assert_eq!(history[0].action, "DELETE");
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait AuditModelExt: ModelTrait + sealed::SealedModel
where
    Self::Entity: Audited,
{
    /// Deletes the row and writes its record.
    ///
    /// # Errors
    /// What the database reports for either of them; on a pool neither happened then.
    async fn audited_delete<A, C>(self, db: &C) -> Result<DeleteResult, DbErr>
    where
        Self: IntoActiveModel<A>,
        A: ActiveModelTrait<Entity = Self::Entity> + ActiveModelBehavior + Send,
        C: AuditedWrite,
    {
        self.into_active_model().audited_delete(db).await
    }
}

impl<M> AuditModelExt for M
where
    M: ModelTrait,
    M::Entity: Audited,
{
}

async fn end<O: Own, R: Send>(ours: O, done: Result<R, DbErr>) -> Result<R, DbErr> {
    own_transaction::end(ours, done, |error| error).await
}

/// A write in a transaction that somebody else began, and ends.
async fn in_theirs<A: ActiveModelTrait, R>(
    action: &'static str,
    write: impl Future<Output = Result<R, DbErr>> + Send,
) -> Result<R, DbErr> {
    let unfinished = Unfinished {
        action,
        table: A::Entity::default().table_name(),
    };
    let done = write.await;
    std::mem::forget(unfinished);
    done
}

/// Warns of a write that is dropped half done: nobody can tell whether the change was made, nor record it any more.
struct Unfinished {
    action: &'static str,
    table: &'static str,
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        tracing::warn!(
            action = self.action,
            table = self.table,
            "an audited write was dropped in a transaction: roll back, or it may stand without its record"
        );
    }
}
