//! Where a page stands in the order of the trail.

use audit_sea_orm::TrailCursor;
use sea_orm::sea_query::{Expr, ExprTrait, Order, SimpleExpr};

/// Where a page stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Position {
    Newest,
    Older(TrailCursor),
    Newer(TrailCursor),
}

impl Position {
    /// Whether the page is read from its newest row on.
    pub(super) fn is_backwards(self) -> bool {
        matches!(self, Self::Newest | Self::Older(_))
    }

    pub(super) fn order(self) -> Order {
        if self.is_backwards() {
            Order::Desc
        } else {
            Order::Asc
        }
    }

    /// The same direction, from there on.
    pub(super) fn from(self, cursor: TrailCursor) -> Self {
        if self.is_backwards() {
            Self::Older(cursor)
        } else {
            Self::Newer(cursor)
        }
    }

    /// Whether a row of that number lies there.
    pub(super) fn holds(self, number: Expr) -> SimpleExpr {
        match self {
            // True of each: SQLite's plans tell a range of the key from a scan of the table.
            Self::Newest => number.lte(i64::MAX),
            Self::Older(cursor) => number.lt(cursor.id()),
            Self::Newer(cursor) => number.gt(cursor.id()),
        }
    }

    /// The lowest and the highest number that may lie there.
    pub(super) fn numbers(self) -> (i64, i64) {
        match self {
            Self::Newest => (i64::MIN, i64::MAX),
            Self::Older(cursor) => (i64::MIN, cursor.id().saturating_sub(1)),
            Self::Newer(cursor) => (cursor.id().saturating_add(1), i64::MAX),
        }
    }
}
