//! What becomes a row of `audit_log`: the values, the key, the texts and the columns of the context.

mod condition;
pub(crate) mod context_columns;
pub mod encoding;
pub(crate) mod object_key;
pub(crate) mod part_value;
mod row;
pub(crate) mod sql_texts;
pub(crate) mod transaction_id;
pub(crate) mod unknown;

use std::borrow::Cow;

pub(crate) use condition::Condition;
pub(crate) use row::Row;

/// What a record says beside the context: what was done to which object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub(crate) action: Cow<'static, str>,
    pub(crate) table_name: Option<Cow<'static, str>>,
    pub(crate) object_id: Option<String>,
    pub(crate) object_repr: Option<String>,
    /// JSON, as text.
    pub(crate) old_values: Option<String>,
    /// JSON, as text.
    pub(crate) new_values: Option<String>,
}

/// The event in words, for errors: it names no value.
pub(crate) fn event(action: &str, table: Option<&str>, object_id: Option<&str>) -> String {
    let key: String = object_id.unwrap_or_default().chars().take(80).collect();
    match table {
        Some(table) => format!("{action} of {table} {key}").trim_end().to_owned(),
        None => action.to_owned(),
    }
}
