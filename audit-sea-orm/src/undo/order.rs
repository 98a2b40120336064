//! In which order the steps of an undo are taken.

use std::{cmp::Reverse, collections::BTreeSet};

use super::{
    rows::{StepRows, Time, entity_of, row, values},
    step::{UndoAction, UndoStep},
};

/// Puts the steps in order: a row comes before those that refer to it, and goes after them; what holds a unique value lets go of
/// it before another takes it. Beside that, what was done last is undone first.
pub(super) fn ordered(mut steps: Vec<UndoStep>) -> Vec<UndoStep> {
    steps.sort_by_key(|step| Reverse(step.records.last().copied()));
    let waits_for = dependencies(&steps);
    let mut order = Vec::with_capacity(steps.len());
    let mut waiting: BTreeSet<usize> = (0..steps.len()).collect();
    while let Some(first) = waiting.first().copied() {
        let is_free = |at: &&usize| waits_for[**at].is_disjoint(&waiting);
        // A circle has no order that is right for sure: the database decides.
        let next = waiting.iter().find(is_free).copied().unwrap_or(first);
        waiting.remove(&next);
        order.push(next);
    }
    let mut steps: Vec<_> = steps.into_iter().map(Some).collect();
    let ordered = order.into_iter().filter_map(|at| steps[at].take());
    ordered.collect()
}

/// The steps that each waits for.
fn dependencies(steps: &[UndoStep]) -> Vec<BTreeSet<usize>> {
    let mut waits_for = vec![BTreeSet::new(); steps.len()];
    let mut rows = StepRows::of(steps);
    for (at, step) in steps.iter().enumerate() {
        let entity = entity_of(step);
        for reference in entity.references() {
            let mut parents = |time, action| -> Vec<usize> {
                let Some(wanted) = values(row(step, time), &reference.columns) else {
                    return Vec::new();
                };
                let held = rows.holding(&reference.table, &reference.referred, time, &wanted);
                let others = held.iter().copied().filter(|other| *other != at);
                others
                    .filter(|other| steps[*other].action == action)
                    .collect()
            };
            waits_for[at].extend(parents(Time::Then, UndoAction::Insert));
            for parent in parents(Time::Now, UndoAction::Delete) {
                waits_for[parent].insert(at);
            }
        }
        let table = entity.own_table();
        for columns in entity.unique() {
            if let Some(wanted) = values(&step.then, columns) {
                let held = rows.holding(table, columns, Time::Now, &wanted).iter();
                waits_for[at].extend(held.copied().filter(|other| *other != at));
            }
        }
    }
    waits_for
}
