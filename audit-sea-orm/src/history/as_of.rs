//! A whole table as it was at a time.

mod candidate;
mod gone;
mod key;
mod moment;
mod rebuilt;
mod records;
mod relation;
mod snapshots;
mod source;

use std::{fmt, sync::Arc};

use sea_orm::{DbErr, Related, Value, prelude::DateTimeUtc};

pub use snapshots::Snapshots;

use super::Snapshot;
use crate::{Audited, AuditedWrite, Result};
use relation::Tie;

type Filter<E> = Arc<dyn Fn(&Snapshot<E>) -> bool + Send + Sync>;

/// The rows of a table as they were at a time, those that are gone by now too.
///
/// Each row is as the last of its records up to then left it, by number, as [`History::at`](super::History::at) has it: see
/// [`history`](crate::history) for what is known of it. It is rebuilt backwards: a row without a later record is the present row.
/// Where something changed a row without a record, that is what its next record found, and not what the one before had left.
///
/// The answer is that of one state of the database, whoever writes meanwhile.
///
/// # Backends
/// On a pool it is read in a transaction of its own, of the level `REPEATABLE READ` on PostgreSQL, MariaDB and MySQL. In a
/// transaction of the caller's it is read as that sees the tables: begin one of that level, or stronger.
///
/// On SQLite a writer may have to wait for the end of a walk, unless the database is in WAL mode.
///
/// # Cost
/// Rows are read 500 at a time, with the first few records of each since. What a statement costs grows with what changed since
/// the time, and not with what was before.
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
/// use audit_sea_orm::prelude::*;
/// # use sea_orm::{ActiveModelTrait, ConnectionTrait, Database, DbBackend, IntoActiveModel, ModelTrait, Schema, Set};
/// # #[tokio::main]
/// # async fn main() -> Result<(), sea_orm::DbErr> {
/// # let db = Database::connect("sqlite::memory:").await?;
/// # let schema = Schema::new(DbBackend::Sqlite);
/// # db.execute(&schema.create_table_from_entity(cake::Entity)).await?;
/// # db.execute(&schema.create_table_from_entity(audit_log::Entity)).await?;
/// # let mut cakes = Vec::new();
/// # for price in [250, 450] {
/// #     cakes.push(cake::ActiveModel { price: Set(price), ..Default::default() }.audited_insert(&db).await?);
/// # }
/// # let time = audit_log::Entity::for_object(&cakes[1]).newest_first().page(&db, 1).await?.rows[0].occurred_at;
/// # tokio::time::sleep(std::time::Duration::from_millis(2)).await;
/// # let mut edit = cakes[0].clone().into_active_model();
/// # edit.price = Set(300);
/// # edit.audited_update(&db).await?;
/// # cakes.remove(1).audited_delete(&db).await?;
/// // Since then one cake became dearer, and another was deleted.
/// let cakes = AsOf::<cake::Entity>::at(time).all(&db).await?;
/// let prices: Vec<i32> = cakes.iter().map(|cake| Ok(cake.model()?.price)).collect::<Result<_, audit_sea_orm::Error>>()?;
/// assert_eq!(prices, [250, 450]);
///
/// let dear = AsOf::<cake::Entity>::at(time).filter(|cake| cake.get(cake::Column::Price) == Ok(&450.into()));
/// assert_eq!(dear.all(&db).await?.len(), 1);
/// # Ok(())
/// # }
/// ```
pub struct AsOf<E: Audited> {
    time: DateTimeUtc,
    filters: Vec<Filter<E>>,
    /// Those alone that have one of these keys.
    keys: Option<Arc<[Vec<Value>]>>,
}

impl<E: Audited> AsOf<E> {
    /// As the table was at that time.
    #[must_use]
    pub fn at(time: DateTimeUtc) -> Self {
        Self {
            time,
            filters: Vec::new(),
            keys: None,
        }
    }

    /// Keeps those rows for which it says so, and all filters before it.
    ///
    /// It is asked of each row that was there. What is not known of one is for it to judge: see [`Snapshot::get`].
    #[must_use]
    pub fn filter(mut self, keeps: impl Fn(&Snapshot<E>) -> bool + Send + Sync + 'static) -> Self {
        self.filters.push(Arc::new(keeps));
        self
    }

