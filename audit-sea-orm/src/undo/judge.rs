//! What becomes of one object, and what its own records and its row have against it.

use super::{
    deed::{Deed, Presence},
    selection::Selection,
    step::{self, UndoAction, UndoStep},
};
use crate::{
    any_entity::{AnyEntity, Row},
    entity::audit_log::Model,
    error::undo_conflict::{UndoConflict, UndoneObject},
    record::unknown::{Unknown, UnknownColumns},
};

/// What becomes of one object.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// `None` where nothing is to be written.
    pub(super) step: Option<UndoStep>,
    pub(super) conflicts: Vec<UndoConflict>,
}

/// Decides by what the records did, by its row, and by what was recorded of it since.
pub(super) fn judge(
    entity: &dyn AnyEntity,
    deed: &Deed,
    key: Row,
    now: Option<&Row>,
    since: &[Model],
    selection: &Selection,
) -> Judged {
    let mut judged = Judged::default();
    let object = &deed.object;
    if deed.is_silenced {
        let object = object.clone();
        judged.conflicts.push(UndoConflict::Silenced { object });
        return judged;
    }
    let since: Vec<&Model> = since
        .iter()
        .filter(|record| record.id > deed.first())
        .collect();
    let changed = changed_since(object, &since, selection);
    let is_recorded = changed.is_some();
    judged.conflicts.extend(changed);
    if !is_recorded {
        judged
            .conflicts
            .extend(unrecorded(entity, deed, now, selection));
    }
    let (then, unknown_columns) = target(entity, deed);
    if !unknown_columns.is_empty() {
        judged.conflicts.push(unknown(object, unknown_columns));
    }
    let is_left = |column: &str| {
        selection.is_noise(column)
            && since
                .iter()
                .any(|record| record.changes().get(column).is_some())
    };
    judged.step = step(entity, deed, key, now, then, is_left);
    judged
}

/// What is not known of an object.
pub(super) fn unknown(object: &UndoneObject, columns: Vec<(String, Unknown)>) -> UndoConflict {
    UndoConflict::Unknown {
        object: object.clone(),
        columns: UnknownColumns::new(columns),
    }
}

/// What others recorded of the object since, but in columns that do not matter.
fn changed_since(
    object: &UndoneObject,
    since: &[&Model],
    selection: &Selection,
) -> Option<UndoConflict> {
    let (mut records, mut columns) = (Vec::new(), Vec::new());
    for record in since {
        let changes = record.changes();
        let matters = |column: &&str| record.action != "UPDATE" || !selection.is_noise(column);
        let mattering: Vec<&str> = changes.columns().filter(matters).collect();
        if mattering.is_empty() && record.action == "UPDATE" {
            continue;
        }
        records.push(record.id);
        for column in mattering {
            if record.action == "UPDATE" && !columns.iter().any(|known| known == column) {
                columns.push(column.to_owned());
            }
        }
    }
    (!records.is_empty()).then(|| UndoConflict::ChangedSince {
        object: object.clone(),
        records,
        columns,
    })
}

/// What the row has otherwise than the records left it.
fn unrecorded(
    entity: &dyn AnyEntity,
    deed: &Deed,
    now: Option<&Row>,
    selection: &Selection,
) -> Option<UndoConflict> {
    let object = deed.object.clone();
    let (Some(now), Some(after)) = (now, deed.after.columns()) else {
        return match (now.is_some(), deed.after.is_there()) {
            (true, false) => Some(UndoConflict::KeyTaken {
                columns: entity.key(&object.id)?.into_keys().collect(),
                by: object.clone(),
                object,
            }),
            (false, true) => Some(UndoConflict::ChangedSince {
                object,
                records: Vec::new(),
                columns: Vec::new(),
            }),
            _ => None,
        };
    };
    let differ = |(column, left): (&String, &_)| {
        // A masked value is in no row that is compared.
        let held = now.get(column)?;
        let differs = !selection.is_noise(column) && entity.subject().differ(column, left, held);
        differs.then(|| column.clone())
    };
    let columns: Vec<String> = after.iter().filter_map(differ).collect();
    (!columns.is_empty()).then(|| UndoConflict::ChangedSince {
        object,
        records: Vec::new(),
        columns,
    })
}

/// What the object is to have again, and what of that is not known.
fn target(entity: &dyn AnyEntity, deed: &Deed) -> (Row, Vec<(String, Unknown)>) {
    let (columns, is_whole) = match &deed.before {
        Presence::Gone => return (Row::new(), Vec::new()),
        Presence::Changed(columns) => (columns, false),
        Presence::Whole(columns) => (columns, true),
    };
    let (then, mut unknown) = entity.restorable(columns, is_whole);
    for column in &deed.not_recorded {
        if !unknown.iter().any(|(known, _)| known == column) {
            unknown.push((column.clone(), Unknown::NotRecorded));
        }
    }
    (then, unknown)
}

fn step(
    entity: &dyn AnyEntity,
    deed: &Deed,
    key: Row,
    now: Option<&Row>,
    then: Row,
    is_left: impl Fn(&str) -> bool,
) -> Option<UndoStep> {
    let action = match (now, &deed.before) {
        (Some(_), Presence::Gone) => UndoAction::Delete,
        // A row that is gone, and had changed, cannot be changed back: a conflict says so.
        (None, Presence::Gone | Presence::Changed(_)) => return None,
        (None, Presence::Whole(_)) => UndoAction::Insert,
        (Some(_), Presence::Changed(_) | Presence::Whole(_)) => UndoAction::Update,
    };
    let now = now.cloned().unwrap_or_default();
    let mut whole = then;
    if action == UndoAction::Update {
        whole.retain(|column, _| !is_left(column));
        for (column, value) in &now {
            whole.entry(column.clone()).or_insert_with(|| value.clone());
        }
    }
    let differ = |column: &str, one: &_, other: &_| entity.subject().differ(column, one, other);
    let changes = step::changes(&now, &whole, differ);
    (!changes.is_empty()).then(|| UndoStep {
        object: deed.object.clone(),
        action,
        changes,
        records: deed.records.clone(),
        tenant: deed.tenant.clone(),
        key,
        now,
        then: whole,
    })
}
