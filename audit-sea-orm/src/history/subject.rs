//! What the history of an object asks of its entity, whose type need not be known.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use sea_orm::{
    DbErr, EntityTrait, FromQueryResult, IdenStatic, QueryResult, QuerySelect, QueryTrait, Select,
    Value, sea_query::SelectStatement,
};
use serde_json::Value as Json;

use super::{present, snapshot::Snapshot, state::Columns, values};
use crate::{
    Audited,
    audited::{object, recorded::Recorded},
    entity::audit_log,
    read::{of_values, of_whole_table},
    record::{encoding, unknown::Unknown},
};

/// The entity of an object that has a history. What is written over it is compiled once for all of them.
pub(crate) trait Subject: fmt::Debug + Send + Sync {
    /// The records of the object with that key.
    fn records(&self, key: &[Value]) -> Select<audit_log::Entity>;

    /// The records of the table as a whole, of no one object.
    fn records_of_table(&self) -> Select<audit_log::Entity>;

    /// The columns beside the key that records show.
    fn recorded(&self) -> Vec<String>;

    /// The statement that reads the row with that key.
    fn select(&self, key: &[Value]) -> SelectStatement;

    /// What it read, as records would have it.
    fn read(&self, row: &QueryResult) -> Result<BTreeMap<String, Json>, DbErr>;

    /// Whether two values of a column are not the same.
    fn differ(&self, column: &str, one: &Json, other: &Json) -> bool;

    /// Every column, in the order of the entity, with its value as records would have it now, or why it is not known.
    fn snapshot(&self, key: &[Value], held: &Columns) -> Vec<(String, Result<Json, Unknown>)>;
}

/// That of an entity.
pub(crate) fn of<E: Audited>() -> &'static dyn Subject {
    &Of::<E>(PhantomData)
}

struct Of<E>(PhantomData<fn() -> E>);

impl<E: Audited> Subject for Of<E> {
    fn records(&self, key: &[Value]) -> Select<audit_log::Entity> {
        of_values::<E>(audit_log::Entity::find(), key)
    }

    fn records_of_table(&self) -> Select<audit_log::Entity> {
        of_whole_table::<E>(audit_log::Entity::find())
    }

    fn recorded(&self) -> Vec<String> {
        recorded::<E>().collect()
    }

    fn select(&self, key: &[Value]) -> SelectStatement {
        let row = object::with_key(E::find(), key);
        row.limit(1).into_query()
    }

    fn read(&self, row: &QueryResult) -> Result<BTreeMap<String, Json>, DbErr> {
        let row = E::Model::from_query_result(row, "")?;
        Ok(present::columns::<E>(&row))
    }

    fn differ(&self, column: &str, one: &Json, other: &Json) -> bool {
        values::differ::<E>(column, one, other)
    }

    fn snapshot(&self, key: &[Value], held: &Columns) -> Vec<(String, Result<Json, Unknown>)> {
        let snapshot = Snapshot::<E>::new(key, held);
        let columns = snapshot.columns().map(|(column, value)| {
            let json = value.as_ref().map_err(Clone::clone);
            let json = json.and_then(|value| encoding::to_json(value).map_err(Unknown::Unreadable));
            (column.as_str().to_owned(), json)
        });
        columns.collect()
    }
}

impl<E: Audited> fmt::Debug for Of<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Recorded::<E>::get().table())
    }
}

/// The columns beside the key that records show: a masked one they do not.
pub(super) fn recorded<E: Audited>() -> impl Iterator<Item = String> {
    let recorded = Recorded::<E>::get();
    let is_key = |name: &str| recorded.keys().iter().any(|key| key.as_str() == name);
    let fields = recorded.fields().iter();
    let shown = fields.filter(move |field| !field.is_masked() && !is_key(field.name()));
    shown.map(|field| field.name().to_owned())
}
