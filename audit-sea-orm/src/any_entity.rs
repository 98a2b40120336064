//! The audited entities of the program, by their tables: what is asked of one whose type is not known.

mod unique;

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    marker::PhantomData,
    sync::{Arc, LazyLock},
};

use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult,
    IdenStatic, Identity, IntoActiveModel, Iterable, ModelTrait, QueryFilter, QueryResult,
    QuerySelect, QueryTrait, RelationDef, RelationTrait, Select, Value,
    prelude::async_trait::async_trait,
    sea_query::{Expr, SchemaName, SelectStatement, TableName, TableRef},
};
use serde_json::Value as Json;

use crate::{
    Audited, AuditedTransaction,
    audited::{object, qualified_name, recorded::Recorded, renames},
    baseline::{self, entity::BaselineEntity},
    entity::audit_log,
    history::{
        subject::{self, Subject},
        values::{decode, value_of},
    },
    read::{of_objects, tables_of},
    record::{encoding, unknown::Unknown},
};

/// The values of a row that records show, by column.
pub(crate) type Row = BTreeMap<String, Json>;

/// A row with the text of its key.
pub(crate) type KeyedRow = (String, Row);

/// Columns that refer to those of another table.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    pub(crate) columns: Vec<String>,
    /// As the database names it.
    pub(crate) table: String,
    pub(crate) referred: Vec<String>,
}

/// What is written to turn an object back.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Write<'a> {
    Insert(&'a Row),
    Update(&'a Row),
    Delete,
}

/// What is asked of an audited entity whose type is not known.
#[async_trait]
pub(crate) trait AnyEntity: Send + Sync {
    /// The table, as records name it.
    fn table(&self) -> &str;

    /// The table, as the database names it.
    fn own_table(&self) -> &str;

    /// Where it stands among entities of the same table, in whatever order they are linked.
    fn rank(&self) -> (Reverse<usize>, &'static str);

    /// Where its rows refer to others.
    fn references(&self) -> &[Reference];

    /// The columns that no two rows have the same values of, beside the key.
    fn unique(&self) -> &[Vec<String>];

    /// The records of objects, by the texts of their keys.
    fn records(&self, ids: &[&str]) -> Select<audit_log::Entity>;

    /// Each name that a column has in records, with one of the table's there.
    fn recorded_names(&self, column: &str) -> Vec<(String, String)>;

    /// The columns of the key.
    fn key_columns(&self) -> Vec<&'static str>;

    /// What the history of its objects asks.
    fn subject(&self) -> &'static dyn Subject;

    /// What a baseline of its rows asks.
    fn baseline(&self) -> &'static dyn BaselineEntity;

    /// The values of the key of the object that a record names by this text.
    fn key_values(&self, object_id: &str) -> Option<Vec<Value>>;

    /// The same, by column.
    fn key(&self, object_id: &str) -> Option<Row>;

    /// The key of an object among the values of a record.
    fn key_of(&self, columns: &Row) -> Option<Row>;

    /// The text of a key.
    fn id(&self, key: &Row) -> Option<String>;

    /// The columns of a row that is to be there again, as the present row would have them; and those whose values are not
    /// known. Of a whole row each column must be known.
    fn restorable(&self, columns: &Row, is_whole: bool) -> (Row, Vec<(String, Unknown)>);

    /// Whether it has a column of that name.
    fn has_column(&self, column: &str) -> bool;

    /// Why a value is none of a column's.
    fn misfit(&self, column: &str, value: &Json) -> Option<String>;

    /// The statement that reads the rows that have one of these sets of values; it locks them until the transaction ends, where
    /// that is asked for.
    fn select(&self, any_of: &[Row], locks: bool) -> Result<SelectStatement, DbErr>;

    /// What such a statement read.
    fn read(&self, row: &QueryResult) -> Result<KeyedRow, DbErr>;

    /// Writes to the object with that key.
    async fn write(
        &self,
        key: &Row,
        write: Write<'_>,
        db: &AuditedTransaction,
    ) -> Result<(), DbErr>;
}

/// The rows of an entity that have one of these sets of values: see [`AnyEntity::select`].
pub(crate) async fn rows<C: ConnectionTrait>(
    entity: &dyn AnyEntity,
    any_of: &[Row],
    locks: bool,
    db: &C,
) -> Result<Vec<KeyedRow>, DbErr> {
    if any_of.is_empty() {
        return Ok(Vec::new());
    }
    // As built: a restricted connection looks at what the statement touches.
    let rows = db.query_all(&entity.select(any_of, locks)?).await?;
    rows.iter().map(|row| entity.read(row)).collect()
}

/// An audited entity, as it is registered for an undo.
#[derive(Clone, Copy)]
pub struct UndoableEntity(fn() -> Arc<dyn AnyEntity>);

impl std::fmt::Debug for UndoableEntity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let entity = (self.0)();
        f.debug_tuple("UndoableEntity")
            .field(&entity.table())
            .finish()
    }
}

