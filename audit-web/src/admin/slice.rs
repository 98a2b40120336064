//! What a list was asked for, and the rows that answer it.

use audit_sea_orm::{Cursor, TrailQuery};
use chrono::{DateTime, Datelike, Days, Utc};
use sea_orm::{ColumnTrait, DatabaseConnection, DbErr, QueryFilter};

use super::{
    failure::Failure,
    filter,
    listed::{self, Listed},
    params::Params,
    period::{self, Day, Period},
    search,
    walk::{Place, Walk},
};

/// What a list was asked for.
pub(super) struct Asked<E: Listed> {
    /// The rows that the fields choose, of any time.
    pub(super) narrowed: Walk<E>,
    /// Those of the time that was asked for, with the text that was.
    walk: Walk<E>,
    pub(super) period: Option<Period>,
    pub(super) place: Place,
}

/// Rows, the newest first, and where to go on from them.
pub(super) struct Slice<E: Listed> {
    pub(super) rows: Vec<E::Model>,
    pub(super) older: Option<Cursor>,
    pub(super) newer: Option<Cursor>,
    /// How far the page looked, where it did not look at everything.
    pub(super) looked_to: Option<DateTime<Utc>>,
}

/// The names of a list's parameters that choose rows.
pub(super) fn filter_names<E: Listed>() -> impl Iterator<Item = &'static str> {
    let fields = E::FIELDS.iter().map(|field| field.name);
    fields.chain(["q", "date", "from", "until"])
}

impl<E: Listed> Asked<E> {
    pub(super) async fn read(params: &Params, db: &DatabaseConnection) -> Result<Self, Failure> {
        let period: Option<Period> =
            params.read("date", "a year, a month or a day such as 2026-11-24")?;
        let (days, place) = (days(params)?, place(params)?);
        let narrowed = filter::walk::<E>(params, db).await?;
        let mut walk = narrowed.clone();
        if let Some((from, until)) = period.map(Period::span) {
            walk = walk.within(|select| select.between(from, until));
        }
        if let Some(from) = days.0 {
            walk = walk.within(|select| select.filter(E::OCCURRED_AT.gte(bound(from))));
        }
        if let Some(until) = days.1 {
            walk = walk.within(|select| select.filter(E::OCCURRED_AT.lt(bound(until))));
        }
        if let Some(text) = params.get("q") {
            walk = walk.but(search::holds::<E>(text));
        }
        Ok(Self {
            narrowed,
            walk,
            period,
            place,
        })
    }

    /// The rows of this page, at most `size`.
    pub(super) async fn slice(
        &self,
        db: &DatabaseConnection,
        size: u64,
    ) -> Result<Slice<E>, DbErr> {
        let mut found = self.walk.page(db, self.place, size).await?;
        let came_from = match self.place {
            Place::Newest | Place::Oldest => None,
            // Where nothing is left, the way back is the way it came.
            Place::Older(cursor) | Place::Newer(cursor) => {
                Some(found.rows.first().map_or(cursor, E::cursor))
            }
        };
        let (older, newer) = if self.place.is_backwards() {
            (found.next, came_from)
        } else {
            found.rows.reverse();
            (came_from, found.next)
        };
        Ok(Slice {
            rows: found.rows,
            older,
            newer,
            looked_to: found.looked_to,
        })
    }
}

/// From a time on, and before another.
type Bounds = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// From the first day on, and before the end of the last.
fn days(params: &Params) -> Result<Bounds, Failure> {
    let day = |name| params.read::<Day>(name, "a day such as 2026-11-24");
    let (from, until) = (day("from")?, day("until")?);
    let end = |Day(day)| period::midnight(day + Days::new(1));
    Ok((from.map(|Day(day)| period::midnight(day)), until.map(end)))
}

/// A time as a parameter: MariaDB gets one with an offset as text, where one in UTC would end in 2038.
fn bound(time: DateTime<Utc>) -> DateTime<chrono::FixedOffset> {
    time.fixed_offset()
}

pub(super) fn place(params: &Params) -> Result<Place, Failure> {
    let cursor = |name| {
        let cursor = params.read::<Cursor>(name, "a place in this list")?;
        match cursor {
            Some(cursor) if !is_comparable(cursor) => Err(Failure::bad_request(
                "The place in this list is not in time.",
            )),
            cursor => Ok(cursor),
        }
    };
    Ok(match (cursor("before")?, cursor("after")?) {
        (Some(_), Some(_)) => {
            return Err(Failure::bad_request(
                "A page is before one place or after one.",
            ));
        }
        (Some(cursor), None) => Place::Older(cursor),
        (None, Some(cursor)) => Place::Newer(cursor),
        (None, None) => Place::Newest,
    })
}

/// Whether every database can compare the time of a cursor, which may come from anybody.
fn is_comparable(cursor: Cursor) -> bool {
    (1000..=9998).contains(&listed::parts(cursor).0.year())
}
