//! The way by date: year, month, day, each with how many rows it holds.

use chrono::Datelike;
use sea_orm::{DatabaseConnection, DbErr};

use super::{
    listed::Listed,
    params::Params,
    period::{Period, Span},
    slice::Asked,
    tally,
    walk::Place,
};

/// How far rows are counted in a year, a month or a day: a day of a large trail is to cost what one of a small does.
const MOST: u64 = 50;

/// How many rows are looked at in all, for what no index knows.
const MOST_LOOKED_AT: u64 = 500;

/// The way by date.
#[derive(Clone, Debug)]
pub(super) struct Hierarchy {
    /// What leads back up, with its links.
    pub(super) path: Vec<(String, String)>,
    /// What is chosen.
    pub(super) current: String,
    pub(super) parts: Vec<PartView>,
}

/// A year, month or day to choose.
#[derive(Clone, Debug)]
pub(super) struct PartView {
    pub(super) label: String,
    pub(super) title: String,
    /// Empty where there is nothing to see.
    pub(super) href: String,
    pub(super) count: String,
}

pub(super) async fn load<E: Listed>(
    asked: &Asked<E>,
    params: &Params,
    db: &DatabaseConnection,
) -> Result<Hierarchy, DbErr> {
    let parts = match asked.period {
        Some(period) => period.parts(),
        None => years(asked, db).await?,
    };
    let counts = counts(asked, &parts, db).await?;
    let to = |period: Option<Period>| params.with("date", period.map(Period::text)).to_query();
    let views = parts.iter().zip(counts).map(|(part, count)| PartView {
        label: part.label(),
        title: part.title(),
        href: if count.is_empty() {
            String::new()
        } else {
            to(Some(*part))
        },
        count: count.text(),
    });
    let mut path = Vec::new();
    let mut above = asked.period.and_then(Period::parent);
    while let Some(period) = above {
        path.insert(0, (period.title(), to(Some(period))));
        above = period.parent();
    }
    if asked.period.is_some() {
        path.insert(0, ("All dates".to_owned(), to(None)));
    }
    Ok(Hierarchy {
        path,
        current: asked
            .period
            .map_or_else(|| "All dates".to_owned(), Period::title),
        parts: views.collect(),
    })
}

/// What is known of how many rows there are.
#[derive(Clone, Copy, Debug)]
struct Count {
    seen: u64,
    has_more: bool,
}

impl Count {
    fn is_empty(self) -> bool {
        self.seen == 0 && !self.has_more
    }

    fn text(self) -> String {
        let more = if self.has_more { "+" } else { "" };
        format!("{}{more}", self.seen)
    }
}

/// How many rows of the walk there are in each part, of the first in it that the index knows.
async fn counts<E: Listed>(
    asked: &Asked<E>,
    parts: &[Period],
    db: &DatabaseConnection,
) -> Result<Vec<Count>, DbErr> {
    let walk = &asked.narrowed;
    let most = match u64::try_from(parts.len()) {
        Ok(parts @ 1..) if walk.is_looking() => (MOST_LOOKED_AT / parts).max(1),
        _ => MOST,
    };
    let spans: Vec<Span> = parts.iter().map(|part| part.span()).collect();
    // One more tells whether there are more.
    let known = |from, until| walk.some_of(from, until, most + 1);
    let known = tally::counts_in(db, &spans, known).await?;
    let seen = if walk.is_looking() {
        tally::counts_in(db, &spans, |from, until| walk.fitting(from, until, most)).await?
    } else {
        known.iter().map(|known| *known.min(&most)).collect()
    };
    let counts = known.into_iter().zip(seen);
    let count = |(known, seen)| Count {
        seen,
        has_more: known > most,
    };
    Ok(counts.map(count).collect())
}

/// The years from the oldest row to the newest.
async fn years<E: Listed>(asked: &Asked<E>, db: &DatabaseConnection) -> Result<Vec<Period>, DbErr> {
    let newest = asked.narrowed.first(db, Place::Newest).await?;
    let oldest = asked.narrowed.first(db, Place::Oldest).await?;
    let (Some((oldest, _)), Some((newest, _))) = (oldest, newest) else {
        return Ok(Vec::new());
    };
    let last = newest.year();
    // A row from a clock gone wrong must not make a hundred links.
    let first = oldest.year().max(last - 20);
    Ok((first..=last).map(Period::Year).collect())
}
