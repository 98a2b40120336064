use audit_core::{Change, Changes, FieldPolicy};
use sea_orm::{
    ActiveModelTrait, EntityTrait, IdenStatic, Iterable, ModelTrait, TryIntoModel, Value,
};

use super::{
    state::{Columns, Held, Lack},
    values,
};
use crate::{
    Audited, Error, Result,
    audited::recorded::Recorded,
    record::{
        encoding,
        unknown::{Unknown, UnknownColumns},
    },
};

/// An object as it was at one point of its [history](crate::history): the value of each column, or why nobody knows it.
#[derive(Clone, Debug)]
pub struct Snapshot<E: EntityTrait> {
    /// One for each column of the entity, in its order.
    columns: Vec<(E::Column, Result<Value, Unknown>)>,
}

/// What differs between two snapshots.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Difference {
    /// The columns whose two values are known and differ.
    pub changes: Changes,
    /// The columns of which one value or both are not known, so that nobody can tell.
    pub unknown: Vec<String>,
}

impl<E: Audited> Snapshot<E> {
    pub(super) fn new(key: &[Value], held: &Columns) -> Self {
        let recorded = Recorded::<E>::get();
        let of_key = |column: E::Column| {
            let mut keys = recorded.keys().iter();
            let at = keys.position(|key| key.as_str() == column.as_str())?;
            key.get(at).cloned()
        };
        let value = |column: E::Column| match of_key(column) {
            Some(value) => Ok(value),
            None => held_value::<E>(column, held.get(column.as_str())),
        };
        Self {
            columns: E::Column::iter()
                .map(|column| (column, value(column)))
                .collect(),
        }
    }

    /// Of a row that did not change since, but for the columns that a snapshot never shows.
    pub(super) fn of_row(row: &E::Model) -> Self {
        let recorded = Recorded::<E>::get();
        let value = |column: E::Column| match recorded.policy(column.as_str()) {
            FieldPolicy::Skip => Err(Unknown::Skipped),
            FieldPolicy::Mask => Err(Unknown::Masked),
            _ => Ok(row.get(column)),
        };
        Self {
            columns: E::Column::iter()
                .map(|column| (column, value(column)))
                .collect(),
        }
    }

    /// The value of a column, as the type that the entity's model has for it.
    ///
    /// # Errors
    /// Why it is not known.
    ///
    /// # Panics
    /// Where the entity's `Column` does not list that column among all (`Iterable`), which SeaORM's derive does.
    pub fn get(&self, column: E::Column) -> Result<&Value, &Unknown> {
        let mut columns = self.columns.iter();
        let found = columns.find(|(known, _)| known.as_str() == column.as_str());
        let (_, value) = found.expect("a snapshot has each column of its entity");
        value.as_ref()
    }

    /// The columns whose values are not known, with the reason of each.
    pub fn unknown(&self) -> impl Iterator<Item = (E::Column, &Unknown)> {
        let columns = self.columns.iter();
        columns.filter_map(|(column, value)| Some((*column, value.as_ref().err()?)))
    }

    /// Whether every column is known.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.unknown().next().is_none()
    }

    /// The object as its model.
    ///
    /// # Errors
    /// [`Error::Incomplete`] with the columns that are not known: [`model_or`](Self::model_or) takes them from another model, and
    /// [`active_model`](Self::active_model) leaves them out. A field that SeaORM ignores has its default value.
    pub fn model(&self) -> Result<E::Model>
    where
        E::ActiveModel: TryIntoModel<E::Model>,
    {
        if !self.is_complete() {
            let unknown = self.unknown();
            let named = unknown.map(|(column, why)| (column.as_str().to_owned(), why.clone()));
            return Err(Error::Incomplete(UnknownColumns::new(named)));
        }
        Ok(self.active_model().try_into_model()?)
    }

    /// The object as its model, with what is not known taken from another, such as the present row.
    #[must_use]
    pub fn model_or(&self, mut other: E::Model) -> E::Model {
        for (column, value) in self.known() {
            other.set(column, value.clone());
        }
        other
    }

    /// The object as an active model: every known column `Set`, the others `NotSet`.
    ///
    /// Insert it to bring back an object that was deleted. Update it to turn one back: what is not known stays as it is. Both are
    /// writes as any other, with records of their own. A column that the database computes takes no value: make it `NotSet`.
    #[must_use]
    pub fn active_model(&self) -> E::ActiveModel {
        let mut model = <E::ActiveModel as ActiveModelTrait>::default();
        for (column, value) in self.known() {
            model.set(column, value.clone());
        }
        model
    }

    /// What a later snapshot has otherwise: this one's values are the old ones.
    #[must_use]
    pub fn difference(&self, later: &Self) -> Difference {
        let mut difference = Difference::default();
        let mut changes = Vec::new();
        for ((column, old), (_, new)) in self.columns.iter().zip(&later.columns) {
            let name = column.as_str().to_owned();
            let json =
                |value: &Result<Value, Unknown>| encoding::to_json(value.as_ref().ok()?).ok();
            match (json(old), json(new)) {
                (Some(old), Some(new)) if old == new => {}
                (Some(old), Some(new)) => {
                    let (old, new) = (Some(old), Some(new));
                    changes.push((name, Change { old, new }));
                }
                _ => difference.unknown.push(name),
            }
        }
        difference.changes = changes.into_iter().collect();
        difference
    }

    /// Every column, in the order of the entity.
    pub(super) fn columns(&self) -> impl Iterator<Item = &(E::Column, Result<Value, Unknown>)> {
        self.columns.iter()
    }

    fn known(&self) -> impl Iterator<Item = (E::Column, &Value)> {
        let columns = self.columns.iter();
        columns.filter_map(|(column, value)| Some((*column, value.as_ref().ok()?)))
    }
}

impl<E: EntityTrait> PartialEq for Snapshot<E> {
    fn eq(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.columns.iter(), other.columns.iter());
        ours.map(|(_, value)| value)
            .eq(theirs.map(|(_, value)| value))
    }
}

fn held_value<E: Audited>(column: E::Column, held: Option<&Held>) -> Result<Value, Unknown> {
    let json = match held {
        Some(Held::Value(json)) => Some(json),
        Some(Held::Unknown(_)) | None => None,
    };
    let value = values::value_of::<E>(column, json);
    match (value, held) {
        (Err(Unknown::NotRecorded), Some(Held::Unknown(Lack::Silenced))) => Err(Unknown::Silenced),
        (value, _) => value,
    }
}
