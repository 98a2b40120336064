//! What an object held at each point of its history, from its records alone.

use std::collections::{BTreeMap, BTreeSet};

use audit_sea_orm::{Change, Changes, entity::audit_log};
use serde::Serialize;
use serde_json::Value;

/// What an object held after a record.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct State {
    /// Whether the object was there.
    pub(super) exists: bool,
    /// Whether every column is known: the records begin with its creation, or end with its deletion.
    pub(super) is_complete: bool,
    pub(super) values: BTreeMap<String, Value>,
}

impl State {
    /// Whether it is known what a column held, or that there was none.
    fn knows(&self, column: &str) -> bool {
        self.is_complete || self.values.contains_key(column)
    }
}

/// The state after each of an object's records, which come the oldest first.
pub(super) fn states(records: &[audit_log::Model]) -> Vec<State> {
    let mut state = before(records);
    let after = records.iter().map(|record| {
        apply(&mut state, record);
        state.clone()
    });
    after.collect()
}

/// What is known of the object before its first record: what later records found in it.
pub(super) fn before(records: &[audit_log::Model]) -> State {
    let mut state = State::default();
    let mut written = BTreeSet::new();
    for record in records {
        let is_baseline = record.action == "BASELINE";
        let held = if is_baseline {
            &record.new_values
        } else {
            &record.old_values
        };
        for (column, old) in entries(held.as_ref()) {
            if !written.contains(column) && !state.values.contains_key(column) {
                state.values.insert(column.clone(), old.clone());
            }
        }
        written.extend(entries(record.new_values.as_ref()).map(|(column, _)| column));
        // Behind what was skipped any column may have changed.
        if is_baseline || matches!(record.action.as_str(), "CREATE" | "DELETE" | "SKIPPED") {
            state.is_complete = is_baseline || record.action == "DELETE";
            break;
        }
    }
    state.exists = records.first().is_some_and(|record| !is("CREATE", record));
    state
}

/// Whether a record is of that action, or of one that a context silenced.
fn is(action: &str, record: &audit_log::Model) -> bool {
    let skipped = || record.metadata.as_ref()?.get("skipped")?.as_str();
    record.action == action || (record.action == "SKIPPED" && skipped() == Some(action))
}

fn apply(state: &mut State, record: &audit_log::Model) {
    let new =
        entries(record.new_values.as_ref()).map(|(column, value)| (column.clone(), value.clone()));
    match record.action.as_str() {
        "CREATE" | "BASELINE" => {
            *state = State {
                exists: true,
                is_complete: true,
                values: new.collect(),
            };
        }
        _ if is("DELETE", record) => {
            *state = State {
                exists: false,
                is_complete: true,
                values: BTreeMap::new(),
            };
        }
        // Nobody knows what the object holds now.
        "SKIPPED" => {
            *state = State {
                exists: true,
                is_complete: false,
                values: BTreeMap::new(),
            };
        }
        _ => state.values.extend(new),
    }
}

/// What differs between two states, as far as both are known.
pub(super) fn difference(old: &State, new: &State) -> Changes {
    let columns: BTreeSet<&String> = old.values.keys().chain(new.values.keys()).collect();
    let known = columns
        .into_iter()
        .filter(|column| old.knows(column) && new.knows(column));
    let changes = known.filter_map(|column| {
        let change = Change {
            old: old.values.get(column).cloned(),
            new: new.values.get(column).cloned(),
        };
        (change.old != change.new).then(|| (column.clone(), change))
    });
    changes.collect()
}

