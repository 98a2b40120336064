//! What records tell of an object.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::entity::audit_log;

/// The actions of records that tell of an object's state.
pub(crate) const ACTIONS: [&str; 6] = [
    "CREATE", "UPDATE", "DELETE", "TRUNCATE", "SKIPPED", BASELINE,
];

/// The action of a record that tells what a row held, and of no change.
pub(crate) const BASELINE: &str = "BASELINE";

/// The actions of records that tell of a change.
pub(crate) const CHANGES: [&str; 5] = ["CREATE", "UPDATE", "DELETE", "TRUNCATE", "SKIPPED"];

/// What a record says happened to its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Created,
    /// It was there, as its whole row says. Of what was before nobody knows.
    Found,
    /// With the values before, or without.
    Updated {
        knows_old: bool,
    },
    Deleted,
    /// Its table was emptied, whether the object was in it or not.
    Truncated,
    /// The context of the writer said to record no values.
    Skipped(Silenced),
}

/// What was skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Silenced {
    Create,
    Update,
    Delete,
    Truncate,
}

impl Event {
    /// `None` for a record that tells nothing of the state.
    pub(crate) fn of(record: &audit_log::Model) -> Option<Self> {
        Some(match record.action.as_str() {
            "CREATE" => Self::Created,
            BASELINE => Self::Found,
            "UPDATE" => Self::Updated {
                knows_old: record.old_values.is_some(),
            },
            "DELETE" => Self::Deleted,
            "TRUNCATE" => Self::Truncated,
            "SKIPPED" => Self::Skipped(silenced(record)?),
            _ => return None,
        })
    }

    /// Whether it tells of a table as a whole.
    pub(crate) fn is_of_table(self) -> bool {
        matches!(self, Self::Truncated | Self::Skipped(Silenced::Truncate))
    }

    /// Whether the object is there after it.
    pub(crate) fn leaves_it_there(self) -> bool {
        match self {
            Self::Created
            | Self::Found
            | Self::Updated { .. }
            | Self::Skipped(Silenced::Create | Silenced::Update) => true,
            Self::Deleted
            | Self::Truncated
            | Self::Skipped(Silenced::Delete | Silenced::Truncate) => false,
        }
    }

    /// Whether the object was there before it; a table that was emptied tells nothing of that.
    pub(crate) fn found_it_there(self) -> bool {
        match self {
            Self::Found
            | Self::Updated { .. }
            | Self::Deleted
            | Self::Skipped(Silenced::Update | Silenced::Delete) => true,
            Self::Created
            | Self::Truncated
            | Self::Skipped(Silenced::Create | Silenced::Truncate) => false,
        }
    }
}

fn silenced(record: &audit_log::Model) -> Option<Silenced> {
    match record.metadata.as_ref()?.get("skipped")?.as_str()? {
        "CREATE" => Some(Silenced::Create),
        "UPDATE" => Some(Silenced::Update),
        "DELETE" => Some(Silenced::Delete),
        "TRUNCATE" => Some(Silenced::Truncate),
        _ => None,
    }
}

/// A column's value, as records have it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Held {
    Value(Json),
    Unknown(Lack),
}

/// Why records do not tell a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Lack {
    /// No record has it.
    #[default]
    NotRecorded,
    /// It may have changed where nothing was recorded.
    Silenced,
}

/// The columns of an object that is there, by name: those alone that records show.
pub(crate) type Columns = BTreeMap<String, Held>;

/// What is known of an object between two of its records.
#[derive(Clone, Debug)]
pub(crate) enum State {
    /// Nothing: there is no record before.
    Unrecorded,
    Gone,
    There(Columns),
}

/// Some columns, of which each value is looked for until it is found.
#[derive(Clone, Debug)]
pub(super) struct Search {
    missing: BTreeSet<String>,
    found: Columns,
    /// Why the others are not known.
    lack: Lack,
    is_over: bool,
}

