//! What records do not tell.

use std::fmt;

use serde::{Serialize, Serializer};
use thiserror::Error;

use super::encoding::EncodingError;

/// Why the value of a column at a point of an object's history is not known.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Unknown {
    /// It is masked: its values never stand in a record. A text of `***` counts as masked too, as its column may have been then.
    #[error("is masked")]
    Masked,
    /// It is skipped: its changes leave no record.
    #[error("is skipped")]
    Skipped,
    /// No record has it, and no present row. So it is for an update that was recorded without the values before, and for a row
    /// that went without a record.
    #[error("has no record")]
    NotRecorded,
    /// It may have changed while the writer's context said to record nothing: a record with the action `SKIPPED` tells of that.
    #[error("may have changed where the context said to record nothing")]
    Silenced,
    /// What the record has is no value of the column's present type. The type may have been another then.
    #[error("cannot be read: {0}")]
    Unreadable(EncodingError),
}

/// The columns that keep an object's past from being whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownColumns(Vec<(String, Unknown)>);

impl UnknownColumns {
    pub(crate) fn new(columns: impl IntoIterator<Item = (String, Unknown)>) -> Self {
        Self(columns.into_iter().collect())
    }

    /// The columns by name, with the reason of each.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Unknown)> {
        let columns = self.0.iter();
        columns.map(|(column, why)| (column.as_str(), why))
    }
}

/// An object with the reason of each column.
impl Serialize for UnknownColumns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let columns = self.iter().map(|(column, why)| (column, why.to_string()));
        serializer.collect_map(columns)
    }
}

impl fmt::Display for UnknownColumns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (column, why)) in self.0.iter().enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            write!(f, "{comma}`{column}` {why}")?;
        }
        Ok(())
    }
}
