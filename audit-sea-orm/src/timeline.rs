//! The records of an object together with those of its parts: an order with its lines, as one timeline.
//!
//! # What is part of an object
//! A row is part of another where its entity declares a `belongs_to` to it. Those count that are part of it now, and those that ever
//! were: deleted ones, and ones that went to another whole since. All records of such an object are in the timeline, those too of
//! the time when it was part of another.
//!
//! What a record shows tells which objects were parts. So one is missed where its foreign key is masked or skipped and its row is
//! gone, and where it went without a record. The foreign key must be one column, and to the other's primary key. Of a foreign key
//! of several columns a record shows those alone that changed, so no index can find the parts that moved.
//!
//! # An index for parts that are gone
//! Parts that are there are found in their table. For those that are gone, the records of their table are searched. That takes long
//! where there are many, so give them an index, in a migration: `TimelineExt::index_parts` of `audit-migration`. It costs what one more
//! index of the audit log does, for the records of that table which create or delete a row or change its foreign key. On MariaDB and
//! MySQL, whose indexes hold all rows of a table, every record pays a part of it.
//!
//! # Example
//! ```
//! # mod order {
//! #     use sea_orm::entity::prelude::*;
//! #     #[sea_orm::model]
//! #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
//! #     #[sea_orm(table_name = "orders")]
//! #     pub struct Model {
//! #         #[sea_orm(primary_key)] pub id: i32,
//! #         #[sea_orm(has_many)] pub lines: HasMany<super::line::Entity>,
//! #     }
//! # }
//! # mod line {
//! #     use sea_orm::entity::prelude::*;
//! #     #[sea_orm::model]
//! #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
//! #     #[sea_orm(table_name = "line")]
//! #     pub struct Model {
//! #         #[sea_orm(primary_key)] pub id: i32,
//! #         pub order_id: i32,
//! #         #[sea_orm(belongs_to, from = "order_id", to = "id")] pub order: HasOne<super::order::Entity>,
//! #     }
//! # }
//! use audit_sea_orm::prelude::*;
//! # use sea_orm::{ConnectionTrait, Database, DbBackend, ModelTrait, Schema, Set};
//! # #[tokio::main]
//! # async fn main() -> Result<(), sea_orm::DbErr> {
//! # let db = Database::connect("sqlite::memory:").await?;
//! # let schema = Schema::new(DbBackend::Sqlite);
//! # for table in [schema.create_table_from_entity(order::Entity), schema.create_table_from_entity(line::Entity),
//! #     schema.create_table_from_entity(audit_log::Entity)] { db.execute(&table).await?; }
//! let order = order::ActiveModel { ..Default::default() }.audited_insert(&db).await?;
//! let line = line::ActiveModel { order_id: Set(order.id), ..Default::default() }.audited_insert(&db).await?;
//! line.audited_delete(&db).await?;
//!
//! let timeline = Timeline::of(&order).with::<line::Entity>()?;
//! let told: Vec<_> = timeline.all(&db).await?.into_iter().map(|record| (record.table_name.unwrap(), record.action)).collect();
//! let expected = [("orders", "CREATE"), ("line", "CREATE"), ("line", "DELETE")];
//! assert_eq!(told, expected.map(|(table, action)| (table.to_owned(), action.to_owned())));
//! # Ok(())
//! # }
//! ```

pub(crate) mod index;
mod objects;
mod parts;
mod records;

use std::{collections::BTreeSet, fmt, sync::Arc};

use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, ModelTrait, PrimaryKeyTrait, Value,
    sea_query::IntoValueTuple,
};

use crate::{
    Audited, Error, Result, TrailCursor, TrailPage,
    any_entity::{AnyEntity, Reference, Typed},
    audited::{object, recorded::Recorded},
    entity::audit_log,
};

/// How many records [`Timeline::all`] reads at once.
const PAGE: u64 = 500;

/// The records of an object together with those of its parts: see [`timeline`](crate::timeline).
#[derive(Clone)]
pub struct Timeline {
    /// The key of the object; `None` for one that has no text, and so no record.
    id: Option<String>,
    /// The object's entity, and those of the parts, each behind the ones that it refers to.
    members: Vec<Member>,
    before: Option<TrailCursor>,
}

/// The keys of objects, as records have them.
type Ids = BTreeSet<String>;

/// An entity of a timeline.
#[derive(Clone)]
struct Member {
    entity: Arc<dyn AnyEntity>,
    /// Where its rows refer to those of earlier ones, by their number.
    references: Vec<(usize, Reference)>,
}

