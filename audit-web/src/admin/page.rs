//! What a list was asked for, and the rows that answer it.

use audit_sea_orm::TrailCursor;
use chrono::{DateTime, Days, Utc};
use sea_orm::{Condition, DatabaseConnection, DbErr};

use super::{
    admitted::Visit,
    failure::Failure,
    filter::{self, Filtered, filtered},
    listed::Listed,
    params::Params,
    period::{self, Day, Period},
    position::Position,
    range::{Ends, Range},
    scan::Scan,
    search,
};

/// What a list was asked for.
pub(super) struct ListQuery<E: Listed> {
    /// The rows that the fields choose, of any time.
    pub(super) of_any_time: Scan<E>,
    /// All rows of the tenant who asks, where it is limited to one.
    pub(super) of_tenant: Option<Scan<E>>,
    /// What the fields ask, where they ask anything.
    pub(super) fields: Option<Condition>,
    /// Those of the time that was asked for, with the text that was.
    scan: Scan<E>,
    pub(super) period: Option<Period>,
    pub(super) position: Position,
}

/// Rows, the newest first, and where to go on from them.
pub(super) struct Page<E: Listed> {
    pub(super) rows: Vec<E::Model>,
    pub(super) older: Option<TrailCursor>,
    pub(super) newer: Option<TrailCursor>,
    /// How far the page looked, where it did not look at everything.
    pub(super) looked_to: Option<DateTime<Utc>>,
}

/// The names of a list's parameters that choose rows.
pub(super) fn filter_names<E: Listed>() -> impl Iterator<Item = &'static str> {
    let fields = E::FIELDS.iter().map(|field| field.name);
    fields.chain(["q", "date", "from", "until"])
}

impl<E: Listed> ListQuery<E> {
    pub(super) async fn read(visit: &Visit, ends: Ends) -> Result<Self, Failure> {
        let params = &visit.params;
        let period: Option<Period> =
            params.read("date", "a year, a month or a day such as 2026-11-24")?;
        let (days, position) = (days(params)?, position(params)?);
        let range = period.map_or(days, |period| days.and(period.range()));
        let Filtered {
            mut scan,
            of_any_time,
            fields,
        } = filtered::<E>(visit, range, ends).await?;
        if let Some(text) = params.get("q") {
            scan = scan.but(search::holds::<E>(
                text,
                visit.shared.db.get_database_backend(),
            ));
        }
        Ok(Self {
            of_any_time,
            of_tenant: filter::of_tenant(&visit.viewer),
            fields,
            scan,
            period,
            position,
        })
    }

    /// The rows of this page, at most `size`.
    pub(super) async fn page(&self, db: &DatabaseConnection, size: u64) -> Result<Page<E>, DbErr> {
        let mut found = self.scan.page(db, self.position, size).await?;
        let came_from = match self.position {
            Position::Newest => None,
            // Where nothing is left, the way back is the way it came.
            Position::Older(cursor) | Position::Newer(cursor) => {
                Some(found.rows.first().map_or(cursor, E::cursor))
            }
        };
        let (older, newer) = if self.position.is_backwards() {
            (found.next, came_from)
        } else {
            found.rows.reverse();
            (came_from, found.next)
        };
        Ok(Page {
            rows: found.rows,
            older,
            newer,
            looked_to: found.looked_to,
        })
    }
}

/// From the first day on, and before the end of the last.
fn days(params: &Params) -> Result<Range, Failure> {
    let day = |name| params.read::<Day>(name, "a day such as 2026-11-24");
    let (from, until) = (day("from")?, day("until")?);
    let end = |Day(day)| period::midnight(day + Days::new(1));
    Ok(Range {
        from: from.map(|Day(day)| period::midnight(day)),
        until: until.map(end),
    })
}

pub(super) fn position(params: &Params) -> Result<Position, Failure> {
    let cursor = |name| params.read::<TrailCursor>(name, "a place in this list");
    Ok(match (cursor("before")?, cursor("after")?) {
        (Some(_), Some(_)) => {
            return Err(Failure::bad_request(
                "A page is before one place or after one.",
            ));
        }
        (Some(cursor), None) => Position::Older(cursor),
        (None, Some(cursor)) => Position::Newer(cursor),
        (None, None) => Position::Newest,
    })
}
