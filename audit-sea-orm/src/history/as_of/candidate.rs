//! Objects that may have been there.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, Value};

use crate::{
    Audited,
    audited::{object, recorded::Recorded},
    read,
};

/// How many objects are looked at together.
pub(super) const BATCH: usize = 500;

/// The same, for a statement.
pub(super) const LIMIT: u64 = 500;

/// An object that may have been there.
#[derive(Debug)]
pub(super) struct Candidate<E: EntityTrait> {
    pub(super) key: Vec<Value>,
    /// Its key in records; `None` for one that has no text, and so no record.
    pub(super) id: Option<String>,
    pub(super) row: Option<E::Model>,
}

impl<E: Audited> Candidate<E> {
    pub(super) fn of_row(row: E::Model) -> Self {
        let key = object::model_key::<E>(&row, Recorded::<E>::get().keys());
        Self {
            id: object::id_text(&key).ok(),
            key,
            row: Some(row),
        }
    }
}

/// The rows behind a key, in the order of their keys.
pub(super) async fn behind<E: Audited, C: ConnectionTrait>(
    last: Option<&[Value]>,
    db: &C,
) -> Result<Vec<Candidate<E>>, DbErr> {
    let rows = read::behind::<E>(last, LIMIT).all(db).await?.into_iter();
    Ok(rows.map(Candidate::of_row).collect())
}

/// The objects with these keys, each with its row where there is one.
pub(super) async fn with_keys<E: Audited, C: ConnectionTrait>(
    keys: Vec<Vec<Value>>,
    db: &C,
) -> Result<Vec<Candidate<E>>, DbErr> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let rows = E::find().filter(is_one_of::<E>(&keys)).all(db).await?;
    let rows = rows.into_iter().map(Candidate::<E>::of_row);
    // By the text: two keys that a database takes for one are two objects.
    let mut rows: HashMap<_, _> = rows.map(|found| (found.id, found.row)).collect();
    let candidate = |key: Vec<Value>| {
        let id = object::id_text(&key).ok();
        let row = rows.remove(&id).flatten();
        Candidate { key, id, row }
    };
    Ok(keys.into_iter().map(candidate).collect())
}

fn is_one_of<E: Audited>(keys: &[Vec<Value>]) -> Condition {
    let columns = Recorded::<E>::get().keys();
    if let [column] = columns {
        let values = keys.iter().flatten().cloned();
        return Condition::all().add(column.is_in(values));
    }
    let is = |key: &Vec<Value>| {
        let columns = columns.iter().zip(key);
        columns.fold(Condition::all(), |all, (column, value)| {
            all.add(column.eq(value.clone()))
        })
    };
    keys.iter().map(is).fold(Condition::any(), Condition::add)
}
