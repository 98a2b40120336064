use std::fmt;

use super::{
    ExpectedRecord,
    line::{write_columns, write_who},
};
use crate::entity::audit_log;

/// The records that a block of code left, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftRecords(Vec<audit_log::Model>);

impl LeftRecords {
    pub(super) fn new(records: Vec<audit_log::Model>) -> Self {
        Self(records)
    }

    /// The records, to look at what [`assert_are`](Self::assert_are) does not.
    #[must_use]
    pub fn as_slice(&self) -> &[audit_log::Model] {
        &self.0
    }

    /// Passes where exactly these records were left, in this order.
    ///
    /// # Panics
    /// Where there are others, fewer or more. The message shows each place, what was expected there and what was found.
    ///
    /// # Example
    /// See [`test_util`](crate::test_util).
    #[track_caller]
    pub fn assert_are(&self, expected: impl IntoIterator<Item = ExpectedRecord>) {
        let expected: Vec<_> = expected.into_iter().collect();
        let is_met = expected.len() == self.0.len()
            && expected
                .iter()
                .zip(&self.0)
                .all(|(expected, found)| expected.is_met_by(found));
        assert!(is_met, "{}", self.compared(&expected));
    }

    /// Passes where no record was left in `audit_log`; system events have none there.
    ///
    /// # Panics
    /// Where there is any, with all of them.
    #[track_caller]
    pub fn assert_none(&self) {
        self.assert_are([]);
    }

    /// Each place: what is as expected on one line, else both.
    fn compared(&self, expected: &[ExpectedRecord]) -> String {
        let mut text = "other records than expected (- expected, + left)\n".to_owned();
        for place in 0..expected.len().max(self.0.len()) {
            match (expected.get(place), self.0.get(place)) {
                (Some(expected), Some(left)) if expected.is_met_by(left) => {
                    text += &format!("  {}\n", Shown(left));
                }
                (expected, left) => {
                    if let Some(expected) = expected {
                        text += &format!("- {expected}\n");
                    }
                    if let Some(left) = left {
                        text += &format!("+ {}\n", Shown(left));
                    }
                }
            }
        }
        text
    }
}

/// A record on one line.
struct Shown<'a>(&'a audit_log::Model);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let record = self.0;
        f.write_str(&record.action)?;
        for part in [record.table(), record.object_id.as_deref()]
            .into_iter()
            .flatten()
        {
            write!(f, " {part}")?;
        }
        let changes = record.changes();
        let columns = changes.iter();
        let columns =
            columns.map(|(column, change)| (column, change.old.as_ref(), change.new.as_ref()));
        write_columns(f, columns)?;
        write_who(f, record.actor_id.as_deref(), record.reason.as_deref())
    }
}
