//! One write of an undo.

use std::fmt;

use audit_core::{Change, Changes};
use serde::{Serialize, Serializer, ser::SerializeStruct};
use serde_json::Value as Json;

use crate::any_entity::{Row, Write};
use crate::error::undo_conflict::UndoneObject;

/// What a step does to its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UndoAction {
    /// The object is inserted again.
    Insert,
    /// Some of its columns are turned back.
    Update,
    /// The object is deleted.
    Delete,
}

impl fmt::Display for UndoAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        })
    }
}

/// One write of an undo: what becomes of one object.
#[derive(Clone, Debug, PartialEq)]
pub struct UndoStep {
    pub(super) object: UndoneObject,
    pub(super) action: UndoAction,
    pub(super) changes: Changes,
    pub(super) records: Vec<i64>,
    /// The tenant of these records, where all are of one.
    pub(super) tenant: Option<String>,
    pub(super) key: Row,
    /// The row now, and the row then, as far as it is known; empty where there is none.
    pub(super) now: Row,
    pub(super) then: Row,
}

impl UndoStep {
    /// The object.
    #[must_use]
    pub fn object(&self) -> &UndoneObject {
        &self.object
    }

    /// What is done to it.
    #[must_use]
    pub fn action(&self) -> UndoAction {
        self.action
    }

    /// The columns that it changes: what they have now, and what they get.
    #[must_use]
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// The numbers of the records that it undoes.
    #[must_use]
    pub fn records(&self) -> &[i64] {
        &self.records
    }

    /// What is written.
    pub(super) fn write<'a>(&self, columns: &'a Row) -> Write<'a> {
        match self.action {
            UndoAction::Insert => Write::Insert(columns),
            UndoAction::Update => Write::Update(columns),
            UndoAction::Delete => Write::Delete,
        }
    }

    /// What it comes down to, whatever else the row has.
    pub(super) fn written(&self) -> (&UndoneObject, UndoAction, Row) {
        (&self.object, self.action, self.columns())
    }

    /// The columns that it sets.
    pub(super) fn columns(&self) -> Row {
        let set = self.changes.iter();
        let set = set.filter_map(|(column, change)| Some((column.to_owned(), change.new.clone()?)));
        set.collect()
    }
}

/// An object of `action`, `table`, `id`, `changes` and `records`.
impl Serialize for UndoStep {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut step = serializer.serialize_struct("UndoStep", 5)?;
        step.serialize_field("action", &self.action.to_string())?;
        step.serialize_field("table", &self.object.table)?;
        step.serialize_field("id", &self.object.id)?;
        step.serialize_field("changes", &self.changes)?;
        step.serialize_field("records", &self.records)?;
        step.end()
    }
}

/// `1. UPDATE cake 7: price 480 -> 450`.
impl fmt::Display for UndoStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.action, self.object)?;
        for (number, (column, change)) in self.changes.iter().enumerate() {
            let before = if number == 0 { ": " } else { ", " };
            write!(f, "{before}{column} ")?;
            match (&change.old, &change.new) {
                (Some(old), Some(new)) => write!(f, "{old} -> {new}")?,
                (Some(value), None) | (None, Some(value)) => write!(f, "{value}")?,
                (None, None) => {}
            }
        }
        Ok(())
    }
}

/// What two rows have otherwise; a row that is not there has no columns.
pub(super) fn changes(
    now: &Row,
    then: &Row,
    differ: impl Fn(&str, &Json, &Json) -> bool,
) -> Changes {
    let columns = now
        .keys()
        .chain(then.keys().filter(|column| !now.contains_key(*column)));
    let changed = columns.filter_map(|column| {
        let (old, new) = (now.get(column), then.get(column));
        if let (Some(old), Some(new)) = (old, new)
            && !differ(column, old, new)
        {
            return None;
        }
        let (old, new) = (old.cloned(), new.cloned());
        Some((column.clone(), Change { old, new }))
    });
    changed.collect()
}
