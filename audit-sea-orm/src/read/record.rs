use std::fmt::Display;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ModelTrait, PrimaryKeyTrait, QueryFilter, QueryOrder,
    Select, Value,
    sea_query::{Expr, IntoValueTuple},
};

use super::{
    RecordedColumn, TrailQuery,
    condition::{is_one_of, tables_of},
    trail::by_index,
};
use crate::{
    Audited,
    audited::{object, recorded::Recorded, renames},
    entity::audit_log::{Column, Entity},
    record::object_key,
};

/// What may be asked of the records, and combined with any other filter.
///
/// Each question also begins a select: `audit_log::Entity::for_object(&cake)`.
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
/// # use sea_orm::{ActiveModelTrait, ConnectionTrait, Database, DbBackend, IntoActiveModel, Schema, Set};
/// use audit_sea_orm::prelude::*;
/// # #[tokio::main]
/// # async fn main() -> Result<(), sea_orm::DbErr> {
/// # let db = Database::connect("sqlite::memory:").await?;
/// # let schema = Schema::new(DbBackend::Sqlite);
/// # db.execute(&schema.create_table_from_entity(cake::Entity)).await?;
/// # db.execute(&schema.create_table_from_entity(audit_log::Entity)).await?;
/// # let cake = cake::ActiveModel { price: Set(250), ..Default::default() }.insert(&db).await?;
/// let mut edited = cake.clone().into_active_model();
/// edited.price = Set(275);
/// AuditContext::new().actor(Actor::new("ada")).scope(edited.update(&db)).await?;
///
/// let who = audit_log::Entity::for_object(&cake)
///     .changed("price")
///     .by_actor("ada")
///     .newest_first()
///     .all(&db)
///     .await?;
/// assert_eq!(who.len(), 1);
/// # Ok(())
/// # }
/// ```
pub trait RecordQuery: Sized {
    /// Those of one object, in the order of its changes; those too that were written while its table had a
    /// [former name](crate::renames).
    ///
    /// [`newest_first`](crate::TrailQuery::newest_first) turns the order. `order_by_*` only adds to it, and changes
    /// nothing. Where another order is wanted, or a grouping, begin with a filter by columns.
    ///
    /// Where the table was renamed, the records of all its names are found by their index and put in order then: a page
    /// costs what the history of the object does.
    #[must_use]
    fn for_object<M>(self, model: &M) -> Self
    where
        M: ModelTrait,
        M::Entity: Audited + EntityTrait<Model = M>;

    /// Those of the object with that key in that table, for an object that is gone; in the order of
    /// [`for_object`](Self::for_object). The table may be named by any of its [names](crate::renames).
    #[must_use]
    fn for_key(self, table: &str, object_id: &str) -> Self;

