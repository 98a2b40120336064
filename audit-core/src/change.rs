use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One column's value before and after; `None` where the row, or the column, did not exist then.
///
/// A SQL `NULL` is `Some(Value::Null)`: the column was there and held nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The value before; `None` in a record of a creation.
    pub old: Option<Value>,
    /// The value after; `None` in a record of a deletion.
    pub new: Option<Value>,
}

/// The changed columns of one record, by name.
///
/// # Example
/// ```
/// use audit_core::Changes;
/// use serde_json::json;
///
/// let changes = Changes::join(Some(&json!({"price": "2.50"})), Some(&json!({"price": "2.75"})));
/// let price = changes.get("price").expect("the price changed");
/// assert_eq!((price.old.as_ref(), price.new.as_ref()), (Some(&json!("2.50")), Some(&json!("2.75"))));
/// assert_eq!(changes.columns().collect::<Vec<_>>(), ["price"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Changes(BTreeMap<String, Change>);

impl Changes {
    /// Joins the two flat objects of a record; anything but an object counts as empty.
    #[must_use]
    pub fn join(old_values: Option<&Value>, new_values: Option<&Value>) -> Self {
        let mut changes = BTreeMap::<String, Change>::new();
        for (column, old) in entries(old_values) {
            changes.entry(column.clone()).or_default().old = Some(old.clone());
        }
        for (column, new) in entries(new_values) {
            changes.entry(column.clone()).or_default().new = Some(new.clone());
        }
        Self(changes)
    }

    /// The change of one column, if it changed.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&Change> {
        self.0.get(column)
    }

    /// The names of the changed columns, in alphabetical order.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The changed columns with their changes, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Change)> {
        self.0
            .iter()
            .map(|(column, change)| (column.as_str(), change))
    }

    /// How many columns changed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no column changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn entries(values: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    values
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::iter)
}

impl IntoIterator for Changes {
    type Item = (String, Change);
    type IntoIter = std::collections::btree_map::IntoIter<String, Change>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl FromIterator<(String, Change)> for Changes {
    fn from_iter<I: IntoIterator<Item = (String, Change)>>(changes: I) -> Self {
        Self(changes.into_iter().collect())
    }
}
