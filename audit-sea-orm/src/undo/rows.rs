//! The rows of an undo's steps, found by what they hold.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::step::UndoStep;
use crate::any_entity::{self, AnyEntity, Row};

/// Which state of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Time {
    /// As it is.
    Now,
    /// As the undo leaves it.
    Then,
}

/// A table, some of its columns, and the state of its rows.
type Place = (String, Vec<String>, Time);

/// The rows of the steps, each by its number.
pub(super) struct StepRows<'a> {
    steps: &'a [UndoStep],
    indexes: HashMap<Place, HashMap<String, Vec<usize>>>,
}

impl<'a> StepRows<'a> {
    pub(super) fn of(steps: &'a [UndoStep]) -> Self {
        let indexes = HashMap::new();
        Self { steps, indexes }
    }

    /// The steps whose rows, in that table, hold these values in these columns.
    pub(super) fn holding(
        &mut self,
        table: &str,
        columns: &[String],
        time: Time,
        values: &str,
    ) -> &[usize] {
        let place = (table.to_owned(), columns.to_vec(), time);
        let steps = self.steps;
        let index = self
            .indexes
            .entry(place)
            .or_insert_with(|| index(steps, table, columns, time));
        index.get(values).map_or(&[], Vec::as_slice)
    }
}

fn index(
    steps: &[UndoStep],
    table: &str,
    columns: &[String],
    time: Time,
) -> HashMap<String, Vec<usize>> {
    let mut index: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, step) in steps.iter().enumerate() {
        if entity_of(step).own_table() == table
            && let Some(values) = values(row(step, time), columns)
        {
            index.entry(values).or_default().push(at);
        }
    }
    index
}

pub(super) fn row(step: &UndoStep, time: Time) -> &Row {
    match time {
        Time::Now => &step.now,
        Time::Then => &step.then,
    }
}

/// The entity of a step's object.
pub(super) fn entity_of(step: &UndoStep) -> &'static dyn AnyEntity {
    let entity = any_entity::of(&step.object.table);
    entity.expect("a step is made of an object whose entity is known")
}

/// The values of some columns as one text; `None` where one is `NULL`, or not known, so that it refers to nothing.
pub(super) fn values(row: &Row, columns: &[String]) -> Option<String> {
    let values = columns.iter().map(|column| {
        let value = row.get(column)?;
        (!value.is_null()).then(|| value.clone())
    });
    let values = values.collect::<Option<Vec<Json>>>()?;
    Some(Json::from(values).to_string())
}