    /// The same by the entity and its key, of several columns as a tuple: the type of each is checked.
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
    /// # use sea_orm::{ConnectionTrait, Database, DbBackend, Schema};
    /// use audit_sea_orm::prelude::*;
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), sea_orm::DbErr> {
    /// # let db = Database::connect("sqlite::memory:").await?;
    /// # db.execute(&Schema::new(DbBackend::Sqlite).create_table_from_entity(audit_log::Entity)).await?;
    /// let prices = audit_log::Entity::for_key_of::<cake::Entity>(7).changed(cake::Column::Price);
    /// assert_eq!(prices.all(&db).await?, []);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    fn for_key_of<E: Audited>(
        self,
        key: impl Into<<E::PrimaryKey as PrimaryKeyTrait>::ValueType>,
    ) -> Self;

    /// Those of the table of an entity, of whatever object; those too that were written while it had a
    /// [former name](crate::renames).
    ///
    /// Together with [`by_actor`](Self::by_actor) it is everything of one actor in one table: the actor's records are found by their
    /// index, and those of other tables passed over.
    ///
    /// # Example
    /// ```
    /// # mod cake {
    /// #     use sea_orm::entity::prelude::*;
    /// #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
    /// #     #[sea_orm(table_name = "cake")]
    /// #     pub struct Model { #[sea_orm(primary_key)] pub id: i32 }
    /// #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    /// #     pub enum Relation {}
    /// # }
    /// # use sea_orm::{ConnectionTrait, Database, DbBackend, Schema};
    /// use audit_sea_orm::prelude::*;
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), sea_orm::DbErr> {
    /// # let db = Database::connect("sqlite::memory:").await?;
    /// # db.execute(&Schema::new(DbBackend::Sqlite).create_table_from_entity(audit_log::Entity)).await?;
    /// let cakes_of_ada = audit_log::Entity::by_actor("ada").for_entity::<cake::Entity>().newest_first();
    /// assert_eq!(cakes_of_ada.page(&db, 50).await?.rows, []);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    fn for_entity<E: Audited>(self) -> Self;

    /// Those of one actor, by id: of who really acted.
    #[must_use]
    fn by_actor(self, actor_id: impl Display) -> Self;

    /// Those that somebody else made on behalf of one actor, by id.
    #[must_use]
    fn on_behalf_of(self, actor_id: impl Display) -> Self;

    /// Those that one actor made, and those that somebody else made on behalf of that actor, by id.
    ///
    /// Two indexes find them, and they are put in order then: a page costs what all of them do.
    ///
    /// # Example
    /// ```
    /// # use sea_orm::{ConnectionTrait, Database, DbBackend, Schema};
    /// use audit_sea_orm::prelude::*;
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let db = Database::connect("sqlite::memory:").await?;
    /// # db.execute(&Schema::new(DbBackend::Sqlite).create_table_from_entity(audit_log::Entity)).await?;
    /// let ada = AuditContext::new().actor(Actor::new("ada"));
    /// ada.scope(AuditEvent::new(Action::View).record(&db)).await?;
    /// let support = AuditContext::new().actor(Actor::new("grace")).on_behalf_of(Actor::new("ada"));
    /// support.scope(AuditEvent::new(Action::View).record(&db)).await?;
    ///
    /// assert_eq!(audit_log::Entity::by_actor("ada").all(&db).await?.len(), 1);
    /// assert_eq!(audit_log::Entity::on_behalf_of("ada").all(&db).await?.len(), 1);
    /// assert_eq!(audit_log::Entity::by_or_for_actor("ada").all(&db).await?.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    fn by_or_for_actor(self, actor_id: impl Display) -> Self;

    /// Those of one request.
    #[must_use]
    fn by_request(self, request_id: &str) -> Self;

    /// Those of one transaction, by the [`transaction_id`](crate::entity::audit_log::Model::transaction_id) of a record: the
    /// rest of what happened together with it.
    ///
    /// # Backends
    /// The records that have an id, of hooks, triggers and events alike:
    ///
    /// | written | PostgreSQL | SQLite, MariaDB, MySQL |
    /// |---|---|---|
    /// | in a transaction of an [`AuditedConnection`](crate::AuditedConnection), or one that became `audited()` | yes | yes |
    /// | by `audited_insert` and its sisters, logins and exports on a pool | yes | yes |
    /// | through an `AuditedConnection` outside a transaction, by triggers | yes | where a context goes along |
    /// | in a plain transaction (`db.begin()`, `begin_write()`) | yes | with a context, on a pool that [propagates] it |
    /// | outside a transaction, by hooks | each record its own | no |
    /// | outside a transaction, by triggers, on a plain pool | each statement its own | with a context, on a pool that [propagates] it |
    ///
    /// PostgreSQL numbers its transactions, and fills the column by itself. The others have no number that a statement or a
    /// trigger may read, so there a transaction has an id, a UUID, where this crate begins or takes it, or where the pool carries
    /// the context to its connection. It costs hooks nothing, and travels to triggers with the context. Savepoints have the id
    /// of their transaction. A plain transaction that becomes `audited()` half way has one id before, or none, and another after.
    ///
    /// [propagates]: crate::AuditConnectOptionsExt
    ///
    /// # Example
    /// ```
    /// # use sea_orm::{ConnectionTrait, Database, DbBackend, Schema, TransactionSession, TransactionTrait};
    /// use audit_sea_orm::prelude::*;
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let db = Database::connect("sqlite::memory:").await?;
    /// # db.execute(&Schema::new(DbBackend::Sqlite).create_table_from_entity(audit_log::Entity)).await?;
    /// let transaction = db.audited().begin().await?;
    /// AuditEvent::new(Action::Import).record(&transaction).await?;
    /// AuditEvent::new(Action::View).record(&transaction).await?;
    /// transaction.commit().await?;
    ///
    /// let record = audit_log::Entity::find_by_id(1).one(&db).await?.expect("just written");
    /// let id = record.transaction_id.expect("the library began the transaction");
    /// assert_eq!(audit_log::Entity::of_transaction(&id).all(&db).await?.len(), 2);
    /// # Ok(())
    /// # }
    /// # use sea_orm::EntityTrait;
    /// ```
    #[must_use]
    fn of_transaction(self, transaction_id: &str) -> Self;

    /// Those in which the column appears: it changed, or the row was created or deleted with it. Those too in which it
    /// stands under a [former name](crate::renames), in the records of the table that it belongs to.
    ///
    /// `changed("price")` asks for a column of that name, of whatever table; `changed(cake::Column::Price)` for that of one
    /// entity, in the records of its table alone, under all its names. A column that is masked appears, one that is skipped
    /// never does.
    ///
    /// No index serves it: use it with a question that one serves, such as [`for_object`](Self::for_object).
    ///
    /// # Backends
    /// Looks for the column's name in the JSON's text, exactly, as the JSON operators of the databases differ. A name with neither a
    /// letter nor a digit, such as `:`, may be found where it is not.
    #[must_use]
    fn changed<By>(self, column: impl RecordedColumn<By>) -> Self;
}

