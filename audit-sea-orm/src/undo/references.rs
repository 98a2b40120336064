//! What the rows around those of an undo have against it.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::DbErr;

use super::{
    rows::{StepRows, Time, entity_of, row, values},
    step::{UndoAction, UndoStep},
};
use crate::AuditedTransaction;
use crate::any_entity::{self, AnyEntity, Reference, Row};
use crate::error::undo_conflict::{UndoConflict, UndoneObject};

/// How many rows are asked for by one statement.
pub(super) const BATCH: usize = 200;

/// What each of these rows has in these columns, and the steps that have it.
type Wanted = BTreeMap<String, (Row, Vec<usize>)>;

/// What stands against the steps in rows that the plan leaves as they are.
pub(super) async fn conflicts(
    steps: &[UndoStep],
    db: &AuditedTransaction,
) -> Result<Vec<UndoConflict>, DbErr> {
    let mut conflicts = Vec::new();
    let mut checked = BTreeSet::new();
    for step in steps {
        let entity = entity_of(step);
        if !checked.insert(entity.table()) {
            continue;
        }
        for reference in entity.references() {
            conflicts.extend(parents_gone(steps, entity, reference, db).await?);
        }
        for columns in entity.unique() {
            conflicts.extend(keys_taken(steps, entity, columns, db).await?);
        }
        conflicts.extend(referred_to(steps, entity, db).await?);
    }
    Ok(conflicts)
}

/// Rows that would come back, or be turned back, without the row that they refer to.
async fn parents_gone(
    steps: &[UndoStep],
    entity: &dyn AnyEntity,
    reference: &Reference,
    db: &AuditedTransaction,
) -> Result<Vec<UndoConflict>, DbErr> {
    let Some(parent) = by_own_table(&reference.table) else {
        return Ok(Vec::new());
    };
    let is_set = |step: &UndoStep| {
        values(&step.now, &reference.columns) != values(&step.then, &reference.columns)
    };
    let mut wanted = wanted(steps, entity, Time::Then, &reference.columns, is_set);
    rename(&mut wanted, &reference.columns, &reference.referred);
    let (mut rows, mut conflicts) = (StepRows::of(steps), Vec::new());
    wanted.retain(|text, _| {
        rows.holding(&reference.table, &reference.referred, Time::Then, text)
            .is_empty()
    });
    let present = present(parent, &wanted, db).await?;
    let stays = |(id, _): &&(String, Row)| step_of(steps, parent, id).is_none();
    let there: BTreeSet<_> = present
        .iter()
        .filter(stays)
        .filter_map(|(_, row)| values(row, &reference.referred))
        .collect();
    for (text, (_, children)) in wanted {
        if there.contains(&text) {
            continue;
        }
        conflicts.extend(children.into_iter().map(|at| UndoConflict::ParentGone {
            object: steps[at].object.clone(),
            columns: reference.columns.clone(),
            table: reference.table.clone(),
        }));
    }
    Ok(conflicts)
}

/// Rows that the plan leaves, and that have what one of its rows is to have alone.
async fn keys_taken(
    steps: &[UndoStep],
    entity: &dyn AnyEntity,
    columns: &[String],
    db: &AuditedTransaction,
) -> Result<Vec<UndoConflict>, DbErr> {
    let is_set = |step: &UndoStep| values(&step.now, columns) != values(&step.then, columns);
    let wanted = wanted(steps, entity, Time::Then, columns, is_set);
    let mut conflicts = Vec::new();
    for (id, row) in present(entity, &wanted, db).await? {
        let Some((_, takers)) = values(&row, columns).and_then(|text| wanted.get(&text)) else {
            continue;
        };
        if step_of(steps, entity, &id).is_some_and(|step| lets_go(step, columns)) {
            continue;
        }
        conflicts.extend(takers.iter().map(|at| UndoConflict::KeyTaken {
            object: steps[*at].object.clone(),
            columns: columns.to_vec(),
            by: UndoneObject::new(entity.table(), &id),
        }));
    }
    Ok(conflicts)
}