impl Search {
    pub(super) fn new(columns: impl IntoIterator<Item = String>) -> Self {
        let missing: BTreeSet<String> = columns.into_iter().collect();
        Self {
            is_over: missing.is_empty(),
            missing,
            found: Columns::new(),
            lack: Lack::default(),
        }
    }

    /// Whether no further record can tell more.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether any column was not found.
    pub(super) fn lacks_any(&self) -> bool {
        !self.missing.is_empty()
    }

    /// Takes what a record left, going back in time from a point.
    pub(super) fn back(&mut self, event: Event, record: &audit_log::Model) {
        match event {
            Event::Created | Event::Found => {
                self.take(record, |change| change.new);
                self.is_over = true;
            }
            Event::Updated { knows_old } => {
                self.take(record, |change| change.new);
                // It has the new values of every column that was.
                self.is_over |= !knows_old;
            }
            Event::Skipped(Silenced::Create | Silenced::Update) => self.silence(),
            // What comes after was another object's life, of whose beginning there is no record.
            Event::Deleted
            | Event::Truncated
            | Event::Skipped(Silenced::Delete | Silenced::Truncate) => self.is_over = true,
        }
    }

    /// Takes what a record found, going on in time from a point.
    pub(super) fn ahead(&mut self, event: Event, record: &audit_log::Model) {
        match event {
            Event::Updated { knows_old } => {
                self.take(record, |change| change.old);
                self.is_over |= !knows_old;
            }
            Event::Deleted => {
                self.take(record, |change| change.old);
                self.is_over = true;
            }
            Event::Found => {
                self.take(record, |change| change.new);
                self.is_over = true;
            }
            Event::Skipped(_) => self.silence(),
            Event::Created | Event::Truncated => self.is_over = true,
        }
    }

    /// Takes what the present row holds.
    pub(super) fn present(&mut self, mut row: BTreeMap<String, Json>) {
        self.missing.retain(|column| match row.remove(column) {
            Some(value) => {
                self.found.insert(column.clone(), Held::Value(value));
                false
            }
            None => true,
        });
        self.is_over = true;
    }

    /// The columns that are still looked for, for a search in the other direction.
    pub(super) fn rest(&mut self) -> Self {
        Self {
            lack: self.lack,
            ..Self::new(std::mem::take(&mut self.missing))
        }
    }

    /// What was found, and why the rest was not.
    pub(super) fn columns(self) -> Columns {
        let unknown = self.missing.into_iter();
        let unknown = unknown.map(|column| (column, Held::Unknown(self.lack)));
        self.found.into_iter().chain(unknown).collect()
    }

    fn take(
        &mut self,
        record: &audit_log::Model,
        side: impl Fn(audit_core::Change) -> Option<Json>,
    ) {
        for (column, change) in record.changes() {
            if let Some(value) = side(change)
                && self.missing.remove(&column)
            {
                self.found.insert(column, Held::Value(value));
            }
        }
        self.is_over |= self.missing.is_empty();
    }