impl RecordQuery for Select<Entity> {
    fn for_object<M>(self, model: &M) -> Self
    where
        M: ModelTrait,
        M::Entity: Audited + EntityTrait<Model = M>,
    {
        let keys = Recorded::<M::Entity>::get().keys();
        of_values::<M::Entity>(self, &object::model_key::<M::Entity>(model, keys))
    }

    fn for_key_of<E: Audited>(
        self,
        key: impl Into<<E::PrimaryKey as PrimaryKeyTrait>::ValueType>,
    ) -> Self {
        let key: Vec<Value> = key.into().into_value_tuple().into_iter().collect();
        of_values::<E>(self, &key)
    }

    fn for_key(self, table: &str, object_id: &str) -> Self {
        of_key(self, renames::tables(table), object_id)
    }

    fn for_entity<E: Audited>(self) -> Self {
        of_table::<E>(self)
    }

    fn by_actor(self, actor_id: impl Display) -> Self {
        by_index(self).filter(Column::ActorId.eq(actor_id.to_string()))
    }

    fn on_behalf_of(self, actor_id: impl Display) -> Self {
        by_index(self).filter(Column::OnBehalfOfId.eq(actor_id.to_string()))
    }

    fn by_or_for_actor(self, actor_id: impl Display) -> Self {
        let actor_id = actor_id.to_string();
        let is_theirs = Condition::any()
            .add(Column::ActorId.eq(actor_id.as_str()))
            .add(Column::OnBehalfOfId.eq(actor_id));
        by_index(self).filter(is_theirs)
    }

    fn by_request(self, request_id: &str) -> Self {
        by_index(self).filter(Column::RequestId.eq(request_id))
    }

    fn of_transaction(self, transaction_id: &str) -> Self {
        by_index(self).filter(Column::TransactionId.eq(transaction_id))
    }

    fn changed<By>(self, column: impl RecordedColumn<By>) -> Self {
        self.filter(column.stands_in())
    }
}

/// The records of the object of an entity with that key.
pub(crate) fn of_values<E: Audited>(select: Select<Entity>, key: &[Value]) -> Select<Entity> {
    match object::id_text(key) {
        Ok(id) => of_key(select, tables_of::<E>().iter().map(String::as_str), &id),
        // A key that has no text never named a record.
        Err(_) => select.filter(Expr::value(false)),
    }
}

/// The records of the table of an entity as a whole, of no one object.
pub(crate) fn of_whole_table<E: Audited>(select: Select<Entity>) -> Select<Entity> {
    of_table::<E>(select).filter(Column::ObjectId.is_null())
}

/// The records of the table of an entity, of whatever object.
pub(crate) fn of_table<E: Audited>(select: Select<Entity>) -> Select<Entity> {
    let tables = tables_of::<E>();
    let tables = tables.iter().map(String::as_str);
    by_index(select).filter(is_one_of(Column::TableName, tables))
}

/// The records of the objects of an entity that stand under these texts in them.
pub(crate) fn of_objects<'a, E: Audited>(
    select: Select<Entity>,
    stored: impl IntoIterator<Item = &'a str>,
) -> Select<Entity> {
    of_table::<E>(select).filter(is_one_of(Column::ObjectId, stored))
}

