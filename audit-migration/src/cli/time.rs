//! Times, as people write them.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use sea_orm_migration::sea_orm::prelude::DateTimeUtc;

/// A time, or a day, which is its beginning.
pub(super) fn or_start_of_day(text: &str) -> Result<DateTimeUtc, String> {
    time(text).or_else(|| start(text)).ok_or_else(refused)
}

/// A time, or a day, which is its end.
pub(super) fn or_end_of_day(text: &str) -> Result<DateTimeUtc, String> {
    let end = || {
        let next = start(text)?.checked_add_days(Days::new(1))?;
        next.checked_sub_signed(TimeDelta::microseconds(1))
    };
    time(text).or_else(end).ok_or_else(refused)
}

/// The years of four digits: SQLite compares times as texts.
const YEARS: RangeInclusive<i32> = 1000..=9998;

fn time(text: &str) -> Option<DateTimeUtc> {
    let time = any_time(text)?;
    YEARS.contains(&time.year()).then_some(time)
}

fn any_time(text: &str) -> Option<DateTimeUtc> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    let text = text.replacen('T', " ", 1);
    let formats = ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S%.f"];
    let mut times = formats
        .iter()
        .filter_map(|format| NaiveDateTime::parse_from_str(&text, format).ok());
    Some(times.next()?.and_utc())
}

fn start(text: &str) -> Option<DateTimeUtc> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    let is_known = YEARS.contains(&day.year());
    is_known.then(|| day.and_time(NaiveTime::MIN).and_utc())
}

fn refused() -> String {
    "write `2026-03-04`, `2026-03-04 12:00:00` or `2026-03-04T12:00:00+01:00`".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(time: Result<DateTimeUtc, String>) -> String {
        time.map_or_else(|error| error, |time| time.to_rfc3339())
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, expected) in [
            ("2026-03-04 12:30", "2026-03-04T12:30:00+00:00"),
            ("2026-03-04 12:30:05.25", "2026-03-04T12:30:05.250+00:00"),
            ("2026-03-04T12:30:05", "2026-03-04T12:30:05+00:00"),
            ("2026-03-04T12:30:05+01:00", "2026-03-04T11:30:05+00:00"),
        ] {
            assert_eq!(shown(or_start_of_day(text)), expected);
            assert_eq!(shown(or_end_of_day(text)), expected);
        }
    }

    #[test]
    fn a_day_is_its_beginning_or_its_end() {
        let (start, end) = (
            "2026-03-04T00:00:00+00:00",
            "2026-03-04T23:59:59.999999+00:00",
        );
        assert_eq!(shown(or_start_of_day("2026-03-04")), start);
        assert_eq!(shown(or_end_of_day("2026-03-04")), end);
    }

    #[test]
    fn what_is_no_time_is_refused_with_what_is() {
        for text in [
            "",
            "monday",
            "2026-02-30",
            "2026-03-04 25:00",
            "+262143-12-31",
            "+12345-01-01",
            "0999-12-31 12:00",
            "9999-01-01T00:00:00Z",
        ] {
            assert!(
                shown(or_start_of_day(text)).starts_with("write `"),
                "{text}"
            );
            assert!(shown(or_end_of_day(text)).starts_with("write `"), "{text}");
        }
    }
}