impl Timeline {
    /// Of the object that a model is of.
    #[must_use]
    pub fn of<M>(model: &M) -> Self
    where
        M: ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
        M::Entity: Audited + EntityTrait<Model = M, ActiveModel: Send>,
    {
        let keys = Recorded::<M::Entity>::get().keys();
        Self::of_key::<M::Entity>(&object::model_key::<M::Entity>(model, keys))
    }

    /// Of the object of an entity with that key, of several columns as a tuple; for one that is gone too.
    #[must_use]
    pub fn find<E>(key: impl Into<<E::PrimaryKey as PrimaryKeyTrait>::ValueType>) -> Self
    where
        E: Audited<Model: IntoActiveModel<E::ActiveModel>, ActiveModel: Send>,
    {
        let key: Vec<Value> = key.into().into_value_tuple().into_iter().collect();
        Self::of_key::<E>(&key)
    }

    fn of_key<E>(key: &[Value]) -> Self
    where
        E: Audited<Model: IntoActiveModel<E::ActiveModel>, ActiveModel: Send>,
    {
        Self::of_entity(Arc::new(Typed::<E>::new()), object::id_text(key).ok())
    }

    pub(crate) fn of_entity(entity: Arc<dyn AnyEntity>, id: Option<String>) -> Self {
        let references = Vec::new();
        Self {
            id,
            members: vec![Member { entity, references }],
            before: None,
        }
    }

    /// Together with the parts of an entity: its rows that belong to the object, or to a part that was added before.
    ///
    /// # Errors
    /// [`Error::Db`] where the entity declares no `belongs_to` to any of these tables by one column, which is their primary key.
    pub fn with<P>(self) -> Result<Self>
    where
        P: Audited<Model: IntoActiveModel<P::ActiveModel>, ActiveModel: Send>,
    {
        self.with_entity(Arc::new(Typed::<P>::new()))
    }

    pub(crate) fn with_entity(mut self, entity: Arc<dyn AnyEntity>) -> Result<Self> {
        let mut references = Vec::new();
        for reference in entity.references() {
            let wholes = self.members.iter().enumerate();
            let wholes = wholes.filter(|(_, whole)| is_to_key(reference, whole.entity.as_ref()));
            references.extend(wholes.map(|(number, _)| (number, reference.clone())));
        }
        if references.is_empty() {
            let tables = self.members.iter().map(|member| member.entity.table());
            let tables: Vec<_> = tables.collect();
            return Err(Error::Db(DbErr::Custom(format!(
                "audit: `{}` is part of nothing in the timeline: declare a `belongs_to` of one column to the primary key of {}",
                entity.table(),
                tables.join(" or "),
            ))));
        }
        self.members.push(Member { entity, references });
        Ok(self)
    }

    /// Those records alone that are before a place: the next [`page`](Self::page).
    #[must_use]
    pub fn older_than(mut self, cursor: TrailCursor) -> Self {
        self.before = Some(cursor);
        self
    }

    /// Up to `size` records, the newest first, and where the next page begins.
    ///
    /// A page costs what the parts and their records do, not what the audit log has: see [the index](crate::timeline) for parts that
    /// are gone.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn page<C: ConnectionTrait>(
        &self,
        db: &C,
        size: u64,
    ) -> Result<TrailPage<audit_log::Model>, DbErr> {
        let objects = objects::all(self.id.as_deref(), &self.members, db).await?;
        records::page(&objects, &self.members, self.before, size, db).await
    }

    /// All records, the oldest first.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn all<C: ConnectionTrait>(&self, db: &C) -> Result<Vec<audit_log::Model>, DbErr> {
        let objects = objects::all(self.id.as_deref(), &self.members, db).await?;
        let (mut all, mut before) = (Vec::new(), self.before);
        loop {
            let page = records::page(&objects, &self.members, before, PAGE, db).await?;
            all.extend(page.rows);
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        all.reverse();
        Ok(all)
    }
}

/// Whether it is to the primary key of an entity.
pub(crate) fn is_to_key(reference: &Reference, whole: &dyn AnyEntity) -> bool {
    reference.table == whole.own_table()
        && reference.referred.len() == 1
        && whole.key_columns() == reference.referred
}

impl fmt::Debug for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tables = self.members.iter().map(|member| member.entity.table());
        f.debug_struct("Timeline")
            .field("id", &self.id)
            .field("tables", &tables.collect::<Vec<_>>())
            .field("before", &self.before)
            .finish()
    }
}
