//! A record under the present names.

use std::collections::BTreeMap;

use audit_core::{Change, Changes};
use serde_json::{Map, Value};

use crate::entity::audit_log::Model;

impl Model {
    /// The changed columns with their values before and after, under their [present names](crate::renames).
    ///
    /// # Example
    /// ```
    /// # use audit_sea_orm::entity::audit_log;
    /// # fn show(record: &audit_log::Model) {
    /// for (column, change) in record.changes().iter() {
    ///     println!("{column}: {:?} -> {:?}", change.old, change.new);
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn changes(&self) -> Changes {
        let changes = Changes::join(self.old_values.as_ref(), self.new_values.as_ref());
        let renamed = self.renamed_columns();
        if renamed.is_empty() {
            return changes;
        }
        let present = |(column, change): (String, Change)| {
            let name = renamed.get(column.as_str()).map(|name| (*name).to_owned());
            (name.unwrap_or(column), change)
        };
        changes.into_iter().map(present).collect()
    }

    /// The table of the object, under its [present name](crate::renames).
    ///
    /// # Example
    /// ```
    /// # use audit_sea_orm::entity::audit_log;
    /// # fn show(record: &audit_log::Model) {
    /// println!("{:?}, recorded as {:?}", record.table(), record.table_name);
    /// # }
    /// ```
    #[must_use]
    pub fn table(&self) -> Option<&str> {
        self.table_name.as_deref().map(super::table)
    }

    /// The record with its table and its columns under their [present names](crate::renames), for whoever reads
    /// `old_values` and `new_values` themselves. What is in the trail stays as it is.
    ///
    /// # Example
    /// ```
    /// # use audit_sea_orm::entity::audit_log;
    /// # fn old_price(record: audit_log::Model) -> Option<serde_json::Value> {
    /// let record = record.with_present_names();
    /// record.old_values?.get("price").cloned()
    /// # }
    /// # use audit_sea_orm::serde_json;
    /// ```
    #[must_use]
    pub fn with_present_names(mut self) -> Self {
        let renamed: BTreeMap<String, String> = self
            .renamed_columns()
            .into_iter()
            .map(|(former, present)| (former.to_owned(), present.to_owned()))
            .collect();
        for values in [&mut self.old_values, &mut self.new_values] {
            if let Some(Value::Object(columns)) = values
                && !renamed.is_empty()
            {
                *columns = rename(std::mem::take(columns), &renamed);
            }
        }
        self.table_name = self.table().map(str::to_owned);
        self
    }

    /// The former names of columns that stand in the record, with the present ones.
    ///
    /// Where the present name stands in it too, each stays what it is: while a column was moved, the table had both.
    fn renamed_columns(&self) -> BTreeMap<&'static str, &'static str> {
        let table = self.table_name.as_deref();
        let renames = table.and_then(|table| super::all().columns(table));
        let renames = renames.into_iter().flatten();
        let in_it = renames.filter_map(|(present, former)| {
            if self.has(present) {
                return None;
            }
            let former = former.iter().find(|name| self.has(name))?;
            Some((former.as_str(), present.as_str()))
        });
        in_it.collect()
    }

    fn has(&self, column: &str) -> bool {
        let mut values = [&self.old_values, &self.new_values].into_iter().flatten();
        values.any(|values| values.get(column).is_some())
    }
}

fn rename(columns: Map<String, Value>, renamed: &BTreeMap<String, String>) -> Map<String, Value> {
    let present = |(column, value): (String, Value)| {
        let name = renamed.get(&column).cloned();
        (name.unwrap_or(column), value)
    };
    columns.into_iter().map(present).collect()
}