fn entries(values: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    let object = values.and_then(Value::as_object);
    object.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(action: &str, old: &Value, new: &Value) -> audit_log::Model {
        serde_json::from_value(json!({
            "id": 1, "occurred_at": "2026-11-24T12:00:00Z", "action": action,
            "old_values": old, "new_values": new,
        }))
        .unwrap()
    }

    #[test]
    fn a_baseline_is_the_state_before_and_after_it() {
        let records = [
            record("BASELINE", &Value::Null, &json!({"a": 1, "b": 2})),
            record("UPDATE", &json!({"a": 1}), &json!({"a": 3})),
        ];
        let found = before(&records);
        assert!(found.exists && found.is_complete);
        assert_eq!(found.values["a"], json!(1));
        assert_eq!(self::states(&records)[0], found);
    }

    #[test]
    fn what_is_not_known_does_not_differ() {
        let update = |price: i32| record("UPDATE", &Value::Null, &json!({"price": price}));
        let whole = states(&[record(
            "CREATE",
            &Value::Null,
            &json!({"name": "a", "price": 1}),
        )]);
        let part = states(&[update(2)]);
        let columns = |old: &State, new: &State| {
            let changes = difference(old, new);
            changes.columns().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(columns(&whole[0], &part[0]), ["price"]);
        assert_eq!(columns(&part[0], &whole[0]), ["price"]);
        let gone = State {
            is_complete: true,
            ..State::default()
        };
        assert_eq!(columns(&whole[0], &gone), ["name", "price"]);
    }

    #[test]
    fn a_state_is_rebuilt_at_each_point() {
        let states = states(&[
            record("CREATE", &Value::Null, &json!({"a": 1, "b": null})),
            record("VIEW", &Value::Null, &Value::Null),
            record("UPDATE", &json!({"b": null}), &json!({"b": 2})),
            record("DELETE", &json!({"a": 1, "b": 2}), &Value::Null),
        ]);
        let values: Vec<Value> = states.iter().map(|state| json!(state.values)).collect();
        let created = json!({"a": 1, "b": null});
        let updated = json!({"a": 1, "b": 2});
        assert_eq!(values, [created.clone(), created, updated, json!({})]);
        let exists: Vec<bool> = states.iter().map(|state| state.exists).collect();
        assert_eq!(exists, [true, true, true, false]);
        assert!(states.iter().all(|state| state.is_complete));
    }

    #[test]
    fn a_history_without_its_beginning_knows_what_later_records_found() {
        let updates = [
            record("UPDATE", &json!({"a": 1}), &json!({"a": 2})),
            record("UPDATE", &json!({"a": 2, "b": 5}), &json!({"a": 3, "b": 6})),
        ];
        let first = &states(&updates)[0];
        assert_eq!(json!(first.values), json!({"a": 2, "b": 5}));
        assert!(first.exists && !first.is_complete);
        let deleted = [
            updates[0].clone(),
            record("DELETE", &json!({"a": 2, "c": 9}), &Value::Null),
        ];
        let first = &states(&deleted)[0];
        assert_eq!(json!(first.values), json!({"a": 2, "c": 9}));
        assert!(first.is_complete);
    }

    #[test]
    fn what_a_context_silenced_is_no_guess() {
        let skipped = |action: &str| {
            let mut record = record("SKIPPED", &Value::Null, &Value::Null);
            record.metadata = Some(json!({"skipped": action, "by": "skip_actions"}));
            record
        };
        let states = states(&[
            record("CREATE", &Value::Null, &json!({"a": 1, "b": 1})),
            skipped("UPDATE"),
            record("UPDATE", &json!({"a": 2}), &json!({"a": 3})),
            skipped("DELETE"),
        ]);
        let values: Vec<Value> = states.iter().map(|state| json!(state.values)).collect();
        let created = json!({"a": 1, "b": 1});
        assert_eq!(values, [created, json!({}), json!({"a": 3}), json!({})]);
        let told: Vec<_> = states
            .iter()
            .map(|state| (state.exists, state.is_complete))
            .collect();
        let unsure = (true, false);
        assert_eq!(told, [(true, true), unsure, unsure, (false, true)]);
        let begun = self::states(&[skipped("CREATE"), skipped("UPDATE")]);
        assert!(begun.iter().all(|state| state.exists && !state.is_complete));
        assert!(!before(&[skipped("CREATE")]).exists);
    }

    #[test]
    fn a_difference_holds_just_what_differs() {
        let states = states(&[
            record("CREATE", &Value::Null, &json!({"a": 1, "b": 1})),
            record("UPDATE", &json!({"a": 1}), &json!({"a": 2})),
            record("UPDATE", &json!({"a": 2}), &json!({"a": 3})),
        ]);
        let changes = difference(&states[0], &states[2]);
        assert_eq!(changes.columns().collect::<Vec<_>>(), ["a"]);
        let a = changes.get("a").unwrap();
        assert_eq!(
            (a.old.clone(), a.new.clone()),
            (Some(json!(1)), Some(json!(3)))
        );
        assert!(difference(&states[1], &states[1]).is_empty());
    }
}