impl UndoableEntity {
    /// The entry of an entity. [`register_audited!`](crate::register_audited) makes it known.
    #[must_use]
    pub const fn of<E>() -> Self
    where
        E: Audited<Model: IntoActiveModel<E::ActiveModel>, ActiveModel: Send>,
    {
        Self(|| Arc::new(Typed::<E>::new()))
    }
}

inventory::collect!(UndoableEntity);

/// The audited entities of the program, by their table in records: mostly one for each. Of several the one with the most columns comes
/// first, as it tells the most of the table.
fn registered() -> &'static BTreeMap<String, Vec<Arc<dyn AnyEntity>>> {
    static ALL: LazyLock<BTreeMap<String, Vec<Arc<dyn AnyEntity>>>> = LazyLock::new(|| {
        let mut all = BTreeMap::<_, Vec<_>>::new();
        for registered in inventory::iter::<UndoableEntity> {
            let entity = (registered.0)();
            all.entry(entity.table().to_owned())
                .or_default()
                .push(entity);
        }
        for sharing in all.values_mut() {
            sharing.sort_by_key(|entity| entity.rank());
        }
        all
    });
    &ALL
}

/// The audited entities of a table of that name in records: one, unless several share it.
pub(crate) fn all_of(table: &str) -> &'static [Arc<dyn AnyEntity>] {
    registered().get(table).map_or(&[], Vec::as_slice)
}

/// The audited entity of a table of that name in records; of several the one with the most columns.
pub(crate) fn of(table: &str) -> Option<&'static dyn AnyEntity> {
    all_of(table).first().map(AsRef::as_ref)
}

/// An audited entity of each table, with a share in it.
pub(crate) fn each_shared() -> impl Iterator<Item = &'static Arc<dyn AnyEntity>> {
    registered()
        .values()
        .filter_map(|entities| entities.first())
}

/// An audited entity of each table.
pub(crate) fn each() -> impl Iterator<Item = &'static dyn AnyEntity> {
    each_shared().map(AsRef::as_ref)
}

/// An entity whose type is known, with what is asked of it again and again. What need not know the type stands outside: an
/// application compiles the rest once more for each entity.
pub(crate) struct Typed<E> {
    own_table: String,
    references: Vec<Reference>,
    unique: Vec<Vec<String>>,
    entity: PhantomData<fn() -> E>,
}

impl<E: Audited> Typed<E> {
    pub(crate) fn new() -> Self {
        let mut references = Vec::new();
        for relation in E::Relation::iter() {
            references.extend(reference(&relation.def()));
        }
        Self {
            own_table: qualified_name(&E::default()),
            references,
            unique: unique::columns::<E>(),
            entity: PhantomData,
        }
    }

    fn column(name: &str) -> Option<E::Column> {
        E::Column::iter().find(|column| column.as_str() == name)
    }

    fn value(name: &str, json: &Json) -> Result<(E::Column, Value), DbErr> {
        let column = Self::column(name).ok_or_else(|| {
            let table = Recorded::<E>::get().table();
            DbErr::Custom(format!("`{table}` has no column `{name}`"))
        })?;
        let value = decode::<E>(column, json).map_err(crate::Error::from)?;
        Ok((column, value))
    }

