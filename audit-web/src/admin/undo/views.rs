//! The steps and the conflicts of a plan as the page shows them.

use audit_sea_orm::undo::{UndoAction, UndoConflict, UndoStep, UndoneObject};

use crate::admin::{
    cell::Cell,
    change::{self, ChangeView},
    history, value,
};

/// The most records of a step that have a link.
const MOST_RECORDS: usize = 10;

/// One write.
pub(super) struct StepView {
    pub(super) badge: Cell,
    pub(super) object: Cell,
    /// The numbers of the first records that it undoes.
    pub(super) records: Vec<i64>,
    pub(super) more_records: usize,
    pub(super) changes: Vec<ChangeView>,
}

impl StepView {
    pub(super) fn new(step: &UndoStep, base: &str) -> Self {
        let tone = match step.action() {
            UndoAction::Insert => "good",
            UndoAction::Delete => "bad",
            _ => "busy",
        };
        let records = step.records();
        Self {
            badge: Cell::Badge {
                text: step.action().to_string(),
                tone,
            },
            object: object(step.object(), base),
            records: records.iter().copied().take(MOST_RECORDS).collect(),
            more_records: records.len().saturating_sub(MOST_RECORDS),
            changes: change::views(step.changes()),
        }
    }
}

/// What stands in the way.
pub(super) struct ConflictView {
    pub(super) text: String,
    /// The history of the object, where it is about one.
    pub(super) history: String,
}

impl ConflictView {
    pub(super) fn new(conflict: &UndoConflict, base: &str) -> Self {
        let object = match conflict {
            UndoConflict::ChangedSince { object, .. }
            | UndoConflict::KeyTaken { object, .. }
            | UndoConflict::Unknown { object, .. }
            | UndoConflict::ReferredTo { object, .. }
            | UndoConflict::ParentGone { object, .. }
            | UndoConflict::Silenced { object } => Some(object),
            _ => None,
        };
        let history = object.and_then(|object| history::link_to(&object.table, &object.id, base));
        Self {
            text: value::cut(&conflict.to_string(), 1_000),
            history: history.unwrap_or_default(),
        }
    }
}

fn object(object: &UndoneObject, base: &str) -> Cell {
    let text = format!("{} {}", object.table, value::cut(&object.id, 60));
    match history::link_to(&object.table, &object.id, base) {
        Some(href) => Cell::Link {
            href,
            text,
            note: String::new(),
        },
        None => Cell::Text(text),
    }
}
