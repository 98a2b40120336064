use std::{collections::BTreeMap, fmt};

use audit_core::Action;
use sea_orm::{IdenStatic, PrimaryKeyTrait, Value, sea_query::IntoValueTuple};
use serde_json::Value as Json;

use crate::{
    Audited,
    audited::{object, recorded::Recorded},
    entity::audit_log,
    record::{encoding, object_key},
};

/// What a test expects of one record.
///
/// The action and the object must be those. Of an update the changed columns must be exactly those that are named, where any is;
/// of an insert or a delete each named one must be as said. What is not named is not looked at.
#[derive(Clone, Debug)]
#[must_use = "it is compared by `LeftRecords::assert_are`"]
pub struct ExpectedRecord {
    action: String,
    object: Option<(String, String)>,
    columns: BTreeMap<&'static str, (Option<Json>, Option<Json>)>,
    actor: Option<String>,
    reason: Option<String>,
}

impl ExpectedRecord {
    /// Of an event, by the name of its action: `LOGIN`, `PUBLISH`.
    pub fn event(action: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            object: None,
            columns: BTreeMap::new(),
            actor: None,
            reason: None,
        }
    }

    /// Of the insert of the row with that key, of several columns as a tuple.
    ///
    /// # Panics
    /// Where the key has a value without an encoding.
    pub fn create<E: Audited>(
        key: impl Into<<E::PrimaryKey as PrimaryKeyTrait>::ValueType>,
    ) -> Self {
        Self::of::<E>(&Action::Create, key.into())
    }

    /// Of an update of the row with that key.
    ///
    /// # Panics
    /// Where the key has a value without an encoding.
    pub fn update<E: Audited>(
        key: impl Into<<E::PrimaryKey as PrimaryKeyTrait>::ValueType>,
    ) -> Self {
        Self::of::<E>(&Action::Update, key.into())
    }

    /// Of the delete of the row with that key.
    ///
    /// # Panics
    /// Where the key has a value without an encoding.
    pub fn delete<E: Audited>(
        key: impl Into<<E::PrimaryKey as PrimaryKeyTrait>::ValueType>,
    ) -> Self {
        Self::of::<E>(&Action::Delete, key.into())
    }

    fn of<E: Audited>(action: &Action, key: <E::PrimaryKey as PrimaryKeyTrait>::ValueType) -> Self {
        let key: Vec<Value> = key.into_value_tuple().into_iter().collect();
        let id = object::id_text(&key).expect("the key has a text");
        Self {
            object: Some((Recorded::<E>::get().table().to_owned(), id)),
            ..Self::event(action.as_str())
        }
    }

    /// The value of a column before and after an update.
    ///
    /// # Panics
    /// Where a value has no encoding.
    pub fn change(
        self,
        column: impl IdenStatic,
        old: impl Into<Value>,
        new: impl Into<Value>,
    ) -> Self {
        self.column(column, Some(old.into()), Some(new.into()))
    }

    /// The value of a column after an insert.
    ///
    /// # Panics
    /// Where the value has no encoding.
    pub fn new_value(self, column: impl IdenStatic, new: impl Into<Value>) -> Self {
        self.column(column, None, Some(new.into()))
    }

    /// The value of a column before a delete.
    ///
    /// # Panics
    /// Where the value has no encoding.
    pub fn old_value(self, column: impl IdenStatic, old: impl Into<Value>) -> Self {
        self.column(column, Some(old.into()), None)
    }

    fn column(mut self, column: impl IdenStatic, old: Option<Value>, new: Option<Value>) -> Self {
        let json = |value: Value| encoding::to_json(&value).expect("the value has an encoding");
        self.columns
            .insert(column.as_str(), (old.map(json), new.map(json)));
        self
    }

    /// Who acted, by id.
    pub fn actor(mut self, id: impl Into<String>) -> Self {
        self.actor = Some(id.into());
        self
    }

    /// Why.
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Whether a record is as expected.
    pub(super) fn is_met_by(&self, record: &audit_log::Model) -> bool {
        let object = self.object.as_ref();
        let is_its_object = object.is_none_or(|(table, id)| {
            let forms = object_key::stored_forms(id);
            let found = record.object_id.as_deref();
            record.table() == Some(table) && forms.iter().any(|form| found == Some(form.as_ref()))
        });
        let is_said = |expected: &Option<String>, found: &Option<String>| {
            expected.is_none() || expected == found
        };
        self.action == record.action
            && is_its_object
            && is_said(&self.actor, &record.actor_id)
            && is_said(&self.reason, &record.reason)
            && self.has_columns_of(record)
    }

    fn has_columns_of(&self, record: &audit_log::Model) -> bool {
        let changes = record.changes();
        let is_only = self.action != Action::Update.as_str()
            || self.columns.is_empty()
            || changes.len() == self.columns.len();
        let is_there = |(column, (old, new)): (&&str, &(Option<Json>, Option<Json>))| {
            let change = changes.get(column);
            change.is_some_and(|change| change.old == *old && change.new == *new)
        };
        is_only && self.columns.iter().all(is_there)
    }
}

/// As [`LeftRecords`](super::LeftRecords) shows a record.
impl fmt::Display for ExpectedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.action)?;
        if let Some((table, id)) = &self.object {
            write!(f, " {table} {id}")?;
        }
        let columns = self.columns.iter();
        let columns = columns.map(|(column, (old, new))| (*column, old.as_ref(), new.as_ref()));
        super::line::write_columns(f, columns)?;
        super::line::write_who(f, self.actor.as_deref(), self.reason.as_deref())
    }
}
