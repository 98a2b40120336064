//! The way by date: year, month, day, each with how many rows it holds.

use audit_sea_orm::TrailQuery;
use chrono::Datelike;
use sea_orm::{DatabaseConnection, DbErr};

use super::{listed::Listed, params::Params, period::Period, slice::Asked, tally};

/// Counting further would cost more than it tells.
const MOST: u64 = 100;

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
    let spans: Vec<tally::Span> = parts.iter().map(|part| part.span()).collect();
    let counts = tally::counts(db, &asked.narrowed, &spans, Some(MOST)).await?;
    let to = |period: Option<Period>| params.with("date", period.map(Period::text)).to_query();
    let views = parts.iter().zip(counts).map(|(part, count)| PartView {
        label: part.label(),
        title: part.title(),
        href: if count > 0 {
            to(Some(*part))
        } else {
            String::new()
        },
        count: if count < MOST {
            count.to_string()
        } else {
            format!("{}+", MOST - 1)
        },
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

/// The years from the oldest row to the newest.
async fn years<E: Listed>(asked: &Asked<E>, db: &DatabaseConnection) -> Result<Vec<Period>, DbErr> {
    let year = |rows: &[E::Model]| Some(E::time(rows.first()?).year());
    let newest = asked.narrowed.clone().newest_first().page(db, 1).await?;
    let oldest = asked.narrowed.clone().oldest_first().page(db, 1).await?;
    let (Some(first), Some(last)) = (year(&oldest.rows), year(&newest.rows)) else {
        return Ok(Vec::new());
    };
    // A row from a clock gone wrong must not make a hundred links.
    let first = first.max(last - 20);
    Ok((first..=last).map(Period::Year).collect())
}
