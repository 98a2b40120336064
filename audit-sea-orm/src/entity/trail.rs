//! What the tables of the trail have in common.

use std::{fmt, str::FromStr};

use sea_orm::{DbBackend, DbErr, EntityTrait, sea_query::Expr};

use super::{audit_log, data_export, login_attempt, system_event};

mod sealed {
    use sea_orm::{DbBackend, sea_query::Expr};

    pub trait Sealed {
        /// How many events some rows stand for.
        fn number(_backend: DbBackend) -> Expr {
            Expr::cust("COUNT(*)")
        }
    }
}

/// A table of the trail: its rows have a time and a number.
pub trait TrailEntity: EntityTrait + sealed::Sealed {
    /// The column of the time.
    const OCCURRED_AT: Self::Column;
    /// The column of the number.
    const ID: Self::Column;
    /// The column of the tenant.
    const TENANT_ID: Self::Column;

    /// Where a row stands in the order of the trail.
    fn cursor(row: &Self::Model) -> TrailCursor;
}

macro_rules! trail_entity {
    ($($table:ident),*) => {$(
        impl TrailEntity for $table::Entity {
            const OCCURRED_AT: $table::Column = $table::Column::OccurredAt;
            const ID: $table::Column = $table::Column::Id;
            const TENANT_ID: $table::Column = $table::Column::TenantId;

            fn cursor(row: &$table::Model) -> TrailCursor {
                TrailCursor::from(row.id)
            }
        }
    )*};
}

trail_entity!(audit_log, data_export, login_attempt, system_event);

impl sealed::Sealed for audit_log::Entity {}
impl sealed::Sealed for data_export::Entity {}
impl sealed::Sealed for system_event::Entity {}

impl sealed::Sealed for login_attempt::Entity {
    fn number(backend: DbBackend) -> Expr {
        Self::attempts(backend)
    }
}

/// A place in the order of the trail: the number of a row.
///
/// Its text fits into a URL. The row may be gone: the place stays.
///
/// # Example
/// ```
/// use audit_sea_orm::TrailCursor;
///
/// let cursor: TrailCursor = "42".parse()?;
/// assert_eq!(cursor.to_string(), "42");
/// assert_eq!(cursor, TrailCursor::from(42));
/// assert!("42; drop table".parse::<TrailCursor>().is_err());
/// # Ok::<(), sea_orm::DbErr>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrailCursor(i64);

impl TrailCursor {
    /// The number of the row.
    #[must_use]
    pub fn id(self) -> i64 {
        self.0
    }
}

impl From<i64> for TrailCursor {
    fn from(id: i64) -> Self {
        Self(id)
    }
}

impl fmt::Display for TrailCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for TrailCursor {
    type Err = DbErr;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| {
            let shown: String = text.chars().take(60).collect();
            DbErr::Type(format!(
                "`{shown}` is not a cursor: pass on the text of the one a page gave"
            ))
        })
    }
}