/// The records of one object, whose table stands in them under any of these names.
fn of_key<'a>(
    select: Select<Entity>,
    tables: impl IntoIterator<Item = &'a str>,
    object_id: &str,
) -> Select<Entity> {
    let forms = object_key::stored_forms(object_id);
    by_index(select)
        .filter(is_one_of(Column::TableName, tables))
        .filter(is_one_of(Column::ObjectId, forms.iter().map(AsRef::as_ref)))
        .order_by_asc(Column::Id)
}

impl Entity {
    /// The records of one object, in the order of its changes; see [`RecordQuery::for_object`].
    #[must_use]
    pub fn for_object<M>(model: &M) -> Select<Self>
    where
        M: ModelTrait,
        M::Entity: Audited + EntityTrait<Model = M>,
    {
        Self::find().for_object(model)
    }

    /// The records of the object with that key in that table, for an object that is gone; in the order of its changes. See
    /// [`RecordQuery::for_key`].
    #[must_use]
    pub fn for_key(table: &str, object_id: &str) -> Select<Self> {
        Self::find().for_key(table, object_id)
    }

    /// The records of the object of an entity with that key, for an object that is gone; in the order of its changes. See
    /// [`RecordQuery::for_key_of`].
    #[must_use]
    pub fn for_key_of<E: Audited>(
        key: impl Into<<E::PrimaryKey as PrimaryKeyTrait>::ValueType>,
    ) -> Select<Self> {
        Self::find().for_key_of::<E>(key)
    }

    /// The records of the table of an entity; see [`RecordQuery::for_entity`].
    #[must_use]
    pub fn for_entity<E: Audited>() -> Select<Self> {
        Self::find().for_entity::<E>()
    }

    /// The records of one actor, by id: of who really acted.
    #[must_use]
    pub fn by_actor(actor_id: impl Display) -> Select<Self> {
        Self::find().by_actor(actor_id)
    }

    /// The records that somebody else made on behalf of one actor, by id.
    #[must_use]
    pub fn on_behalf_of(actor_id: impl Display) -> Select<Self> {
        Self::find().on_behalf_of(actor_id)
    }

    /// The records that one actor made, and those that somebody else made on behalf of that actor; see
    /// [`RecordQuery::by_or_for_actor`].
    #[must_use]
    pub fn by_or_for_actor(actor_id: impl Display) -> Select<Self> {
        Self::find().by_or_for_actor(actor_id)
    }

    /// The records of one tenant; see [`TrailQuery::of_tenant`].
    #[must_use]
    pub fn of_tenant(tenant_id: impl Display) -> Select<Self> {
        Self::find().of_tenant(tenant_id)
    }

    /// The records of one request.
    #[must_use]
    pub fn by_request(request_id: &str) -> Select<Self> {
        Self::find().by_request(request_id)
    }

    /// The records of one transaction; see [`RecordQuery::of_transaction`].
    #[must_use]
    pub fn of_transaction(transaction_id: &str) -> Select<Self> {
        Self::find().of_transaction(transaction_id)
    }

    /// The records from `from` on and before `until`.
    #[must_use]
    pub fn between(from: DateTime<Utc>, until: DateTime<Utc>) -> Select<Self> {
        Self::find().between(from, until)
    }

    /// The records in which the column appears; see [`RecordQuery::changed`].
    #[must_use]
    pub fn changed<By>(column: impl RecordedColumn<By>) -> Select<Self> {
        Self::find().changed(column)
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{DbBackend, QueryTrait};

    use super::*;

    #[test]
    fn the_search_for_a_column_asks_for_no_function_that_an_old_sqlite_lacks() {
        let condition = |backend| {
            let sql = Entity::changed("price").build(backend).sql;
            sql.split_once("WHERE ")
                .map(|(_, condition)| condition.to_owned())
        };
        let new = |text: &str| format!("COALESCE({text}, ?) <> replace(COALESCE({text}, ?), ?, ?)");
        let sqlite = [r#""audit_log"."new_values""#, r#""audit_log"."old_values""#].map(new);
        assert_eq!(condition(DbBackend::Sqlite), Some(sqlite.join(" OR ")));
        let postgres = condition(DbBackend::Postgres).unwrap_or_default();
        assert!(
            postgres.contains(r#"CAST("audit_log"."new_values" AS "text")"#),
            "{postgres}"
        );
    }
}
