use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{fingerprint, hex_digest};
use crate::capture::{
    catalog::{Dialect, Place},
    table::{Column, Table},
};

/// What the records of a table depend on: two triggers of one version and one recipe record the same, whatever their texts
/// are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::capture) struct Recipe {
    /// A digest of what is not of one column: names, key, options, trail.
    table: String,
    /// The columns that may name the object.
    naming: Vec<String>,
    /// A digest of each column that is known, by its name.
    columns: BTreeMap<String, String>,
}

/// A recipe as a mark holds it, beside the names of the columns.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Written {
    table: String,
    /// The positions of these columns.
    naming: Vec<usize>,
    /// In the order of the names.
    columns: Vec<String>,
}

impl Recipe {
    /// Of a table whose columns have the kinds that the database keeps.
    pub(super) fn of(table: &Table, place: &Place) -> Self {
        let key: Vec<_> = table.key.iter().map(described).collect();
        let mut about = json!({
            "table": table.audit_name,
            "key": key,
            "on_skip": table.options.on_skip,
            "trail": (place.log_schema != place.table_schema).then_some(&place.log_schema),
        });
        let touched = place.columns.iter().filter(|column| column.is_touched);
        let touched: Vec<&str> = touched.map(|column| column.name.as_str()).collect();
        if !touched.is_empty() {
            about["touched"] = json!(touched);
        }
        if !table.ignored.is_empty() {
            about["ignored"] = json!(table.ignored);
        }
        let naming = table.naming.iter().map(|column| column.name.clone());
        let digest = |name: &String| (name.clone(), digest(name, table, place));
        Self {
            table: fingerprint(&about.to_string()),
            naming: naming.collect(),
            columns: table.known.iter().map(digest).collect(),
        }
    }

    /// As a mark holds it that has these names.
    pub(super) fn written(&self, names: &[String]) -> Written {
        let position = |name: &String| names.iter().position(|known| known == name);
        let digest = |name: &String| self.columns.get(name).cloned().unwrap_or_default();
        Written {
            table: self.table.clone(),
            naming: self.naming.iter().filter_map(position).collect(),
            columns: names.iter().map(digest).collect(),
        }
    }

    /// The columns that this one has beside those of another; `None` where something else differs too.
    pub(in crate::capture) fn more_than(&self, other: &Self) -> Option<Vec<String>> {
        let mut of_other = other.columns.iter();
        let is_more = |name: &&String| !other.columns.contains_key(*name);
        let naming = self.naming.iter().filter(|name| !is_more(name));
        let is_alike = self.table == other.table
            && of_other.all(|(name, digest)| self.columns.get(name) == Some(digest))
            && naming.eq(&other.naming);
        is_alike.then(|| self.columns.keys().filter(is_more).cloned().collect())
    }
}

impl Written {
    /// The recipe of a mark that has these names.
    pub(super) fn read(&self, names: &[String]) -> Recipe {
        let naming = self.naming.iter().filter_map(|at| names.get(*at).cloned());
        let digests = self.columns.iter().cloned();
        Recipe {
            table: self.table.clone(),
            naming: naming.collect(),
            columns: names.iter().cloned().zip(digests).collect(),
        }
    }
}

fn described(column: &Column) -> serde_json::Value {
    json!([column.name, column.kind, column.masked, column.read_as])
}

/// Of a column that is recorded, or else of one that is skipped.
fn digest(name: &str, table: &Table, place: &Place) -> String {
    let mut columns = table.columns.iter();
    let recorded = columns.find(|column| column.name == name);
    hex_digest(&json!([recorded.map(described), fact(name, place)]).to_string())
}

/// What PostgreSQL says of a column, its type too: sessions keep plans by it, which are made anew with the function.
fn fact(name: &str, place: &Place) -> Option<serde_json::Value> {
    let fact = (place.dialect == Dialect::Postgres).then(|| place.fact(name))??;
    Some(json!([fact.declared, fact.is_styled, fact.expression]))
}
