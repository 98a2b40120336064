//! Turns one object back.

use audit_core::FieldPolicy;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, IdenStatic, IntoActiveModel, Iterable,
    PaginatorTrait, QuerySelect,
};

use crate::{
    Audited, AuditedWrite, Error, History, RecordQuery, TrailQuery,
    audited::{object, recorded::Recorded},
    connection::own_transaction::{self, Own},
    entity::audit_log,
    history::{Snapshot, Version},
    read::of_values,
    record::unknown::{Unknown, UnknownColumns},
};

impl<E> History<E>
where
    E: Audited<Model: IntoActiveModel<E::ActiveModel> + Sync, ActiveModel: Send>,
{
    /// Makes the object what it was after the record with that number: inserts it again where it is gone, turns its columns
    /// back where it is there, deletes it where it was gone then. What it is after that; `None` where it is gone.
    ///
    /// One write, with a record of its own, and none where the object is as it was. Say why in the
    /// [context](crate::AuditContext::reason). What was changed since is overwritten: an [`UndoPlan`](super::UndoPlan) says what
    /// that is.
    ///
    /// A masked column of a row that is there stays as it is, if nobody changed it since. A skipped one stays in any case.
    ///
    /// # Errors
    /// [`DbErr::RecordNotFound`] where the object has no such record, [`Error::Incomplete`] with the columns whose values are
    /// not known, and what the database reports. Nothing is written then.
    ///
    /// # Example
    /// ```
    /// # mod cake {
    /// #     use sea_orm::entity::prelude::*;
    /// #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
    /// #     #[sea_orm(table_name = "cake")]
    /// #     pub struct Model { #[sea_orm(primary_key)] pub id: i32, pub price: i32 }
    /// #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    /// #     pub enum Relation {}
    /// # }
    /// # use sea_orm::{ConnectionTrait, Database, DbBackend, IntoActiveModel, Schema, Set};
    /// use audit_sea_orm::prelude::*;
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), sea_orm::DbErr> {
    /// # let db = Database::connect("sqlite::memory:").await?;
    /// # let schema = Schema::new(DbBackend::Sqlite);
    /// # db.execute(&schema.create_table_from_entity(cake::Entity)).await?;
    /// # db.execute(&schema.create_table_from_entity(audit_log::Entity)).await?;
    /// let cake = cake::ActiveModel { price: Set(450), ..Default::default() }.audited_insert(&db).await?;
    /// let mut edit = cake.clone().into_active_model();
    /// edit.price = Set(4800);
    /// let history = History::of(&edit.audited_update(&db).await?);
    ///
    /// let first = history.versions(&db).await?[0].record.id;
    /// let back = AuditContext::new().reason("a typing error").scope(history.revert_to(first, &db)).await?;
    /// assert_eq!(back, Some(cake));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn revert_to<C: AuditedWrite>(
        &self,
        id: i64,
        db: &C,
    ) -> Result<Option<E::Model>, DbErr> {
        match db.begin_ours().await? {
            Some(ours) => {
                let history = self.clone();
                own_transaction::to_its_end(|wanted| async move {
                    let work = revert_to(&history, id, ours.connection());
                    let done = wanted.still(own_transaction::within(&ours, work).await);
                    own_transaction::end(ours, done, |error| error).await
                })
                .await
            }
            None => revert_to(self, id, db).await,
        }
    }

    /// Inserts a deleted object again, as it was before it went last.
    ///
    /// # Errors
    /// [`DbErr::RecordNotFound`] where no record says that it went, [`Error::Incomplete`] with the columns whose values are not
    /// known, and what the database reports: so where a row has the key by now. Nothing is written then.
    ///
    /// # Example
    /// ```
    /// # mod cake {
    /// #     use sea_orm::entity::prelude::*;
    /// #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
    /// #     #[sea_orm(table_name = "cake")]
    /// #     pub struct Model { #[sea_orm(primary_key)] pub id: i32, pub price: i32 }
    /// #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    /// #     pub enum Relation {}
    /// # }
    /// # use sea_orm::{ConnectionTrait, Database, DbBackend, IntoActiveModel, Schema, Set};
    /// use audit_sea_orm::prelude::*;
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), sea_orm::DbErr> {
    /// # let db = Database::connect("sqlite::memory:").await?;
    /// # let schema = Schema::new(DbBackend::Sqlite);
    /// # db.execute(&schema.create_table_from_entity(cake::Entity)).await?;
    /// # db.execute(&schema.create_table_from_entity(audit_log::Entity)).await?;
    /// let cake = cake::ActiveModel { price: Set(450), ..Default::default() }.audited_insert(&db).await?;
    /// cake.clone().audited_delete(&db).await?;
    ///
    /// let back = History::<cake::Entity>::find(cake.id).undelete(&db).await?;
    /// assert_eq!(back, cake);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn undelete<C: AuditedWrite>(&self, db: &C) -> Result<E::Model, DbErr> {
        match db.begin_ours().await? {
            Some(ours) => {
                let history = self.clone();
                own_transaction::to_its_end(|wanted| async move {
                    let work = undelete(&history, ours.connection());
                    let done = wanted.still(own_transaction::within(&ours, work).await);
                    own_transaction::end(ours, done, |error| error).await
                })
                .await
            }
            None => undelete(self, db).await,
        }
    }
}

