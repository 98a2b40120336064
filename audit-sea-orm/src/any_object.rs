use std::sync::Arc;

use audit_core::Changes;
use sea_orm::{ConnectionTrait, DbErr, Value, prelude::DateTimeUtc};
use serde::{Serialize, Serializer, ser::SerializeStruct};
use serde_json::Value as Json;

use crate::{
    AnyTable, Error, Result, Timeline,
    any_entity::{self, AnyEntity},
    audited::object,
    entity::audit_log,
    history::{
        Unknown,
        reader::Reader,
        rebuild,
        state::{Columns, State},
        walk::Walk,
    },
    record::object_key,
    timeline::is_to_key,
};

/// An object that is named as records name it: by the name of its table and the text of its key.
///
/// It is for programs that learn at run time what they are asked about, such as the admin and the command line. Where the entity is
/// known in the code, [`History`](crate::History) and [`Timeline`] say the same with its types.
///
/// The program must know the entity: `#[derive(Audited)]` registers it in every program that links its crate, and so does
/// [`register_audited!`](crate::register_audited).
///
/// # Example
/// ```standalone_crate
/// # mod cake {
/// #     use sea_orm::entity::prelude::*;
/// #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
/// #     #[sea_orm(table_name = "cake")]
/// #     pub struct Model { #[sea_orm(primary_key)] pub id: i32, pub price: i32 }
/// #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
/// #     pub enum Relation {}
/// # }
/// use audit_sea_orm::{AnyObject, prelude::*};
/// # use sea_orm::{ConnectionTrait, Database, DbBackend, Schema, Set};
/// # #[tokio::main]
/// # async fn main() -> Result<(), sea_orm::DbErr> {
/// # let db = Database::connect("sqlite::memory:").await?;
/// # let schema = Schema::new(DbBackend::Sqlite);
/// # db.execute(&schema.create_table_from_entity(cake::Entity)).await?;
/// # db.execute(&schema.create_table_from_entity(audit_log::Entity)).await?;
/// let cake = cake::ActiveModel { price: Set(450), ..Default::default() };
/// cake.audited_insert(&db).await?;
///
/// let record = audit_log::Entity::for_key("cake", "1").one(&db).await?.expect("the insert");
/// let cake = AnyObject::find("cake", "1")?.at(record.occurred_at, &db).await?.expect("it was there");
/// assert_eq!(cake.get("price"), Some(Ok(&450.into())));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AnyObject {
    entity: &'static Arc<dyn AnyEntity>,
    id: String,
    key: Vec<Value>,
}

/// An object as it was at one point of its history: see [`AnyObject::at`].
#[derive(Clone, Debug, PartialEq)]
pub struct AnySnapshot {
    columns: Vec<(String, Result<Json, Unknown>)>,
}

/// One version of an object: see [`Version`](crate::history::Version).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AnyVersion {
    /// What was done, by whom, when and why; with the columns that changed.
    pub record: audit_log::Model,
    /// The object after it; `None` where it was gone.
    pub snapshot: Option<AnySnapshot>,
    /// What changed since the version before, and left no record: see [`Version::unrecorded`](crate::history::Version::unrecorded).
    pub unrecorded: Changes,
}

/// A walk through the versions of an object, the oldest first: see [`AnyObject::walk`].
#[derive(Debug)]
pub struct AnyVersions<'db, C> {
    object: AnyObject,
    walk: Walk<'db, C>,
}

impl AnyObject {
    /// The object with that text of a key in records, of the entity whose table has that name there. A former name counts too. It
    /// need not be there, now or ever.
    ///
    /// # Errors
    /// [`Error::Db`] where the program has no such entity, or its keys are of another type. The digest that
    /// PostgreSQL's records hold of a key that is too long for their column is none: give the key itself.
    pub fn find(table: &str, object_id: &str) -> Result<Self> {
        let entity = AnyTable::find(table)?.entity();
        let no_key = || {
            let (table, columns) = (entity.table(), entity.key_columns().join(", "));
            refused(&format!(
                "`{object_id}` is no key of `{table}` ({columns}): write it as `object_id` has it"
            ))
        };
        if object_key::is_digest(object_id) {
            return Err(refused(&format!(
                "`{object_id}` stands for a key that is too long for its column: give the key itself"
            )));
        }
        let key = entity.key_values(object_id).ok_or_else(no_key)?;
        // As records have it: `[11, 1]` is `[11,1]`.
        let id = object::id_text(&key).map_err(|_| no_key())?;
        Ok(Self { entity, id, key })
    }

    /// The name of its table in records.
    #[must_use]
    pub fn table(&self) -> &str {
        self.entity.table()
    }

