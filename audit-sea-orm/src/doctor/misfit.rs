use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use crate::entity::audit_log;

/// What [`examine`](super::examine) found.
///
/// Its text has a line for each kind of misfit. As JSON it is an object of `records` and `misfits`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Diagnosis {
    /// How many records were looked at.
    pub records: u64,
    /// What does not fit, by table and column.
    pub misfits: Vec<Misfit>,
}

/// Some records that do not fit for the same reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Misfit {
    /// The table, by its present name.
    pub table: String,
    /// The column; `None` where it is about the table or the key.
    pub column: Option<String>,
    /// What does not fit.
    pub kind: MisfitKind,
    /// How many records it is of.
    pub records: u64,
    /// The number of the first of them.
    pub first: i64,
    /// The number of the last of them.
    pub last: i64,
}

/// Why records do not fit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum MisfitKind {
    /// No entity of the program and no table of the database has that name. Where it was renamed, say so at the entity:
    /// `#[audited(renamed("…"))]`.
    UnknownTable,
    /// Neither is there such a column now, nor does the entity say that it had that name. It was renamed without a word, or dropped.
    UnknownColumn,
    /// The key is none of the entity's: its columns had other types then, or others were the key.
    Key {
        /// The first of such keys.
        shown: String,
    },
    /// A value is none of the column's present type.
    Value {
        /// What it is, and is not, of the first of them.
        why: String,
    },
    /// The application could not read the value when it was recorded: the record has the database's text of it.
    Unreadable {
        /// That text, of the first of them.
        shown: String,
    },
}

impl MisfitKind {
    /// What tells kinds apart, whatever the first of them was.
    fn number(&self) -> u8 {
        match self {
            Self::UnknownTable => 0,
            Self::UnknownColumn => 1,
            Self::Key { .. } => 2,
            Self::Value { .. } => 3,
            Self::Unreadable { .. } => 4,
        }
    }
}

impl Diagnosis {
    /// Whether every record fits.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.misfits.is_empty()
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = match self.misfits.len() {
            1 => "1 kind of misfit".to_owned(),
            number => format!("{number} kinds of misfits"),
        };
        writeln!(f, "{} looked at, {kinds}", counted(self.records))?;
        for misfit in &self.misfits {
            writeln!(f, "{misfit}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.table)?;
        if let Some(column) = &self.column {
            write!(f, ".{column}")?;
        }
        write!(f, ": {} ({}", counted(self.records), self.first)?;
        if self.last != self.first {
            write!(f, " to {}", self.last)?;
        }
        write!(f, "): {}", self.kind)
    }
}

impl fmt::Display for MisfitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownTable => f.write_str(
                "no entity and no table has that name: where it was renamed, say `#[audited(renamed(\"…\"))]`",
            ),
            Self::UnknownColumn => f.write_str(
                "there is no such column: where it was renamed, say `#[audited(renamed(\"…\"))]` at the column",
            ),
            Self::Key { shown } => write!(f, "`{shown}` is no key of the entity"),
            Self::Value { why } => f.write_str(why),
            Self::Unreadable { shown } => {
                write!(f, "the application could not read `{shown}` then")
            }
        }
    }
}

fn counted(records: u64) -> String {
    let plural = if records == 1 { "" } else { "s" };
    format!("{records} record{plural}")
}

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Found {
    records: u64,
    misfits: BTreeMap<(String, Option<String>, u8), Misfit>,
}

impl Found {
    /// Counts a record that is looked at.
    pub(super) fn count(&mut self) {
        self.records += 1;
    }

    pub(super) fn add(
        &mut self,
        record: &audit_log::Model,
        table: &str,
        column: Option<&str>,
        kind: MisfitKind,
    ) {
        let column = column.map(str::to_owned);
        let place = (table.to_owned(), column.clone(), kind.number());
        let misfit = self.misfits.entry(place).or_insert_with(|| Misfit {
            table: table.to_owned(),
            column,
            kind,
            records: 0,
            first: record.id,
            last: record.id,
        });
        misfit.records += 1;
        misfit.last = record.id;
    }

    pub(super) fn diagnosis(self) -> Diagnosis {
        Diagnosis {
            records: self.records,
            misfits: self.misfits.into_values().collect(),
        }
    }
}
