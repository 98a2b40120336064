//! How a database spells values, names and texts.

mod mysql;
mod postgres;
mod sqlite;

pub(super) use mysql::MySql;
pub(super) use postgres::{Postgres, unsafe_json};
pub(super) use sqlite::Sqlite;

use super::{
    kind::Kind,
    table::{Column, Table},
};

/// The SQL of one kind of database.
///
/// Each expression is put into a trigger as it is, so what it costs, every write costs.
pub(super) trait Spell {
    /// A name, quoted as sea-query quotes it.
    fn name(&self, name: &str) -> String;

    /// A string, whatever it holds and however the session reads backslashes.
    fn text(&self, text: &str) -> String;

    /// The JSON of a value, as text; never NULL.
    fn json(&self, kind: &Kind, value: &str) -> String;

    /// The text of a value that is not NULL, as it stands in a key of one column.
    fn plain(&self, kind: &Kind, value: &str) -> String;

    /// Whether two values differ, byte by byte, NULL being a value like others.
    fn differ(&self, kind: &Kind, old: &str, new: &str) -> String;

    /// Texts one after another.
    fn concat(&self, parts: &[String]) -> String;

    /// The characters of a text from the second on.
    fn tail(&self, text: &str) -> String {
        format!("substr({text}, 2)")
    }

    /// NULL for the texts "" and "null", which name nothing, as in the hooks; others stay, whatever the column's
    /// collation takes for equal to these.
    fn name_of_something(&self, text: &str) -> String;

    /// A text for people, cut and cleaned as `audit_core::text::line` does.
    fn line(&self, text: &str) -> String;

    /// A key as `audit_log.object_id` can hold it.
    fn stored_key(&self, key: String, _is_bounded: bool) -> String {
        key
    }

    /// A column of the row of that name.
    fn column(&self, row: &str, column: &Column) -> String {
        format!("{row}.{}", self.name(&column.name))
    }

    /// The JSON of an unmasked column.
    fn value(&self, row: &str, column: &Column) -> String {
        self.json(&column.kind, &self.column(row, column))
    }

    /// The object of all recorded columns of a row.
    fn object(&self, row: &str, table: &Table) -> String {
        self.object_of(table, |column| self.value(row, column))
    }

    /// The object of all recorded columns, with the JSON of those that are not masked.
    fn object_of(&self, table: &Table, value: impl Fn(&Column) -> String) -> String {
        let mut parts = Vec::new();
        let mut literal = String::from("{");
        for (position, column) in table.columns.iter().enumerate() {
            literal.push_str(if position == 0 { "" } else { "," });
            literal.push_str(&before_value(column));
            if column.masked {
                literal.push_str(r#""***""#);
                continue;
            }
            parts.push(self.text(&std::mem::take(&mut literal)));
            parts.push(value(column));
        }
        literal.push('}');
        parts.push(self.text(&literal));
        self.concat(&parts)
    }

    /// A column's name and value, as they follow others in an object.
    fn following(&self, row: &str, column: &Column) -> String {
        let before = following_text(column);
        if column.masked {
            self.text(&format!(r#"{before}"***""#))
        } else {
            self.concat(&[self.text(&before), self.value(row, column)])
        }
    }

    /// The object of those columns of a row that differ.
    fn changed_object(&self, row: &str, table: &Table) -> String {
        let parts: Vec<String> = compared(table)
            .map(|column| {
                format!(
                    "CASE WHEN {} THEN {} ELSE '' END",
                    self.column_differs(column),
                    self.following(row, column)
                )
            })
            .collect();
        let parts = if parts.is_empty() {
            vec!["''".to_owned()]
        } else {
            parts
        };
        let all = self.tail(&self.concat(&parts));
        self.concat(&[self.text("{"), all, self.text("}")])
    }

    fn column_differs(&self, column: &Column) -> String {
        self.differ(
            &column.kind,
            &self.column("OLD", column),
            &self.column("NEW", column),
        )
    }

    /// Whether a recorded column that is not in the key differs.
    fn anything_differs(&self, table: &Table) -> String {
        let any: Vec<_> = compared(table)
            .map(|column| self.column_differs(column))
            .collect();
        if any.is_empty() {
            "1 = 0".to_owned()
        } else {
            any.join(" OR ")
        }
    }

    /// Whether the key differs.
    fn key_differs(&self, table: &Table) -> String {
        let columns = table.key.iter().map(|column| self.column_differs(column));
        columns.collect::<Vec<_>>().join(" OR ")
    }

    /// The text of the row's key.
    fn key(&self, row: &str, table: &Table) -> String {
        if let [single] = table.key.as_slice() {
            let key = self.plain(&single.kind, &self.column(row, single));
            let is_bounded = !matches!(
                single.kind,
                Kind::Text | Kind::Padded | Kind::Bytes | Kind::Json | Kind::Array(_)
            );
            return self.stored_key(key, is_bounded);
        }
        let mut parts = Vec::new();
        for (position, column) in table.key.iter().enumerate() {
            parts.push(self.text(if position == 0 { "[" } else { "," }));
            parts.push(self.key_part(&column.kind, &self.column(row, column)));
        }
        parts.push(self.text("]"));
        self.stored_key(self.concat(&parts), false)
    }

    /// The JSON of one column of several in a key: byte by byte what Rust writes.
    fn key_part(&self, kind: &Kind, value: &str) -> String {
        self.json(kind, value)
    }

    /// The text of the row for people.
    fn repr(&self, row: &str, table: &Table) -> String {
        self.repr_by(self.key(row, table), row, table)
    }

    /// The text of the row of that key for people.
    fn repr_by(&self, key: String, row: &str, table: &Table) -> String {
        let mut candidates: Vec<String> = table
            .naming
            .iter()
            .map(|column| {
                let plain = self.plain(&column.kind, &self.column(row, column));
                self.name_of_something(&plain)
            })
            .collect();
        let prefix = self.text(&format!("{} ", table.audit_name));
        candidates.push(self.concat(&[prefix, key]));
        let text = match candidates.as_slice() {
            [only] => only.clone(),
            several => format!("COALESCE({})", several.join(", ")),
        };
        self.line(&text)
    }
}

/// What stands before a value that follows others.
fn following_text(column: &Column) -> String {
    format!(",{}", before_value(column))
}

/// As `audit_core::diff` spells the outermost object.
fn before_value(column: &Column) -> String {
    format!("{} ", audit_core::diff::key_text(&column.name))
}

/// The recorded columns that an update of a row may change: those outside its key.
pub(super) fn compared(table: &Table) -> impl Iterator<Item = &Column> {
    let is_key = |column: &Column| table.key.iter().any(|key| key.name == column.name);
    table.columns.iter().filter(move |column| !is_key(column))
}

/// The kinds of bracket that JSON nests by, more of which may be deeper than a record can hold.
const MOST_BRACKETS: usize = crate::record::encoding::MAX_JSON_DEPTH;

/// JSON that needs one bracket more, open and closed, has no fewer characters.
const SHORT_JSON: usize = 2 * (MOST_BRACKETS + 1);