    /// The text of its key.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The object as it was at a time; `None` where it was not there: see [`History::at`](crate::History::at).
    ///
    /// # Errors
    /// What the database reports.
    pub async fn at<C: ConnectionTrait>(
        &self,
        time: DateTimeUtc,
        db: &C,
    ) -> Result<Option<AnySnapshot>, DbErr> {
        let columns = rebuild::at(&self.reader(db).await?, time, db).await?;
        Ok(columns.map(|columns| self.snapshot(&columns)))
    }

    /// The object as the last of its records up to that number left it; `None` where it was not there, or had no record yet.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn after<C: ConnectionTrait>(
        &self,
        record: i64,
        db: &C,
    ) -> Result<Option<AnySnapshot>, DbErr> {
        let state = rebuild::after(&self.reader(db).await?, record, db).await?;
        Ok(match state {
            State::There(columns) => Some(self.snapshot(&columns)),
            State::Gone | State::Unrecorded => None,
        })
    }

    /// A walk through its versions, the oldest first: see [`History::walk`](crate::History::walk).
    ///
    /// # Errors
    /// What the database reports.
    pub async fn walk<'db, C: ConnectionTrait>(
        &self,
        db: &'db C,
    ) -> Result<AnyVersions<'db, C>, DbErr> {
        Ok(AnyVersions {
            object: self.clone(),
            walk: Walk::all(self.reader(db).await?, db),
        })
    }

    /// The tables whose rows may be parts of it, for [`timeline`](Self::timeline): those of the entities that declare a `belongs_to` to
    /// its own.
    pub fn parts(&self) -> impl Iterator<Item = &'static str> {
        let whole = self.entity.as_ref();
        let parts = any_entity::each().filter(|part| {
            let mut references = part.references().iter();
            references.any(|reference| is_to_key(reference, whole))
        });
        parts.map(AnyEntity::table)
    }

    /// Its records with those of its parts in these tables, each behind the ones that it refers to: see [`timeline`](crate::timeline).
    ///
    /// # Errors
    /// [`Error::Db`] where a table is none of an entity's, or its rows are part of nothing in the timeline.
    pub fn timeline<'a>(&self, parts: impl IntoIterator<Item = &'a str>) -> Result<Timeline> {
        let mut timeline = Timeline::of_entity(Arc::clone(self.entity), Some(self.id.clone()));
        for part in parts {
            timeline = timeline.with_entity(Arc::clone(AnyTable::find(part)?.entity()))?;
        }
        Ok(timeline)
    }

    async fn reader<C: ConnectionTrait>(&self, db: &C) -> Result<Reader, DbErr> {
        Reader::new(self.entity.subject(), &self.key, db).await
    }

    fn snapshot(&self, columns: &Columns) -> AnySnapshot {
        let columns = self.entity.subject().snapshot(&self.key, columns);
        AnySnapshot { columns }
    }
}

fn refused(why: &str) -> Error {
    Error::Db(DbErr::Custom(format!("audit: {why}")))
}

impl AnySnapshot {
    /// Every column, in the order of the entity: its value as records have it, or why it is not known.
    pub fn columns(&self) -> impl Iterator<Item = (&str, Result<&Json, &Unknown>)> {
        let columns = self.columns.iter();
        columns.map(|(column, value)| (column.as_str(), value.as_ref()))
    }

    /// The value of a column, or why it is not known; `None` where the entity has no such column.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<Result<&Json, &Unknown>> {
        let mut columns = self.columns();
        columns.find_map(|(name, value)| (name == column).then_some(value))
    }
}

/// An object of `columns` with their values, and of `unknown` with the reason of each other column.
impl Serialize for AnySnapshot {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let (mut known, mut unknown) = (serde_json::Map::new(), serde_json::Map::new());
        for (column, value) in self.columns() {
            match value {
                Ok(value) => known.insert(column.to_owned(), value.clone()),
                Err(why) => unknown.insert(column.to_owned(), why.to_string().into()),
            };
        }
        let mut snapshot = serializer.serialize_struct("AnySnapshot", 2)?;
        snapshot.serialize_field("columns", &known)?;
        snapshot.serialize_field("unknown", &unknown)?;
        snapshot.end()
    }
}

impl<C: ConnectionTrait> AnyVersions<'_, C> {
    /// The next version; `None` at the end. A call that is dropped loses none.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn try_next(&mut self) -> Result<Option<AnyVersion>, DbErr> {
        let step = self.walk.try_next().await?;
        Ok(step.map(|step| AnyVersion {
            record: step.record,
            snapshot: step.columns.map(|columns| self.object.snapshot(&columns)),
            unrecorded: step.unrecorded,
        }))
    }
}

impl std::fmt::Debug for AnyObject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AnyObject")
            .field("table", &self.table())
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