    /// Whether a row has all of these values.
    fn has(values: &Row) -> Result<Condition, DbErr> {
        let mut all = Condition::all();
        for (name, json) in values {
            let (column, value) = Self::value(name, json)?;
            all = all.add(column.eq(value));
        }
        Ok(all)
    }

    /// Whether a row has one of these sets of values. By a list, where each is of one column, which every planner knows.
    fn has_any(any_of: &[Row]) -> Result<Condition, DbErr> {
        if let Some(name) = only_column(any_of)
            && let Some(column) = Self::column(name)
        {
            let mut list: Vec<Value> = Vec::with_capacity(any_of.len());
            for json in any_of.iter().flat_map(BTreeMap::values) {
                list.push(Self::value(name, json)?.1);
            }
            return Ok(Condition::all().add(column.is_in(list)));
        }
        let mut any = Condition::any().add(Expr::value(false));
        for values in any_of {
            any = any.add(Self::has(values)?);
        }
        Ok(any)
    }

    fn row(model: &E::Model) -> Result<KeyedRow, DbErr> {
        let recorded = Recorded::<E>::get();
        let key = object::model_key::<E>(model, recorded.keys());
        let id = object::id_text(&key).map_err(crate::Error::from)?;
        let mut row = Row::new();
        for (column, field) in recorded.columns().iter().zip(recorded.fields()) {
            if !field.is_masked()
                && let Ok(json) = encoding::to_json(&model.get(*column))
            {
                row.insert(column.as_str().to_owned(), json);
            }
        }
        Ok((id, row))
    }

    fn active_model(key: &Row, columns: &Row) -> Result<E::ActiveModel, DbErr> {
        let mut model = <E::ActiveModel as ActiveModelTrait>::default();
        for (name, json) in columns.iter().chain(key) {
            let (column, value) = Self::value(name, json)?;
            model.set(column, value);
        }
        Ok(model)
    }
}

