//! Which rows are related to others, by what both held.

use std::{collections::BTreeSet, sync::Arc};

use sea_orm::{DbErr, IdenStatic, Identity, Iterable, Related, RelationDef, Value};
use serde_json::Value as Json;

use super::super::{Snapshot, values::decode};
use crate::{
    Audited, Error, Result,
    audited::recorded::Recorded,
    record::{encoding, unknown::UnknownColumns},
};

/// The columns of an entity by which its rows are related to others, and the values that those others have.
#[derive(Clone, Debug)]
pub(super) struct Tie<E: Audited> {
    columns: Vec<E::Column>,
    values: BTreeSet<Vec<String>>,
}

/// The relation without a table between.
pub(super) fn direct<R: Related<E> + Audited, E: Audited>() -> Result<RelationDef> {
    match <R as Related<E>>::via() {
        None => Ok(<R as Related<E>>::to()),
        Some(_) => Err(refused(
            "a relation through a table between: name that, by `linked_to`",
        )),
    }
}

/// The relation to the table between, and on from it.
pub(super) fn through<R: Related<E> + Audited, E: Audited>() -> Result<(RelationDef, RelationDef)> {
    match <R as Related<E>>::via() {
        Some(via) => Ok((via, <R as Related<E>>::to())),
        None => Err(refused(
            "no relation through a table between: ask by `related_to`",
        )),
    }
}

fn refused(why: &str) -> Error {
    Error::Db(DbErr::Custom(format!("audit: {why}")))
}

impl<E: Audited> Tie<E> {
    /// To one other, whose values must be known.
    pub(super) fn to_one<R: Audited>(relation: &RelationDef, other: &Snapshot<R>) -> Result<Self> {
        let from = columns::<R>(&relation.from_col)?;
        let unknown = from.iter().filter_map(|column| {
            let why = other.get(*column).err()?;
            Some((column.as_str().to_owned(), why.clone()))
        });
        let unknown: Vec<_> = unknown.collect();
        if !unknown.is_empty() {
            return Err(Error::Incomplete(UnknownColumns::new(unknown)));
        }
        Self::to_any(relation, [other])
    }

    /// To any of some others. One whose values are not known is related to none.
    pub(super) fn to_any<'a, R: Audited>(
        relation: &RelationDef,
        others: impl IntoIterator<Item = &'a Snapshot<R>>,
    ) -> Result<Self> {
        let from = columns::<R>(&relation.from_col)?;
        let others = others.into_iter();
        Ok(Self {
            columns: columns::<E>(&relation.to_col)?,
            values: others.filter_map(|other| values(other, &from)).collect(),
        })
    }

    pub(super) fn holds(&self, then: &Snapshot<E>) -> bool {
        values(then, &self.columns).is_some_and(|values| self.values.contains(&values))
    }

    /// The keys of those that are related, where it is by their key.
    pub(super) fn keys(&self) -> Option<Arc<[Vec<Value>]>> {
        let keys = Recorded::<E>::get().keys();
        if keys.len() != self.columns.len() {
            return None;
        }
        let place = |key: &E::Column| {
            let mut columns = self.columns.iter();
            columns.position(|column| column.as_str() == key.as_str())
        };
        let places: Vec<usize> = keys.iter().map(place).collect::<Option<_>>()?;
        let key = |values: &Vec<String>| {
            let places = keys.iter().zip(&places);
            let key = places.map(|(column, place)| {
                let json = serde_json::from_str(&values[*place]).ok()?;
                decode::<E>(*column, &json).ok()
            });
            // One that is no key of the entity is that of none.
            key.collect::<Option<Vec<Value>>>()
        };
        Some(self.values.iter().filter_map(key).collect())
    }
}

/// The values of some columns, so that those of two types of numbers are the same; `None` where one is null or not known.
fn values<E: Audited>(then: &Snapshot<E>, columns: &[E::Column]) -> Option<Vec<String>> {
    let values = columns.iter().map(|column| {
        let value = encoding::to_json(then.get(*column).ok()?).ok()?;
        (value != Json::Null).then(|| value.to_string())
    });
    values.collect()
}

fn columns<E: Audited>(named: &Identity) -> Result<Vec<E::Column>> {
    let column = |name: String| {
        let mut columns = E::Column::iter();
        let found = columns.find(|column| column.as_str() == name);
        found.ok_or_else(|| {
            let table = E::audit_table();
            refused(&format!(
                "the relation names a column `{name}`, which `{table}` lacks"
            ))
        })
    };
    named.iter().map(|name| column(name.to_string())).collect()
}
