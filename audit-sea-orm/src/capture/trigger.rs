//! The triggers of a table, in the SQL that makes them.

mod mysql;
mod postgres;
mod recipe;
mod sqlite;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use sea_orm::IdenStatic;
use serde::Deserialize;
use sha2::{Digest, Sha256};

pub(super) use recipe::Recipe;
#[cfg(feature = "sqlx-sqlite")]
pub(crate) use sqlite::propagated;

use super::{
    catalog::{Dialect, Place},
    options::{CaptureOptions, OnSkip},
    shape::Shape,
    spell::Spell,
    table::Table,
};
use crate::{
    entity::{self, audit_log},
    record::context_columns::COLUMNS,
};

/// What triggers of this version record of a table. Raise it where those of a new release record something else of the same
/// [`Recipe`]; leave it where they record the same by another text, which then stays as it is in every database.
///
/// A trigger of a lower version is outdated, one of a higher is left alone. So later versions keep the fields of [`Mark`], and
/// may add to them.
pub(super) const VERSION: u32 = 1;

/// What every trigger that this library makes holds, followed by what tells of it as JSON.
pub(super) const MARK: &str = "audit-capture ";

/// What stands in the names of a mark by its code: so no name ends the comment or the text that holds the mark, and no
/// JSON of it has a backslash.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%').add(b'\'').add(b'"').add(b'*').add(b'\\');

/// The columns of `audit_log` that the context fills, as it is written in `audit_context`, and the characters that each
/// holds: a longer text is cut, as no write may fail for its context.
fn context_columns() -> impl Iterator<Item = (&'static str, usize)> {
    COLUMNS.into_iter().map(with_width)
}

/// As [`context_columns`], and the transaction's id, which comes with the context where the database knows none.
fn context_and_transaction() -> impl Iterator<Item = (&'static str, usize)> {
    context_columns().chain([with_width(audit_log::Column::TransactionId)])
}

/// The columns of SQLite's view `audit_context`: the payload, what it says to skip, and the columns of a record.
pub(super) fn context_view_columns() -> impl Iterator<Item = &'static str> {
    let of_record = context_and_transaction().map(|(column, _)| column);
    ["payload", "skips"]
        .into_iter()
        .chain(of_record)
        .chain(["metadata"])
}

fn with_width(column: audit_log::Column) -> (&'static str, usize) {
    (column.as_str(), entity::width(column))
}

/// What the metadata of a record holds whose context could not be read.
const UNREADABLE: &str = r#"{"context":"unreadable"}"#;

/// A trigger of a table.
#[derive(Clone, Debug)]
pub(super) struct Trigger {
    pub(super) name: String,
    /// What makes the function that it calls, in the place of one of that name: PostgreSQL's.
    pub(super) function: Vec<String>,
    /// What makes it.
    pub(super) create: Vec<String>,
    /// What the database's catalog then says of it beside its text.
    pub(super) shape: Shape,
}

/// The triggers that capture a table.
pub(super) fn all(table: &Table, place: &Place) -> Vec<Trigger> {
    match place.dialect {
        Dialect::Sqlite => sqlite::all(table, place),
        Dialect::Postgres => postgres::all(table, place),
        Dialect::MariaDb | Dialect::MySql => mysql::all(table, place),
    }
}

/// What the records of a table depend on.
pub(super) fn recipe(table: &Table, place: &Place) -> Recipe {
    match place.dialect {
        Dialect::Sqlite => Recipe::of(table, place),
        Dialect::Postgres => Recipe::of(&postgres::as_in_the_database(table, place), place),
        Dialect::MariaDb | Dialect::MySql => Recipe::of(&mysql::as_kept(table, place), place),
    }
}

/// What fails, without effect, where a column cannot be spelled as its entity says and so each write would fail: asked of
/// PostgreSQL, whose types do not become others by themselves.
pub(super) fn probe(table: &Table, place: &Place) -> Option<String> {
    (place.dialect == Dialect::Postgres).then(|| postgres::probe(table, place))
}

