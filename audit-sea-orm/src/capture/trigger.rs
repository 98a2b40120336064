//! The triggers of a table, as the database is told to make them.

mod mysql;
mod postgres;
mod sqlite;

use sha2::{Digest, Sha256};

use super::{
    catalog::{Dialect, Place},
    spell::Spell,
    table::Table,
};

/// What triggers of this version write: raise it where the same SQL comes to mean something else.
const VERSION: u32 = 1;

/// What stands at the beginning of every trigger that this library makes.
pub(super) const MARK: &str = "/* audit-capture ";

/// The columns of `audit_log` that the context fills, as it is written in `audit_context`.
const CONTEXT: [&str; 8] = [
    "actor_id",
    "actor_name",
    "ip_address",
    "user_agent",
    "session_id",
    "request_id",
    "reason",
    "module",
];

/// A trigger of a table.
#[derive(Clone, Debug)]
pub(super) struct Trigger {
    pub(super) name: String,
    /// What makes it, and its function where it has one.
    pub(super) create: Vec<String>,
    /// Of what the database keeps as its text: tells it from another.
    pub(super) fingerprint: String,
}

/// The triggers that capture a table.
pub(super) fn all(table: &Table, place: &Place) -> Vec<Trigger> {
    match place.dialect {
        Dialect::Sqlite => sqlite::all(table),
        Dialect::Postgres => postgres::all(table, place),
        Dialect::MariaDb | Dialect::MySql => mysql::all(table, place),
    }
}

/// What the names of a table's triggers end in.
pub(super) fn events(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Sqlite => &["insert", "update", "key", "delete"],
        Dialect::Postgres => &["insert", "update", "delete", "truncate"],
        Dialect::MariaDb | Dialect::MySql => &["insert", "update", "delete"],
    }
}

/// A name that no other table's trigger has, in the 63 bytes of PostgreSQL.
fn name(table: &Table, what: &str) -> String {
    let full = format!("{:?}.{}", table.schema, table.name);
    let digest = hex(&Sha256::digest(full)[..4]);
    let plain = table
        .name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '_');
    let plain: String = plain.take(24).collect();
    format!("audit_capture_{plain}_{digest}_{what}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A comment that tells what the trigger is, whose fingerprint is that of the rest of its text.
fn mark(table: &Table, text: &str) -> (String, String) {
    let fingerprint = fingerprint(text);
    let about = serde_json::json!({
        "version": VERSION,
        "fingerprint": fingerprint,
        "table": table.audit_name,
        "columns": table.known,
    });
    // So that no name opens or closes a comment.
    let about = about.to_string().replace('*', "\\u002a");
    (format!("{MARK}{about} */"), fingerprint)
}

/// Of the text of a trigger without its mark.
pub(super) fn fingerprint(text: &str) -> String {
    hex(&Sha256::digest(text.trim())[..8])
}

/// What the comment of a trigger tells, and the fingerprint of the rest of the text as it is.
pub(super) fn read_mark(text: &str) -> Option<(Mark, String)> {
    let (before, rest) = text.split_once(MARK)?;
    let (about, after) = rest.split_once(" */")?;
    let mark = serde_json::from_str(about).ok()?;
    Some((mark, fingerprint(&format!("{before}{after}"))))
}

/// What the comment of a trigger tells.
#[derive(Clone, Debug, serde::Deserialize)]
pub(super) struct Mark {
    pub(super) fingerprint: String,
    pub(super) table: String,
    pub(super) columns: Vec<String>,
}

/// The table's names in lower case, which patterns of tables to skip are compared with.
fn skip_names(table: &Table) -> Vec<String> {
    let whole = table.audit_name.to_lowercase();
    let bare = whole.rsplit_once('.').map(|(_, bare)| bare.to_owned());
    std::iter::once(whole).chain(bare).collect()
}

/// An event that a row makes, and the rows that tell of it.
#[derive(Clone, Copy)]
struct Event {
    action: &'static str,
    old: bool,
    new: bool,
}

const CREATE: Event = Event {
    action: "CREATE",
    old: false,
    new: true,
};
const UPDATE: Event = Event {
    action: "UPDATE",
    old: true,
    new: true,
};
const DELETE: Event = Event {
    action: "DELETE",
    old: true,
    new: false,
};

impl Event {
    /// The row that names the object.
    fn row(self) -> &'static str {
        if self.new { "NEW" } else { "OLD" }
    }

    /// What happened to which object: columns, with their expressions.
    fn about(self, spell: &impl Spell, table: &Table) -> Vec<(&'static str, String)> {
        vec![
            ("action", spell.text(self.action)),
            ("table_name", spell.text(&table.audit_name)),
            ("object_id", spell.key(self.row(), table)),
            ("object_repr", spell.repr(self.row(), table)),
        ]
    }

    /// Beside that, the row before and after.
    fn values(self, spell: &impl Spell, table: &Table) -> Vec<(&'static str, String)> {
        let is_update = self.old && self.new;
        let image = |row: &str| {
            if is_update {
                spell.changed_object(row, table)
            } else {
                spell.object(row, table)
            }
        };
        let mut values = self.about(spell, table);
        if self.old {
            values.push(("old_values", image("OLD")));
        }
        if self.new {
            values.push(("new_values", image("NEW")));
        }
        values
    }
}

/// The names and the expressions of an insert, each in a list.
fn lists(values: &[(&'static str, String)]) -> (String, String) {
    let (names, values): (Vec<&str>, Vec<&str>) = values
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .unzip();
    (names.join(", "), values.join(", "))
}
