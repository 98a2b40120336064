//! Counts by day, week and month.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, IdenStatic, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, SimpleExpr},
};

use crate::entity::TrailEntity;

/// A part of the calendar, in UTC: see [`TrailQuery::counts`](super::TrailQuery::counts).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Period {
    /// From midnight on.
    Day,
    /// From Monday on, as ISO 8601 has it.
    Week,
    /// From the first on.
    Month,
}

/// How many there were in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PeriodCount {
    /// The first day of the period.
    pub from: NaiveDate,
    /// How many there were; of logins the attempts, of which one row may count many.
    pub count: u64,
}

impl Period {
    /// The first day of the period that a day is in.
    fn beginning(self, day: NaiveDate) -> NaiveDate {
        let begin = match self {
            Self::Day => Some(day),
            Self::Week => {
                let since_monday = u64::from(day.weekday().num_days_from_monday());
                day.checked_sub_days(chrono::Days::new(since_monday))
            }
            Self::Month => day.with_day(1),
        };
        // The calendar itself begins in that period.
        begin.unwrap_or(NaiveDate::MIN)
    }
}

pub(super) async fn counts<E: TrailEntity, C: ConnectionTrait>(
    mut select: Select<E>,
    period: Period,
    db: &C,
) -> Result<Vec<PeriodCount>, DbErr> {
    let backend = db.get_database_backend();
    QueryTrait::query(&mut select).clear_order_by();
    let day = day::<E>(backend);
    let select = select
        .select_only()
        .expr_as(day.clone(), "day")
        .expr_as(E::number(backend), "number")
        .group_by(day);
    let mut counts = BTreeMap::new();
    for (day, number) in select.into_tuple::<(String, i64)>().all(db).await? {
        let day: NaiveDate = day.parse().map_err(|error| {
            DbErr::Type(format!(
                "audit: the database's day `{day}` is no date: {error}"
            ))
        })?;
        *counts.entry(period.beginning(day)).or_default() += number.unsigned_abs();
    }
    let counts = counts.into_iter();
    Ok(counts
        .map(|(from, count)| PeriodCount { from, count })
        .collect())
}

/// The day of a row in UTC, as text.
fn day<E: TrailEntity>(backend: DbBackend) -> SimpleExpr {
    let time = E::OCCURRED_AT.as_str();
    Expr::cust(match backend {
        DbBackend::Postgres => format!("to_char({time} AT TIME ZONE 'UTC', 'YYYY-MM-DD')"),
        // Hooks write a T before the hour, triggers a blank.
        DbBackend::Sqlite => {
            format!("substr({time}, 1, instr(replace({time}, 'T', ' '), ' ') - 1)")
        }
        _ => format!("DATE_FORMAT({time}, '%Y-%m-%d')"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_in_the_week_of_its_monday_and_the_month_of_its_first() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let sunday = day("2027-01-03");
        assert_eq!(Period::Day.beginning(sunday), sunday);
        assert_eq!(Period::Week.beginning(sunday), day("2026-12-28"));
        assert_eq!(Period::Week.beginning(day("2026-12-28")), day("2026-12-28"));
        assert_eq!(
            Period::Month.beginning(day("2028-02-29")),
            day("2028-02-01")
        );
        assert_eq!(Period::Week.beginning(NaiveDate::MIN), NaiveDate::MIN);
    }
}