#[async_trait]
impl<E> AnyEntity for Typed<E>
where
    E: Audited<Model: IntoActiveModel<E::ActiveModel>, ActiveModel: Send>,
{
    fn table(&self) -> &str {
        Recorded::<E>::get().table()
    }

    fn own_table(&self) -> &str {
        &self.own_table
    }

    fn rank(&self) -> (Reverse<usize>, &'static str) {
        (
            Reverse(E::Column::iter().count()),
            std::any::type_name::<E>(),
        )
    }

    fn references(&self) -> &[Reference] {
        &self.references
    }

    fn unique(&self) -> &[Vec<String>] {
        &self.unique
    }

    fn records(&self, ids: &[&str]) -> Select<audit_log::Entity> {
        of_objects::<E>(audit_log::Entity::find(), ids.iter().copied())
    }

    fn recorded_names(&self, column: &str) -> Vec<(String, String)> {
        recorded_names(self.table(), &tables_of::<E>(), column)
    }

    fn key_columns(&self) -> Vec<&'static str> {
        let keys = Recorded::<E>::get().keys().iter();
        keys.map(IdenStatic::as_str).collect()
    }

    fn subject(&self) -> &'static dyn Subject {
        subject::of::<E>()
    }

    fn baseline(&self) -> &'static dyn BaselineEntity {
        baseline::entity::of::<E>()
    }

    fn key_values(&self, object_id: &str) -> Option<Vec<Value>> {
        object::key_of_text::<E>(object_id)
    }

    fn key(&self, object_id: &str) -> Option<Row> {
        let values = self.key_values(object_id)?;
        let mut key = Row::new();
        for (column, value) in Recorded::<E>::get().keys().iter().zip(&values) {
            let json = encoding::to_json(value).ok()?;
            key.insert(column.as_str().to_owned(), json);
        }
        Some(key)
    }

    fn key_of(&self, columns: &Row) -> Option<Row> {
        let mut found = Row::new();
        for key in Recorded::<E>::get().keys() {
            let (name, json) = columns.get_key_value(key.as_str())?;
            decode::<E>(*key, json).ok()?;
            found.insert(name.clone(), json.clone());
        }
        Some(found)
    }

    fn id(&self, key: &Row) -> Option<String> {
        let keys = Recorded::<E>::get().keys().iter();
        let parts = keys.map(|column| decode::<E>(*column, key.get(column.as_str())?).ok());
        object::id_text(&parts.collect::<Option<Vec<_>>>()?).ok()
    }

    fn restorable(&self, columns: &Row, is_whole: bool) -> (Row, Vec<(String, Unknown)>) {
        let _recorded = Recorded::<E>::get();
        let (mut known, mut unknown) = (Row::new(), Vec::new());
        for column in E::Column::iter() {
            let name = column.as_str();
            let json = columns.get(name);
            if json.is_none() && !is_whole {
                continue;
            }
            let value = value_of::<E>(column, json);
            let canonical =
                value.and_then(|value| encoding::to_json(&value).map_err(Unknown::Unreadable));
            match canonical {
                Ok(json) => drop(known.insert(name.to_owned(), json)),
                Err(why) => unknown.push((name.to_owned(), why)),
            }
        }
        (known, unknown)
    }

    fn has_column(&self, column: &str) -> bool {
        Self::column(column).is_some()
    }

    fn misfit(&self, column: &str, value: &Json) -> Option<String> {
        let refused = decode::<E>(Self::column(column)?, value).err()?;
        Some(refused.to_string())
    }

    fn select(&self, any_of: &[Row], locks: bool) -> Result<SelectStatement, DbErr> {
        let mut select = E::find().filter(Self::has_any(any_of)?);
        if locks {
            select = select.lock_exclusive();
        }
        Ok(select.into_query())
    }

    fn read(&self, row: &QueryResult) -> Result<KeyedRow, DbErr> {
        Self::row(&E::Model::from_query_result(row, "")?)
    }

    async fn write(
        &self,
        key: &Row,
        write: Write<'_>,
        db: &AuditedTransaction,
    ) -> Result<(), DbErr> {
        match write {
            Write::Insert(columns) => drop(Self::active_model(key, columns)?.insert(db).await?),
            Write::Update(columns) => drop(Self::active_model(key, columns)?.update(db).await?),
            Write::Delete => {
                let deleted = Self::active_model(key, &Row::new())?.delete(db).await?;
                if deleted.rows_affected == 0 {
                    return Err(DbErr::RecordNotFound(format!(
                        "a row of `{}`",
                        self.table()
                    )));
                }
            }
        }
        Ok(())
    }
}

/// The reference of a relation; `None` where the other side holds the key. SeaORM calls that side the owner that does not.
fn reference(relation: &RelationDef) -> Option<Reference> {
    if relation.is_owner {
        return None;
    }
    Some(Reference {
        columns: names(&relation.from_col),
        table: table_name(&relation.to_tbl)?,
        referred: names(&relation.to_col),
    })
}

/// The one column that each of these sets has a value of.
fn only_column(any_of: &[Row]) -> Option<&str> {
    let (name, _) = any_of.first()?.first_key_value()?;
    let is_only = |values: &Row| values.len() == 1 && values.contains_key(name);
    any_of.iter().all(is_only).then_some(name)
}

/// Each name that a column of a table has in records, with each of the table's.
fn recorded_names(table: &str, tables: &[String], column: &str) -> Vec<(String, String)> {
    let former = renames::all().former_columns(column);
    let former = former.filter(|(tables, _)| tables.first() == Some(&table));
    let former = former.flat_map(|(_, former)| former.iter().map(String::as_str));
    let columns: Vec<&str> = std::iter::once(column).chain(former).collect();
    let pairs = tables.iter().flat_map(|table| {
        let columns = columns.iter();
        columns.map(move |column| (table.clone(), (*column).to_owned()))
    });
    pairs.collect()
}

fn names(columns: &Identity) -> Vec<String> {
    columns.iter().map(|column| column.to_string()).collect()
}

fn table_name(table: &TableRef) -> Option<String> {
    let TableRef::Table(TableName(schema, table), _) = table else {
        return None;
    };
    Some(match schema {
        Some(SchemaName(_, schema)) => format!("{schema}.{table}"),
        None => table.to_string(),
    })
}