async fn revert_to<E, C>(history: &History<E>, id: i64, db: &C) -> Result<Option<E::Model>, DbErr>
where
    E: Audited<Model: IntoActiveModel<E::ActiveModel> + Sync, ActiveModel: Send>,
    C: ConnectionTrait,
{
    // Locked first: what is read after that is not changed any more.
    let row = object::with_key(E::find(), history.key());
    let row = row.lock_exclusive().one(db).await?;
    let version = history.version(id, db).await?.ok_or_else(|| {
        let table = Recorded::<E>::get().table();
        DbErr::RecordNotFound(format!("no record {id} of that object of `{table}`"))
    })?;
    match (&version.snapshot, row) {
        (None, None) => Ok(None),
        (None, Some(row)) => {
            row.into_active_model().delete(db).await?;
            Ok(None)
        }
        (Some(then), None) => insert(then, db).await.map(Some),
        (Some(then), Some(row)) => {
            refuse_unknown(history, &version, then, db).await?;
            let mut turned = row.clone().into_active_model();
            for column in E::Column::iter() {
                if let Ok(value) = then.get(column) {
                    turned.set_if_not_equals(column, value.clone());
                }
            }
            if !turned.is_changed() {
                return Ok(Some(row));
            }
            turned.update(db).await.map(Some)
        }
    }
}

async fn undelete<E, C>(history: &History<E>, db: &C) -> Result<E::Model, DbErr>
where
    E: Audited<Model: IntoActiveModel<E::ActiveModel>, ActiveModel: Send>,
    C: ConnectionTrait,
{
    let last = history.before_it_went(db).await?.ok_or_else(|| {
        let table = Recorded::<E>::get().table();
        DbErr::RecordNotFound(format!("no record says that this object of `{table}` went"))
    })?;
    insert(&last, db).await
}

async fn insert<E, C>(then: &Snapshot<E>, db: &C) -> Result<E::Model, DbErr>
where
    E: Audited<Model: IntoActiveModel<E::ActiveModel>, ActiveModel: Send>,
    C: ConnectionTrait,
{
    let unknown = then.unknown();
    refuse(unknown.map(|(column, why)| (column.as_str().to_owned(), why.clone())))?;
    then.active_model().insert(db).await
}

/// Refuses what would not be the earlier state of a row that is there. A column that never stands in records is not part of it.
async fn refuse_unknown<E: Audited, C: ConnectionTrait>(
    history: &History<E>,
    version: &Version<E>,
    then: &Snapshot<E>,
    db: &C,
) -> Result<(), DbErr> {
    let mut unknown = Vec::new();
    for (column, why) in then.unknown() {
        let name = column.as_str();
        let is_kept = match Recorded::<E>::get().policy(name) {
            FieldPolicy::Skip => true,
            FieldPolicy::Mask => {
                let records = of_values::<E>(audit_log::Entity::find(), history.key());
                let since = records.newer_than(version.record.id.into()).changed(name);
                since.count(db).await? == 0
            }
            _ => false,
        };
        if !is_kept {
            unknown.push((name.to_owned(), why.clone()));
        }
    }
    refuse(unknown).map_err(DbErr::from)
}

fn refuse(unknown: impl IntoIterator<Item = (String, Unknown)>) -> Result<(), Error> {
    let unknown = UnknownColumns::new(unknown);
    if unknown.iter().next().is_none() {
        return Ok(());
    }
    Err(Error::Incomplete(unknown))
}
