//! What stands in the way of an undo.

use std::fmt;

use serde::Serialize;

use crate::record::unknown::UnknownColumns;

/// An object of an undo.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[non_exhaustive]
pub struct UndoneObject {
    /// Its table, by its present name.
    pub table: String,
    /// Its key as text, as [`object_id`](crate::entity::audit_log::Model::object_id) has it.
    pub id: String,
}

impl UndoneObject {
    pub(crate) fn new(table: impl Into<String>, id: impl Into<String>) -> Self {
        let (table, id) = (table.into(), id.into());
        Self { table, id }
    }
}

impl fmt::Display for UndoneObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.table, self.id)
    }
}

/// Why an undo would not give the exact earlier state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum UndoConflict {
    /// Somebody else changed the object since.
    ChangedSince {
        /// The object.
        object: UndoneObject,
        /// The numbers of the records of that; none where it left no record.
        records: Vec<i64>,
        /// The columns that changed; none where the object came or went.
        columns: Vec<String>,
    },
    /// Another row has taken what the object had.
    KeyTaken {
        /// The object.
        object: UndoneObject,
        /// The columns of which no two rows may have the same values.
        columns: Vec<String>,
        /// The row that has them.
        by: UndoneObject,
    },
    /// What the object was is not known whole.
    Unknown {
        /// The object.
        object: UndoneObject,
        /// The columns, with the reason of each.
        columns: UnknownColumns,
    },
    /// A row that stays refers to the object, which would go.
    ReferredTo {
        /// The object.
        object: UndoneObject,
        /// The row.
        by: UndoneObject,
    },
    /// The object would refer to a row that is not there any more.
    ParentGone {
        /// The object.
        object: UndoneObject,
        /// Its columns that refer to it.
        columns: Vec<String>,
        /// The table of the row.
        table: String,
    },
    /// The context of a writer said to record nothing of a change.
    Silenced {
        /// The object.
        object: UndoneObject,
    },
    /// A table was emptied as a whole.
    Truncated {
        /// The table.
        table: String,
        /// The number of the record.
        record: i64,
    },
    /// An [import](crate::import) wrote rows that have no records of their own.
    NotRecorded {
        /// The table.
        table: String,
        /// The number of the import's record.
        record: i64,
    },
    /// The program has no audited entity of the table: derive `Audited`, or call `register_audited!`.
    NoEntity {
        /// The table.
        table: String,
    },
    /// The plan is not the present one: what it undoes has other records now, or other rows. Make a new plan.
    Outdated,
}

impl fmt::Display for UndoConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ChangedSince {
                object,
                records,
                columns,
            } => {
                write!(f, "{object} was changed since")?;
                names(f, " in ", columns)?;
                match records.as_slice() {
                    [] => f.write_str(", without a record"),
                    _ => names(f, ", record ", records),
                }
            }
            Self::KeyTaken {
                object,
                columns,
                by,
            } => {
                write!(f, "{by} has")?;
                names(f, " the ", columns)?;
                write!(f, " of {object}")
            }
            Self::Unknown { object, columns } => {
                write!(f, "{object} is not known whole: {columns}")
            }
            Self::ReferredTo { object, by } => write!(f, "{by} refers to {object}, which would go"),
            Self::ParentGone {
                object,
                columns,
                table,
            } => {
                write!(f, "{object} refers by")?;
                names(f, " ", columns)?;
                write!(f, " to a row of {table} that is gone")
            }
            Self::Silenced { object } => {
                write!(
                    f,
                    "a change of {object} was not recorded, as its context said"
                )
            }
            Self::Truncated { table, record } => {
                write!(f, "{table} was emptied as a whole, record {record}")
            }
            Self::NotRecorded { table, record } => {
                write!(
                    f,
                    "the rows of {table} that record {record} imported have no records"
                )
            }
            Self::NoEntity { table } => write!(
                f,
                "no audited entity of this program has the table {table}: derive `Audited`, or call `register_audited!`"
            ),
            Self::Outdated => f.write_str("the plan is not up to date: make it anew"),
        }
    }
}

fn names<T: fmt::Display>(f: &mut fmt::Formatter<'_>, before: &str, names: &[T]) -> fmt::Result {
    for (number, name) in names.iter().enumerate() {
        let before = if number == 0 { before } else { ", " };
        write!(f, "{before}{name}")?;
    }
    Ok(())
}

/// All that stands in the way of an undo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoConflicts(Vec<UndoConflict>);

impl UndoConflicts {
    pub(crate) fn new(conflicts: Vec<UndoConflict>) -> Self {
        Self(conflicts)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &UndoConflict> {
        self.0.iter()
    }
}

impl fmt::Display for UndoConflicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, conflict) in self.0.iter().enumerate() {
            let between = if number == 0 { "" } else { "; " };
            write!(f, "{between}{conflict}")?;
        }
        Ok(())
    }
}
