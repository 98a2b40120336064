use std::{fmt, str::FromStr};

use sea_orm::DbErr;

use super::TrailEntity;

/// A place in the order of the trail: the number of a row.
///
/// Its text fits into a URL. The row may be gone: the place stays.
///
/// # Example
/// ```
/// use audit_sea_orm::Cursor;
///
/// let cursor: Cursor = "42".parse()?;
/// assert_eq!(cursor.to_string(), "42");
/// assert_eq!(cursor, Cursor::from(42));
/// assert!("42; drop table".parse::<Cursor>().is_err());
/// # Ok::<(), sea_orm::DbErr>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor(i64);

impl Cursor {
    /// The number of the row.
    #[must_use]
    pub fn id(self) -> i64 {
        self.0
    }
}

impl From<i64> for Cursor {
    fn from(id: i64) -> Self {
        Self(id)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Cursor {
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

/// Some rows of the trail, and where the next ones begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<M> {
    /// The rows, in the order asked for.
    pub rows: Vec<M>,
    /// The last row's place, where more follow: pass it to `older_than` or `newer_than`.
    pub next: Option<Cursor>,
}

impl<M> Page<M> {
    pub(super) fn of<E: TrailEntity<Model = M>>(mut rows: Vec<M>, size: u64) -> Self {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let has_more = rows.len() > size;
        rows.truncate(size);
        let next = rows.last().filter(|_| has_more).map(E::cursor);
        Self { rows, next }
    }
}