/// What of a table no trigger can spell.
pub(super) fn refusal(table: &Table, place: &Place) -> Option<String> {
    match place.dialect {
        Dialect::Sqlite | Dialect::Postgres => None,
        Dialect::MariaDb | Dialect::MySql => mysql::refusal(table, place),
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

/// The names of the triggers that capture a table.
pub(super) fn names(table: &Table, dialect: Dialect) -> Vec<String> {
    let events = events(dialect).iter();
    events.map(|event| name(table, event)).collect()
}

/// A name that no other table's trigger has, in the 63 bytes of PostgreSQL.
fn name(table: &Table, what: &str) -> String {
    let full = format!("{:?}.{}", table.schema, table.name);
    let digest = hex_digest(&full);
    let plain = table
        .name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '_');
    let plain: String = plain.take(24).collect();
    format!("audit_capture_{plain}_{digest}_{what}")
}

/// The text of a trigger with its mark, which names the schema of the trail only where it is not the table's, as that may get
/// another name.
fn marked(table: &Table, place: &Place, shape: &Shape, text: impl Fn(&str) -> String) -> String {
    let escaped = |name: &String| utf8_percent_encode(name, ESCAPED).to_string();
    let mut about = serde_json::json!({
        "version": VERSION,
        "fingerprint": fingerprint(&text(MARK)),
        "recipe": recipe(table, place).written(&table.known),
        "shape": shape,
        "table": escaped(&table.audit_name),
        "columns": table.known.iter().map(escaped).collect::<Vec<_>>(),
        "on_skip": table.options.on_skip,
        "trail": (place.log_schema != place.table_schema).then(|| escaped(&place.log_schema)),
    });
    if !table.ignored.is_empty() {
        about["ignored"] = table.ignored.iter().map(escaped).collect();
    }
    text(&format!("{MARK}{about}"))
}

fn fingerprint(text: &str) -> String {
    hex::encode(&Sha256::digest(text.trim())[..8])
}

/// Shorter, where there are many.
fn hex_digest(text: &str) -> String {
    hex::encode(&Sha256::digest(text)[..4])
}

/// What the mark of a trigger tells, and the fingerprint of its text as it is. A name may look like the beginning of a mark.
pub(super) fn read_mark(text: &str) -> Option<(Mark, String)> {
    text.match_indices(MARK).find_map(|(start, _)| {
        let (before, after) = text.split_at(start + MARK.len());
        let mut about = serde_json::Deserializer::from_str(after).into_iter::<Mark>();
        let mark = about.next()?.ok()?.unescaped()?;
        let rest = &after[about.byte_offset()..];
        Some((mark, fingerprint(&format!("{before}{rest}"))))
    })
}

/// What a trigger tells of itself.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Mark {
    pub(super) version: u32,
    /// Of the text that was made.
    pub(super) fingerprint: String,
    #[serde(default)]
    recipe: recipe::Written,
    /// What was made, beside the text.
    #[serde(default)]
    pub(super) shape: Shape,
    pub(super) table: String,
    pub(super) columns: Vec<String>,
    /// The columns that the entity says to skip and that its triggers do not name.
    #[serde(default)]
    pub(super) ignored: Vec<String>,
    /// The schema of the trail, where it is not the table's.
    pub(super) trail: Option<String>,
    /// As any version wrote it.
    #[serde(default)]
    on_skip: serde_json::Value,
}

impl Mark {
    /// The columns that the entity had, and those of the table that it said to skip beside them.
    pub(super) fn known(&self) -> (&[String], &[String]) {
        (&self.columns, &self.ignored)
    }

    /// What its records depend on.
    pub(super) fn recipe(&self) -> Recipe {
        self.recipe.read(&self.columns)
    }

    /// What its triggers were installed with.
    pub(super) fn options(&self) -> CaptureOptions {
        let on_skip = OnSkip::deserialize(&self.on_skip);
        CaptureOptions::new().on_skip(on_skip.unwrap_or_default())
    }

    fn unescaped(mut self) -> Option<Self> {
        let columns = self.columns.iter_mut().chain(&mut self.ignored);
        let names = columns.chain([&mut self.table]);
        for name in names.chain(&mut self.trail) {
            *name = percent_decode_str(name).decode_utf8().ok()?.into_owned();
        }
        Some(self)
    }
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

    /// What its record says where the context says to skip it.
    fn skipped(self, spell: &impl Spell, table: &Table) -> Vec<(&'static str, String)> {
        vec![
            ("action", spell.text("SKIPPED")),
            ("table_name", spell.text(&table.audit_name)),
            ("object_id", spell.key(self.row(), table)),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Capture;

    fn table(name: &str) -> Table {
        Table {
            entity: "cake",
            schema: None,
            name: name.to_owned(),
            audit_name: name.to_owned(),
            capture: Capture::Triggers,
            options: CaptureOptions::new(),
            columns: Vec::new(),
            known: vec![format!("{name} column")],
            ignored: vec![format!("{name} ignored")],
            key: Vec::new(),
            naming: Vec::new(),
        }
    }

    fn shape() -> Shape {
        Shape::new([("timing", "AFTER")])
    }

    fn place(trail: &str) -> Place {
        Place {
            dialect: Dialect::MySql,
            table_schema: "shop".to_owned(),
            log_schema: trail.to_owned(),
            columns: Vec::new(),
        }
    }

    #[test]
    fn a_mark_tells_any_name_and_the_text_around_it() {
        for name in [
            "cake",
            "*/ 'a' \"b\" `c` \\ 100% é\n",
            MARK,
            "audit-capture {}",
        ] {
            let table = table(name);
            let place = place(name);
            let text = marked(&table, &place, &shape(), |mark| {
                format!("{name} /* {mark} */ rest")
            });
            let fingerprint = fingerprint(&format!("{name} /* {MARK} */ rest"));
            let (mark, found) = read_mark(&text).expect("a mark");
            assert_eq!(mark.trail, Some(place.log_schema));
            assert_eq!((mark.version, mark.shape), (VERSION, shape()));
            assert_eq!((mark.table, mark.columns), (table.audit_name, table.known));
            assert_eq!(mark.ignored, table.ignored);
            assert_eq!(
                (&mark.fingerprint, found),
                (&fingerprint, fingerprint.clone())
            );
            let altered = text.replace("rest", "other");
            assert_ne!(read_mark(&altered).expect("a mark").1, fingerprint);
        }
        assert!(read_mark("audit-capture nothing").is_none());
    }

    #[test]
    fn a_mark_ends_no_text_and_no_comment() {
        let name = "*/ 'a' \\ \n";
        let mark = marked(&table(name), &place(name), &shape(), str::to_owned);
        assert!(!mark.contains(['\'', '\\', '*', '\n']), "{mark}");
    }
}
