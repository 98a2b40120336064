//! The way by date: year, month, day, each with how many rows it holds.

use audit_sea_orm::entity::UNREADABLE_TIME;
use chrono::Datelike;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, Order, QueryOrder, QuerySelect, QueryTrait,
};

use super::{
    count,
    listed::Listed,
    page::ListQuery,
    params::Params,
    period::{Period, Span},
    scan::{fitting_during, last_during, time_of},
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
    query: &ListQuery<E>,
    params: &Params,
    db: &DatabaseConnection,
) -> Result<Hierarchy, DbErr> {
    let parts = match query.period {
        Some(period) => period.parts(),
        None => years(query, db).await?,
    };
    let counts = counts(query, &parts, db).await?;
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
    let mut above = query.period.and_then(Period::parent);
    while let Some(period) = above {
        path.insert(0, (period.title(), to(Some(period))));
        above = period.parent();
    }
    if query.period.is_some() {
        path.insert(0, ("All dates".to_owned(), to(None)));
    }
    Ok(Hierarchy {
        path,
        current: query
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

/// How many rows of the scan there are in each part: all, where they are few. Else the last in it are looked at.
async fn counts<E: Listed>(
    query: &ListQuery<E>,
    parts: &[Period],
    db: &DatabaseConnection,
) -> Result<Vec<Count>, DbErr> {
    let spans: Vec<Span> = parts.iter().map(|part| part.span()).collect();
    let Some(fields) = &query.fields else {
        let known = known::<E>(&spans, MOST, db).await?;
        let counts = known.into_iter().map(|known| Count {
            seen: known.min(MOST),
            has_more: known > MOST,
        });
        return Ok(counts.collect());
    };
    if let Some(times) = query.of_any_time.times(db).await? {
        let count = |(from, until): &Span| {
            let seen = times.iter().filter(|time| (from..until).contains(time));
            Count {
                seen: u64::try_from(seen.count()).unwrap_or(u64::MAX),
                has_more: false,
            }
        };
        return Ok(spans.iter().map(count).collect());
    }
    let most = MOST_LOOKED_AT / u64::try_from(spans.len().max(1)).unwrap_or(MOST_LOOKED_AT);
    let known = known::<E>(&spans, most, db).await?;
    let backend = db.get_database_backend();
    let fitting = |from, until| fitting_during::<E>(fields.clone(), from, until, most, backend);
    let seen = count::rows_in(db, &spans, fitting).await?;
    let counts = known.into_iter().zip(seen);
    let count = |(known, seen)| Count {
        seen,
        has_more: known > most,
    };
    Ok(counts.map(count).collect())
}

/// How many rows there are in each span, counted to one more than `most`.
async fn known<E: Listed>(
    spans: &[Span],
    most: u64,
    db: &DatabaseConnection,
) -> Result<Vec<u64>, DbErr> {
    let rows = |from, until| last_during::<E>(from, until, most + 1);
    count::rows_in(db, spans, rows).await
}

/// The years from the oldest row to the newest, by time: of those that are to be seen, and no others.
async fn years<E: Listed>(
    query: &ListQuery<E>,
    db: &DatabaseConnection,
) -> Result<Vec<Period>, DbErr> {
    let ends = match &query.of_tenant {
        Some(of_tenant) => of_tenant.time_ends(db).await?,
        None => ends::<E>(db).await?,
    };
    let Some((oldest, newest)) = ends.filter(|(_, newest)| *newest != UNREADABLE_TIME) else {
        return Ok(Vec::new());
    };
    let last = newest.year();
    // A row from a clock gone wrong must not make a hundred links.
    let first = oldest.year().max(last - 20);
    Ok((first..=last).map(Period::Year).collect())
}

/// The oldest and the newest time of the table.
async fn ends<E: Listed>(db: &DatabaseConnection) -> Result<Option<Span>, DbErr> {
    let end = async |order| {
        let time = E::find().select_only().column(E::OCCURRED_AT);
        let time = time.order_by(E::OCCURRED_AT, order).limit(1).into_query();
        let row = db.query_one(&time).await?;
        row.as_ref().map(time_of::<E>).transpose()
    };
    let newest = end(Order::Desc).await?;
    Ok(end(Order::Asc).await?.zip(newest))
}
