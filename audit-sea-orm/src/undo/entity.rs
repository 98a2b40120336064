//! The audited entities of the program, by their tables: what an undo asks of one whose type it does not know.

use std::{collections::BTreeMap, marker::PhantomData, sync::LazyLock};

use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DbErr, EntityTrait, IdenStatic, Identity,
    IntoActiveModel, Iterable, ModelTrait, QueryFilter, QuerySelect, RelationTrait, Select, Value,
    prelude::async_trait::async_trait,
    sea_query::{Expr, SchemaName, TableName, TableRef},
};
use serde_json::Value as Json;

use super::unique;
use crate::{
    Audited, AuditedTransaction,
    audited::{object, qualified_name, recorded::Recorded},
    entity::audit_log,
    history::values::{decode, differ, value_of},
    read::of_objects,
    record::{encoding, unknown::Unknown},
};

/// The values of a row that records show, by column.
pub(super) type Row = BTreeMap<String, Json>;

/// A row with the text of its key.
pub(super) type KeyedRow = (String, Row);

/// Columns that refer to those of another table.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    pub(super) columns: Vec<String>,
    /// As the database names it.
    pub(super) table: String,
    pub(super) referred: Vec<String>,
}

/// What is written to turn an object back.
#[derive(Clone, Copy, Debug)]
pub(super) enum Write<'a> {
    Insert(&'a Row),
    Update(&'a Row),
    Delete,
}

/// What an undo asks of an audited entity.
#[async_trait]
pub(super) trait AnyEntity: Send + Sync {
    /// The table, as records name it.
    fn table(&self) -> &str;

    /// The table, as the database names it.
    fn own_table(&self) -> &str;

    /// Where its rows refer to others.
    fn references(&self) -> &[Reference];

    /// The columns that no two rows have the same values of, beside the key.
    fn unique(&self) -> &[Vec<String>];

    /// The records of objects, by the texts of their keys.
    fn records(&self, ids: &[&str]) -> Select<audit_log::Entity>;

    /// The key of the object that a record names by this text.
    fn key(&self, object_id: &str) -> Option<Row>;

    /// The key of an object among the values of a record.
    fn key_of(&self, columns: &Row) -> Option<Row>;

    /// The text of a key.
    fn id(&self, key: &Row) -> Option<String>;

    /// The columns of a row that is to be there again, as the present row would have them; and those whose values are not
    /// known. Of a whole row each column must be known.
    fn restorable(&self, columns: &Row, is_whole: bool) -> (Row, Vec<(String, Unknown)>);

    /// Whether two values of a column are not the same.
    fn differ(&self, column: &str, one: &Json, other: &Json) -> bool;

    /// The rows that have one of these sets of values; locked until the transaction ends, where that is asked for.
    async fn rows(
        &self,
        any_of: &[Row],
        locks: bool,
        db: &AuditedTransaction,
    ) -> Result<Vec<KeyedRow>, DbErr>;

    /// Writes to the object with that key.
    async fn write(
        &self,
        key: &Row,
        write: Write<'_>,
        db: &AuditedTransaction,
    ) -> Result<(), DbErr>;
}

/// An audited entity, as it is registered for an undo.
#[derive(Clone, Copy)]
pub struct UndoableEntity(fn() -> Box<dyn AnyEntity>);

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
        Self(|| Box::new(Typed::<E>::new()))
    }
}

inventory::collect!(UndoableEntity);

/// Every audited entity of the program, by its table in records. Where two have one table, whichever is met first.
pub(super) fn all() -> &'static BTreeMap<String, Box<dyn AnyEntity>> {
    static ALL: LazyLock<BTreeMap<String, Box<dyn AnyEntity>>> = LazyLock::new(|| {
        let mut all = BTreeMap::new();
        for registered in inventory::iter::<UndoableEntity> {
            let entity = (registered.0)();
            all.entry(entity.table().to_owned()).or_insert(entity);
        }
        all
    });
    &ALL
}

/// An entity whose type is known, with what is asked of it again and again.
struct Typed<E> {
    own_table: String,
    references: Vec<Reference>,
    unique: Vec<Vec<String>>,
    entity: PhantomData<fn() -> E>,
}

impl<E: Audited> Typed<E> {
    fn new() -> Self {
        let relations = E::Relation::iter().map(|relation| relation.def());
        // SeaORM calls that side the owner that does not hold the key.
        let held = relations.filter(|relation| !relation.is_owner);
        let references = held.filter_map(|relation| {
            Some(Reference {
                columns: names(&relation.from_col),
                table: table_name(&relation.to_tbl)?,
                referred: names(&relation.to_col),
            })
        });
        Self {
            own_table: qualified_name(&E::default()),
            references: references.collect(),
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
        let singles = any_of.iter().map(|values| match values.len() {
            1 => values.iter().next(),
            _ => None,
        });
        if let Some(singles) = singles.collect::<Option<Vec<_>>>()
            && let Some((name, _)) = singles.first()
            && singles.iter().all(|(other, _)| other == name)
        {
            let mut list = Vec::with_capacity(singles.len());
            for (name, json) in &singles {
                list.push(Self::value(name, json)?.1);
            }
            let column = Self::value(name, singles[0].1)?.0;
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
        let shown = recorded.columns().iter();
        let shown = shown.filter(|column| recorded.unmasked_column(column.as_str()).is_some());
        let values = shown.filter_map(|column| {
            let json = encoding::to_json(&model.get(*column)).ok()?;
            Some((column.as_str().to_owned(), json))
        });
        Ok((id, values.collect()))
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

    fn references(&self) -> &[Reference] {
        &self.references
    }

    fn unique(&self) -> &[Vec<String>] {
        &self.unique
    }

    fn records(&self, ids: &[&str]) -> Select<audit_log::Entity> {
        of_objects::<E>(audit_log::Entity::find(), ids.iter().copied())
    }

    fn key(&self, object_id: &str) -> Option<Row> {
        let values = object::key_of_text::<E>(object_id)?;
        let keys = Recorded::<E>::get().keys().iter();
        let parts = keys.zip(&values).map(|(column, value)| {
            let json = encoding::to_json(value).ok()?;
            Some((column.as_str().to_owned(), json))
        });
        parts.collect()
    }

    fn key_of(&self, columns: &Row) -> Option<Row> {
        let keys = Recorded::<E>::get().keys().iter();
        let parts = keys.map(|key| {
            let (name, json) = columns.get_key_value(key.as_str())?;
            decode::<E>(*key, json).ok()?;
            Some((name.clone(), json.clone()))
        });
        parts.collect()
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

    fn differ(&self, column: &str, one: &Json, other: &Json) -> bool {
        differ::<E>(column, one, other)
    }

    async fn rows(
        &self,
        any_of: &[Row],
        locks: bool,
        db: &AuditedTransaction,
    ) -> Result<Vec<KeyedRow>, DbErr> {
        if any_of.is_empty() {
            return Ok(Vec::new());
        }
        let mut select = E::find().filter(Self::has_any(any_of)?);
        if locks {
            select = select.lock_exclusive();
        }
        let models = select.all(db).await?;
        models.iter().map(Self::row).collect()
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