    /// Keeps those rows that were related to another: the parts of a whole (`has_many`), or what a part belonged to
    /// (`belongs_to`), as the entities declare it for `find_related`.
    ///
    /// Let the other be as it was at the same time. So a part that was deleted or went to another whole since is among them, and
    /// one that came later is not. A row is not, where nobody knows its value of the columns of the relation.
    ///
    /// Where the relation is by this entity's primary key, rows are found by that; else it goes through the table. SQL
    /// conditions of the relation (`on_condition`) are not asked: add a [`filter`](Self::filter).
    ///
    /// # Errors
    /// [`Error::Incomplete`](crate::Error::Incomplete) where the other's values of those columns are not known, and
    /// [`Error::Db`](crate::Error::Db) for a relation through a table between, which is for [`linked_to`](Self::linked_to).
    ///
    /// # Example
    /// ```
    /// # mod order {
    /// #     use sea_orm::entity::prelude::*;
    /// #     #[sea_orm::model]
    /// #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
    /// #     #[sea_orm(table_name = "orders")]
    /// #     pub struct Model {
    /// #         #[sea_orm(primary_key)] pub id: i32,
    /// #         #[sea_orm(has_many)] pub lines: HasMany<super::line::Entity>,
    /// #     }
    /// # }
    /// # mod line {
    /// #     use sea_orm::entity::prelude::*;
    /// #     #[sea_orm::model]
    /// #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
    /// #     #[sea_orm(table_name = "line")]
    /// #     pub struct Model {
    /// #         #[sea_orm(primary_key)] pub id: i32,
    /// #         pub order_id: i32,
    /// #         #[sea_orm(belongs_to, from = "order_id", to = "id")] pub order: HasOne<super::order::Entity>,
    /// #     }
    /// # }
    /// use audit_sea_orm::{history::Snapshot, prelude::*};
    /// # use sea_orm::{DatabaseConnection, DbErr, prelude::DateTimeUtc};
    ///
    /// /// The lines of an order as it was, those too that were deleted since.
    /// async fn lines(order: i32, time: DateTimeUtc, db: &DatabaseConnection) -> Result<Vec<Snapshot<line::Entity>>, DbErr> {
    ///     let Some(order) = History::<order::Entity>::find(order).at(time, db).await? else {
    ///         return Ok(Vec::new());
    ///     };
    ///     AsOf::<line::Entity>::at(time).related_to(&order)?.all(db).await
    /// }
    ///
    /// /// The order that a line belonged to.
    /// async fn order(
    ///     line: &Snapshot<line::Entity>,
    ///     time: DateTimeUtc,
    ///     db: &DatabaseConnection,
    /// ) -> Result<Option<Snapshot<order::Entity>>, DbErr> {
    ///     AsOf::<order::Entity>::at(time).related_to(line)?.one(db).await
    /// }
    /// # use sea_orm::{ActiveModelTrait, ConnectionTrait, Database, DbBackend, ModelTrait, Schema, Set};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), DbErr> {
    /// # let db = Database::connect("sqlite::memory:").await?;
    /// # let schema = Schema::new(DbBackend::Sqlite);
    /// # db.execute(&schema.create_table_from_entity(order::Entity)).await?;
    /// # db.execute(&schema.create_table_from_entity(line::Entity)).await?;
    /// # db.execute(&schema.create_table_from_entity(audit_log::Entity)).await?;
    /// # let of = order::ActiveModel { id: Set(7) }.audited_insert(&db).await?;
    /// # let part = line::ActiveModel { order_id: Set(7), ..Default::default() }.audited_insert(&db).await?;
    /// # let time = audit_log::Entity::for_object(&part).newest_first().page(&db, 1).await?.rows[0].occurred_at;
    /// # tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    /// # part.audited_delete(&db).await?;
    /// # let lines = lines(of.id, time, &db).await?;
    /// # assert_eq!(lines.len(), 1);
    /// # assert_eq!(order(&lines[0], time, &db).await?, History::of(&of).at(time, &db).await?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn related_to<R: Audited + Related<E>>(self, other: &Snapshot<R>) -> Result<Self> {
        let relation = relation::direct::<R, E>()?;
        Ok(self.tied(Tie::to_one(&relation, other)?))
    }

    /// Keeps those rows that were linked to another through a table between, as its entity declares it (`via`); `J` is the
    /// entity of that table.
    ///
    /// The links are those of the same time. A link with a column of the relation that nobody knows leads to no row.
    ///
    /// # Errors
    /// As of [`related_to`](Self::related_to), and what the database reports.
    ///
    /// # Example
    /// ```
    /// # mod film {
    /// #     use sea_orm::entity::prelude::*;
    /// #     #[sea_orm::model]
    /// #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
    /// #     #[sea_orm(table_name = "film")]
    /// #     pub struct Model {
    /// #         #[sea_orm(primary_key)] pub id: i32,
    /// #         #[sea_orm(has_many, via = "casting")] pub performers: HasMany<super::performer::Entity>,
    /// #     }
    /// # }
    /// # mod performer {
    /// #     use sea_orm::entity::prelude::*;
    /// #     #[sea_orm::model]
    /// #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
    /// #     #[sea_orm(table_name = "performer")]
    /// #     pub struct Model {
    /// #         #[sea_orm(primary_key)] pub id: i32,
    /// #         #[sea_orm(has_many, via = "casting")] pub films: HasMany<super::film::Entity>,
    /// #     }
    /// # }
    /// # mod casting {
    /// #     use sea_orm::entity::prelude::*;
    /// #     #[sea_orm::model]
    /// #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
    /// #     #[sea_orm(table_name = "casting")]
    /// #     pub struct Model {
    /// #         #[sea_orm(primary_key, auto_increment = false)] pub film_id: i32,
    /// #         #[sea_orm(primary_key, auto_increment = false)] pub performer_id: i32,
    /// #         #[sea_orm(belongs_to, from = "film_id", to = "id")] pub film: BelongsTo<super::film::Entity>,
    /// #         #[sea_orm(belongs_to, from = "performer_id", to = "id")] pub performer: BelongsTo<super::performer::Entity>,
    /// #     }
    /// # }
    /// use audit_sea_orm::{history::Snapshot, prelude::*};
    /// # use sea_orm::{DatabaseConnection, DbErr, prelude::DateTimeUtc};
    ///
    /// /// Who performed in a film, as it was cast then.
    /// async fn cast(
    ///     film: &Snapshot<film::Entity>,
    ///     time: DateTimeUtc,
    ///     db: &DatabaseConnection,
    /// ) -> Result<Vec<Snapshot<performer::Entity>>, DbErr> {
    ///     let performers = AsOf::<performer::Entity>::at(time);
    ///     performers.linked_to::<casting::Entity, _, _>(film, db).await?.all(db).await
    /// }
    /// # use sea_orm::{ActiveModelTrait, ConnectionTrait, Database, DbBackend, ModelTrait, Schema, Set};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), DbErr> {
    /// # let db = Database::connect("sqlite::memory:").await?;
    /// # let schema = Schema::new(DbBackend::Sqlite);
    /// # db.execute(&schema.create_table_from_entity(film::Entity)).await?;
    /// # db.execute(&schema.create_table_from_entity(performer::Entity)).await?;
    /// # db.execute(&schema.create_table_from_entity(casting::Entity)).await?;
    /// # db.execute(&schema.create_table_from_entity(audit_log::Entity)).await?;
    /// # let film = film::ActiveModel { id: Set(1) }.audited_insert(&db).await?;
    /// # performer::ActiveModel { id: Set(2) }.audited_insert(&db).await?;
    /// # performer::ActiveModel { id: Set(3) }.audited_insert(&db).await?;
    /// # let link = casting::ActiveModel { film_id: Set(1), performer_id: Set(3) }.audited_insert(&db).await?;
    /// # let time = audit_log::Entity::for_object(&link).newest_first().page(&db, 1).await?.rows[0].occurred_at;
    /// # tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    /// # link.audited_delete(&db).await?;
    /// # let film = History::of(&film).at(time, &db).await?.expect("it was there");
    /// # let cast = cast(&film, time, &db).await?;
    /// # assert_eq!(cast[0].get(performer::Column::Id), Ok(&3.into()));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn linked_to<J, R, C>(self, other: &Snapshot<R>, db: &C) -> Result<Self, DbErr>
    where
        J: Audited,
        R: Audited + Related<E>,
        C: AuditedWrite,
    {
        let (to_links, from_links) = relation::through::<R, E>()?;
        let links = Tie::<J>::to_one(&to_links, other)?;
        let links = AsOf::at(self.time).tied(links).all(db).await?;
        Ok(self.tied(Tie::to_any(&from_links, &links)?))
    }

    fn tied(mut self, tie: Tie<E>) -> Self {
        if self.keys.is_none() {
            self.keys = tie.keys();
        }
        self.filter(move |then| tie.holds(then))
    }

    /// A walk through the rows, in bounded memory.
    ///
    /// First come those that have a present row, in the order of their keys. Then come those that are gone, in the order of the
    /// records that deleted them; those whose deletion the context said to leave out of the log come last. Rows that are asked
    /// for by their keys, as [`related_to`](Self::related_to) does where it can, come in no certain order.
    ///
    /// On a pool the walk has a connection of its own until its end, or until it is dropped: with a pool of one, nothing else
    /// can be asked meanwhile.
    ///
    /// # Backends
    /// Where PostgreSQL's `TRUNCATE` emptied the table since, those that are gone come in the order of their keys' texts, and
    /// those that it removed cost some statements each.
    ///
    /// On PostgreSQL a key of more than 2,000 bytes stands as a digest in records. Its object is passed over where it is gone
    /// and no record has its columns, as all of them were left out.
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
    /// # use sea_orm::{DatabaseConnection, DbErr, prelude::DateTimeUtc};
    /// async fn worth(time: DateTimeUtc, db: &DatabaseConnection) -> Result<i32, DbErr> {
    ///     let mut worth = 0;
    ///     let mut cakes = AsOf::<cake::Entity>::at(time).walk(db).await?;
    ///     while let Some(cake) = cakes.try_next().await? {
    ///         worth += cake.model()?.price;
    ///     }
    ///     Ok(worth)
    /// }
    /// # fn main() {}
    /// ```
    pub async fn walk<'db, C: AuditedWrite>(
        &self,
        db: &'db C,
    ) -> Result<Snapshots<'db, E, C>, DbErr> {
        Snapshots::of(self.clone(), db).await
    }

    /// All the rows, in the order of [`walk`](Self::walk), which does not keep them all in memory.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn all<C: AuditedWrite>(&self, db: &C) -> Result<Vec<Snapshot<E>>, DbErr> {
        let mut walk = self.walk(db).await?;
        let mut all = Vec::new();
        while let Some(then) = walk.try_next().await? {
            all.push(then);
        }
        Ok(all)
    }

    /// The first of the rows, as [`walk`](Self::walk) has them; `None` where there was none.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn one<C: AuditedWrite>(&self, db: &C) -> Result<Option<Snapshot<E>>, DbErr> {
        let mut walk = self.walk(db).await?;
        let first = walk.try_next().await?;
        walk.end().await?;
        Ok(first)
    }

    fn keeps(&self, then: &Snapshot<E>) -> bool {
        self.filters.iter().all(|keeps| keeps(then))
    }
}

impl<E: Audited> Clone for AsOf<E> {
    fn clone(&self) -> Self {
        Self {
            time: self.time,
            filters: self.filters.clone(),
            keys: self.keys.clone(),
        }
    }
}

impl<E: Audited> fmt::Debug for AsOf<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsOf")
            .field("time", &self.time)
            .field("filters", &self.filters.len())
            .field("keys", &self.keys.as_ref().map(|keys| keys.len()))
            .finish()
    }
}
