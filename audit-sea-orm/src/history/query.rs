use std::marker::PhantomData;

use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, ModelTrait, PrimaryKeyTrait, Value, prelude::DateTimeUtc,
    sea_query::IntoValueTuple,
};

use super::{
    Snapshot, Version, Versions,
    reader::{Cursor, Reader},
    rebuild,
    state::State,
    subject,
    walk::Walk,
};
use crate::{
    Audited,
    audited::{object, recorded::Recorded},
};

/// The past of one object, whether it is still there or not: see [`history`](crate::history) for what is known of it.
#[derive(Clone, Debug)]
pub struct History<E> {
    key: Vec<Value>,
    entity: PhantomData<fn() -> E>,
}

impl<E: Audited> History<E> {
    /// Of the object that a model is of.
    #[must_use]
    pub fn of<M>(model: &M) -> Self
    where
        M: ModelTrait<Entity = E>,
        E: EntityTrait<Model = M>,
    {
        Self::of_key(object::model_key::<E>(model, Recorded::<E>::get().keys()))
    }

    /// Of the object with that key, of several columns as a tuple; for one that is gone too.
    #[must_use]
    pub fn find(key: impl Into<<E::PrimaryKey as PrimaryKeyTrait>::ValueType>) -> Self {
        Self::of_key(key.into().into_value_tuple().into_iter().collect())
    }

    fn of_key(key: Vec<Value>) -> Self {
        Self {
            key,
            entity: PhantomData,
        }
    }

    /// Every version, the oldest first. [`walk`](Self::walk) does not keep them all in memory.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn versions<C: ConnectionTrait>(&self, db: &C) -> Result<Vec<Version<E>>, DbErr> {
        let mut walk = self.walk(db).await?;
        let mut versions = Vec::new();
        while let Some(version) = walk.try_next().await? {
            versions.push(version);
        }
        Ok(versions)
    }

    /// A walk through the versions, the oldest first.
    ///
    /// # Errors
    /// What the database reports.
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
    /// # use audit_sea_orm::prelude::*;
    /// # use sea_orm::{DatabaseConnection, DbErr};
    /// async fn dearest(cake: &cake::Model, db: &DatabaseConnection) -> Result<i32, DbErr> {
    ///     let mut dearest = cake.price;
    ///     let mut versions = History::of(cake).walk(db).await?;
    ///     while let Some(version) = versions.try_next().await? {
    ///         if let Some(then) = version.snapshot {
    ///             dearest = dearest.max(then.model_or(cake.clone()).price);
    ///         }
    ///     }
    ///     Ok(dearest)
    /// }
    /// # fn main() {}
    /// ```
    pub async fn walk<'db, C: ConnectionTrait>(
        &self,
        db: &'db C,
    ) -> Result<Versions<'db, E, C>, DbErr> {
        let reader = self.reader(db).await?;
        Ok(Versions::of(Walk::all(reader, db), self.key.clone()))
    }

    /// The object as it was at a time: as the last record up to then left it. `None` where it was not there.
    ///
    /// Before its first record it was as that found it, or as the present row is where it has none; since when, nobody knows.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn at<C: ConnectionTrait>(
        &self,
        time: DateTimeUtc,
        db: &C,
    ) -> Result<Option<Snapshot<E>>, DbErr> {
        let reader = self.reader(db).await?;
        let columns = rebuild::at(&reader, time, db).await?;
        Ok(columns.map(|columns| Snapshot::new(&self.key, &columns)))
    }

    /// The version of the record with that number; `None` where the object's history has no such record.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn version<C: ConnectionTrait>(
        &self,
        id: i64,
        db: &C,
    ) -> Result<Option<Version<E>>, DbErr> {
        let version = self.first_after(id.saturating_sub(1), db).await?;
        Ok(version.filter(|version| version.record.id == id))
    }

    /// The version before one; `None` where that is the first.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn previous<C: ConnectionTrait>(
        &self,
        version: &Version<E>,
        db: &C,
    ) -> Result<Option<Version<E>>, DbErr> {
        let reader = self.reader(db).await?;
        let mut records = Cursor::before(version.record.id);
        while let Some(told) = records.next(&reader, db).await? {
            // A table was emptied without the object in it: no version of it.
            if let Some(version) = self.version(told.record.id, db).await? {
                return Ok(Some(version));
            }
        }
        Ok(None)
    }

    /// The version after one; `None` where that is the last.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn next<C: ConnectionTrait>(
        &self,
        version: &Version<E>,
        db: &C,
    ) -> Result<Option<Version<E>>, DbErr> {
        self.first_after(version.record.id, db).await
    }

    /// The object as it was before it went last; `None` where no record says that it went.
    pub(crate) async fn before_it_went<C: ConnectionTrait>(
        &self,
        db: &C,
    ) -> Result<Option<Snapshot<E>>, DbErr> {
        let reader = self.reader(db).await?;
        let mut records = Cursor::before(i64::MAX);
        while let Some(told) = records.next(&reader, db).await? {
            if told.event.leaves_it_there() {
                continue;
            }
            let before = match rebuild::after(&reader, told.record.id - 1, db).await? {
                State::There(columns) => Some(columns),
                // The first record that there is, and it knows the row.
                State::Unrecorded if told.event.found_it_there() => {
                    rebuild::before_all(&reader, db).await?
                }
                // A table was emptied without the object in it.
                State::Unrecorded | State::Gone => None,
            };
            if let Some(columns) = before {
                return Ok(Some(Snapshot::new(&self.key, &columns)));
            }
        }
        Ok(None)
    }

    /// The key of the object.
    pub(crate) fn key(&self) -> &[Value] {
        &self.key
    }

    async fn reader<C: ConnectionTrait>(&self, db: &C) -> Result<Reader, DbErr> {
        Reader::new(subject::of::<E>(), &self.key, db).await
    }

    async fn first_after<C: ConnectionTrait>(
        &self,
        id: i64,
        db: &C,
    ) -> Result<Option<Version<E>>, DbErr> {
        let reader = self.reader(db).await?;
        let walk = Walk::after(reader, id, db).await?;
        Versions::of(walk, self.key.clone()).try_next().await
    }
}