/// Rows that the plan leaves, and that refer to one that would go.
async fn referred_to(
    steps: &[UndoStep],
    entity: &dyn AnyEntity,
    db: &AuditedTransaction,
) -> Result<Vec<UndoConflict>, DbErr> {
    let (own_table, mut conflicts) = (entity.own_table(), Vec::new());
    for child in any_entity::each() {
        let references = child.references().iter();
        for reference in references.filter(|reference| reference.table == own_table) {
            let goes = |step: &UndoStep| step.action == UndoAction::Delete;
            let mut wanted = wanted(steps, entity, Time::Now, &reference.referred, goes);
            rename(&mut wanted, &reference.referred, &reference.columns);
            for (id, row) in present(child, &wanted, db).await? {
                let Some((_, parents)) =
                    values(&row, &reference.columns).and_then(|text| wanted.get(&text))
                else {
                    continue;
                };
                let step = step_of(steps, child, &id);
                if step.is_some_and(|step| lets_go(step, &reference.columns)) {
                    continue;
                }
                conflicts.extend(parents.iter().map(|at| UndoConflict::ReferredTo {
                    object: steps[*at].object.clone(),
                    by: UndoneObject::new(child.table(), &id),
                }));
            }
        }
    }
    Ok(conflicts)
}

/// Whether a step leaves its row without the values that it has in these columns.
fn lets_go(step: &UndoStep, columns: &[String]) -> bool {
    values(&step.now, columns) != values(&step.then, columns)
}

/// What the rows of an entity have in some columns, of the steps that matter.
fn wanted(
    steps: &[UndoStep],
    entity: &dyn AnyEntity,
    time: Time,
    columns: &[String],
    matters: impl Fn(&UndoStep) -> bool,
) -> Wanted {
    let mut wanted = Wanted::new();
    for (at, step) in steps.iter().enumerate() {
        if step.object.table != entity.table() || !matters(step) {
            continue;
        }
        let row = row(step, time);
        let Some(text) = values(row, columns) else {
            continue;
        };
        let held = columns
            .iter()
            .filter_map(|column| row.get_key_value(column));
        let held = held.map(|(column, value)| (column.clone(), value.clone()));
        let (_, steps) = wanted
            .entry(text)
            .or_insert_with(|| (held.collect(), Vec::new()));
        steps.push(at);
    }
    wanted
}

/// The values under the names that the other side of a reference has for them.
fn rename(wanted: &mut Wanted, from: &[String], to: &[String]) {
    for (row, _) in wanted.values_mut() {
        let mut old = std::mem::take(row);
        let renamed = from.iter().zip(to);
        let renamed = renamed.filter_map(|(from, to)| Some((to.clone(), old.remove(from)?)));
        *row = renamed.collect();
    }
}

/// The present rows that have one of these sets of values.
async fn present(
    entity: &dyn AnyEntity,
    wanted: &Wanted,
    db: &AuditedTransaction,
) -> Result<Vec<(String, Row)>, DbErr> {
    let sets: Vec<Row> = wanted.values().map(|(values, _)| values.clone()).collect();
    let mut present = Vec::new();
    for batch in sets.chunks(BATCH) {
        present.extend(any_entity::rows(entity, batch, false, db).await?);
    }
    Ok(present)
}

fn step_of<'a>(steps: &'a [UndoStep], entity: &dyn AnyEntity, id: &str) -> Option<&'a UndoStep> {
    let is_it = |step: &&UndoStep| step.object.table == entity.table() && step.object.id == id;
    steps.iter().find(is_it)
}

/// The entity of a table, as the database names it.
fn by_own_table(table: &str) -> Option<&'static dyn AnyEntity> {
    any_entity::each().find(|entity| entity.own_table() == table)
}
