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
}

impl Shape {
    pub(crate) const ALL: [Self; 3] = [Self::One, Self::Hundred, Self::Shortcut];

    pub(crate) fn size(self) -> usize {
        match self {
            Self::One | Self::Shortcut => 1,
            Self::Hundred => 100,
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::One => "1",
            Self::Hundred => "100",
            Self::Shortcut => "audited_*",
        })
    }
}
