use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use sea_orm::DbErr;

use super::TrailEntity;

/// A place in the order of the trail, between two of its rows.
///
/// Its text, `<microseconds since 1970>-<number>`, fits into a URL.
///
/// # Example
/// ```
/// use audit_sea_orm::Cursor;
///
/// let cursor: Cursor = "1795305600000000-42".parse()?;
/// assert_eq!(cursor.to_string(), "1795305600000000-42");
/// assert!("42; drop table".parse::<Cursor>().is_err());
/// # Ok::<(), sea_orm::DbErr>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    pub(crate) occurred_at: DateTime<Utc>,
    pub(crate) id: i64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.occurred_at.timestamp_micros(), self.id)
    }
}

impl FromStr for Cursor {
    type Err = DbErr;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            // From the right, as a time before 1970 begins with a minus too.
            let (micros, id) = text.rsplit_once('-')?;
            Some(Self {
                occurred_at: DateTime::from_timestamp_micros(micros.parse().ok()?)?,
                id: id.parse().ok()?,
            })
        };
        parse().ok_or_else(|| {
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