    fn silence(&mut self) {
        self.lack = Lack::Silenced;
        self.is_over = true;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(action: &str, old: &Json, new: &Json) -> audit_log::Model {
        serde_json::from_value(json!({
            "id": 1, "occurred_at": "2026-11-30T12:00:00Z", "action": action,
            "old_values": old, "new_values": new,
        }))
        .unwrap()
    }

    fn skipped(action: &str) -> audit_log::Model {
        audit_log::Model {
            metadata: Some(json!({"skipped": action, "by": "skip_actions"})),
            ..record("SKIPPED", &Json::Null, &Json::Null)
        }
    }

    fn search() -> Search {
        Search::new(["a", "b"].map(str::to_owned))
    }

    fn found(search: Search) -> Vec<Held> {
        search.columns().into_values().collect()
    }

    fn over(
        mut search: Search,
        records: &[audit_log::Model],
        take: impl Fn(&mut Search, Event, &audit_log::Model),
    ) -> (Vec<Held>, usize) {
        let mut read = 0;
        for record in records {
            if search.is_over() {
                break;
            }
            read += 1;
            take(&mut search, Event::of(record).unwrap(), record);
        }
        (found(search), read)
    }

    fn value(value: Json) -> Held {
        Held::Value(value)
    }

    const UNKNOWN: Held = Held::Unknown(Lack::NotRecorded);
    const SILENCED: Held = Held::Unknown(Lack::Silenced);

    #[test]
    fn back_the_last_value_counts_and_no_other_life() {
        let null = &Json::Null;
        let records = [
            record("UPDATE", &json!({"a": 1}), &json!({"a": 2})),
            record("UPDATE", &json!({"a": 0}), &json!({"a": 1})),
            record("CREATE", null, &json!({"a": 0, "b": null})),
            record("DELETE", &json!({"a": 9, "b": 9}), null),
        ];
        let expected = vec![value(json!(2)), value(Json::Null)];
        assert_eq!(over(search(), &records, Search::back), (expected, 3));
        let unseen = [records[0].clone(), records[3].clone()];
        let expected = vec![value(json!(2)), UNKNOWN];
        assert_eq!(over(search(), &unseen, Search::back), (expected, 2));
    }

    #[test]
    fn ahead_the_first_value_counts_and_no_other_life() {
        let null = &Json::Null;
        let records = [
            record("UPDATE", &json!({"a": 1}), &json!({"a": 2})),
            record("DELETE", &json!({"a": 2, "b": 3}), null),
            record("CREATE", null, &json!({"a": 0, "b": 0})),
        ];
        let expected = vec![value(json!(1)), value(json!(3))];
        assert_eq!(over(search(), &records, Search::ahead), (expected, 2));
        let unseen = [records[0].clone(), records[2].clone(), records[1].clone()];
        let expected = vec![value(json!(1)), UNKNOWN];
        assert_eq!(over(search(), &unseen, Search::ahead), (expected, 2));
    }

    #[test]
    fn what_was_silenced_is_a_wall_in_both_directions() {
        let null = &Json::Null;
        let records = [
            record("UPDATE", &json!({"a": 1}), &json!({"a": 2})),
            skipped("UPDATE"),
            record("DELETE", &json!({"a": 2, "b": 3}), null),
        ];
        let expected = vec![value(json!(1)), SILENCED];
        assert_eq!(over(search(), &records, Search::ahead), (expected, 2));
        let records = [
            record("UPDATE", &json!({"a": 1}), &json!({"a": 2})),
            skipped("UPDATE"),
            record("CREATE", null, &json!({"a": 1, "b": 3})),
        ];
        let expected = vec![value(json!(2)), SILENCED];
        assert_eq!(over(search(), &records, Search::back), (expected, 2));
    }

    #[test]
    fn new_values_alone_end_the_search() {
        let null = &Json::Null;
        let records = [
            record("UPDATE", null, &json!({"a": 5, "b": 6})),
            record("DELETE", &json!({"a": 5, "b": 6}), null),
        ];
        assert_eq!(
            over(search(), &records, Search::ahead),
            (vec![UNKNOWN, UNKNOWN], 1)
        );
        let expected = vec![value(json!(5)), value(json!(6))];
        assert_eq!(over(search(), &records, Search::back), (expected, 1));
    }

    #[test]
    fn the_rest_is_looked_for_elsewhere() {
        let mut back = search();
        let update = record("UPDATE", &json!({"a": 1}), &json!({"a": 2}));
        back.back(Event::of(&update).unwrap(), &update);
        let mut ahead = back.rest();
        ahead.present([("b".to_owned(), json!(7)), ("a".to_owned(), json!(8))].into());
        assert_eq!(found(ahead), [value(json!(7))]);
        assert_eq!(found(back), [value(json!(2))]);
    }

    #[test]
    fn what_tells_nothing_of_the_state_is_no_event() {
        let null = &Json::Null;
        assert_eq!(Event::of(&record("VIEW", null, null)), None);
        assert_eq!(Event::of(&record("SKIPPED", null, null)), None);
        let truncated = Event::of(&skipped("TRUNCATE")).unwrap();
        assert!(!truncated.leaves_it_there() && !truncated.found_it_there());
    }
}
