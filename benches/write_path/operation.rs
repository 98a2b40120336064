//! The operations that are timed.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Create,
    /// Of two columns.
    Update,
    Delete,
}

impl Operation {
    pub(crate) const ALL: [Self; 3] = [Self::Create, Self::Update, Self::Delete];
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        })
    }
}

/// How the operations come in transactions. The plain side always has an explicit one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Each in a transaction of its own, explicit on every side.
    One,
    /// A hundred to a transaction.
    Hundred,
    /// Each by `audited_insert`, `audited_update` or `audited_delete`: for information.
    Shortcut,
    /// Each commits by itself: on the pool, or through an audited connection where triggers record.
    Autocommit,
    /// Two thousand rows by one statement, which hooks do not see.
    Bulk,
}

impl Shape {
    pub(crate) const ALL: [Self; 5] = [
        Self::One,
        Self::Hundred,
        Self::Shortcut,
        Self::Autocommit,
        Self::Bulk,
    ];

    /// How many rows a turn writes.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::One | Self::Shortcut | Self::Autocommit => 1,
            Self::Hundred => 100,
            Self::Bulk => 2_000,
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::One => "1",
            Self::Hundred => "100",
            Self::Shortcut => "audited_*",
            Self::Autocommit => "none",
            Self::Bulk => "2000 rows",
        })
    }
}
