use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, Timelike, Utc};

use super::range::Range;

/// A time from when on, and before when.
pub(super) type Span = (DateTime<Utc>, DateTime<Utc>);

/// A year, a month or a day: `2026`, `2026-11`, `2026-11-24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Period {
    Year(i32),
    Month(i32, u32),
    Day(NaiveDate),
}

/// Midnight, UTC.
pub(super) fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

impl Period {
    /// The years that every database can compare times in.
    const YEARS: std::ops::RangeInclusive<i32> = 1000..=9998;

    pub(super) fn of_month(day: NaiveDate) -> Self {
        Self::Month(day.year(), day.month())
    }

    fn first_day(self) -> NaiveDate {
        let (year, month) = match self {
            Self::Year(year) => (year, 1),
            Self::Month(year, month) => (year, month),
            Self::Day(day) => return day,
        };
        NaiveDate::from_ymd_opt(year, month, 1).expect("years and months were checked when read")
    }

    /// From when on, and before when.
    pub(super) fn span(self) -> Span {
        let first = self.first_day();
        let next = match self {
            Self::Year(_) => first + Months::new(12),
            Self::Month(..) => first + Months::new(1),
            Self::Day(day) => day + Days::new(1),
        };
        (midnight(first), midnight(next))
    }

    pub(super) fn range(self) -> Range {
        let (from, until) = self.span();
        Range {
            from: Some(from),
            until: Some(until),
        }
    }

    /// The year of a month, the month of a day.
    pub(super) fn parent(self) -> Option<Self> {
        match self {
            Self::Year(_) => None,
            Self::Month(year, _) => Some(Self::Year(year)),
            Self::Day(day) => Some(Self::of_month(day)),
        }
    }

    /// The months of a year, the days of a month.
    pub(super) fn parts(self) -> Vec<Self> {
        match self {
            Self::Year(year) => (1..=12).map(|month| Self::Month(year, month)).collect(),
            Self::Month(_, month) => {
                let days = self.first_day().iter_days();
                days.take_while(|day| day.month() == month)
                    .map(Self::Day)
                    .collect()
            }
            Self::Day(_) => Vec::new(),
        }
    }

    /// As it stands in a URL.
    pub(super) fn text(self) -> String {
        match self {
            Self::Year(year) => format!("{year:04}"),
            Self::Month(year, month) => format!("{year:04}-{month:02}"),
            Self::Day(day) => day.to_string(),
        }
    }

    /// As it stands below its parent.
    pub(super) fn label(self) -> String {
        match self {
            Self::Year(year) => year.to_string(),
            Self::Month(..) => self.first_day().format("%b").to_string(),
            Self::Day(day) => day.format("%-d").to_string(),
        }
    }

    /// As it stands alone.
    pub(super) fn title(self) -> String {
        match self {
            Self::Year(year) => year.to_string(),
            Self::Month(..) => self.first_day().format("%B %Y").to_string(),
            Self::Day(day) => day.format("%-d %B %Y").to_string(),
        }
    }
}

impl FromStr for Period {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let number = |digits: &str, width: usize| {
            let fits = digits.len() == width && digits.bytes().all(|b| b.is_ascii_digit());
            fits.then(|| digits.parse::<u32>().ok()).flatten()
        };
        let parts: Vec<&str> = text.split('-').collect();
        let year = parts.first().and_then(|year| number(year, 4));
        let year = year.and_then(|year| i32::try_from(year).ok()).ok_or(())?;
        if !Self::YEARS.contains(&year) {
            return Err(());
        }
        let two = |at: usize| number(parts[at], 2).ok_or(());
        let date = |month, day| NaiveDate::from_ymd_opt(year, month, day).ok_or(());
        match parts.len() {
            1 => Ok(Self::Year(year)),
            2 => date(two(1)?, 1).map(Self::of_month),
            3 => date(two(1)?, two(2)?).map(Self::Day),
            _ => Err(()),
        }
    }
}

/// A day in a URL.
#[derive(Clone, Copy, Debug)]
pub(super) struct Day(pub(super) NaiveDate);

impl FromStr for Day {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.parse() {
            Ok(Period::Day(day)) => Ok(Self(day)),
            _ => Err(()),
        }
    }
}

/// A moment in a URL, as a field of a form has it, in UTC: `2026-11-24T10:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Instant(pub(super) DateTime<Utc>);

impl FromStr for Instant {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.strip_suffix('Z').unwrap_or(text);
        let (day, clock) = text.split_once('T').ok_or(())?;
        let (Day(day), Clock(clock)) = (day.parse()?, clock.parse()?);
        Ok(Self(day.and_time(clock).and_utc()))
    }
}

/// A time of day in a URL: `10:00`, `10:00:30`, `10:00:30.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock(pub(super) NaiveTime);

impl FromStr for Clock {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let minutes = NaiveTime::parse_from_str(text, "%H:%M");
        let time = minutes.or_else(|_| NaiveTime::parse_from_str(text, "%H:%M:%S%.f"));
        // `:60` is a leap second, which no database has.
        let time = time.ok().filter(|time| time.nanosecond() < 1_000_000_000);
        time.map(Self).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_reads_back_and_spans_its_parts() {
        for text in ["2026", "2026-02", "2026-11-24", "9998-12-31", "2024-02-29"] {
            let period: Period = text.parse().unwrap();
            assert_eq!(period.text(), text);
            let (from, until) = period.span();
            assert!(from < until);
            let parts = period.parts();
            if let (Some(first), Some(last)) = (parts.first(), parts.last()) {
                assert_eq!((first.span().0, last.span().1), (from, until));
                assert_eq!(first.parent(), Some(period));
            }
        }
        assert_eq!("2026-02".parse::<Period>().unwrap().parts().len(), 28);
    }

    #[test]
    fn what_is_no_period_is_refused() {
        for bad in [
            "",
            "x",
            "26",
            "0999",
            "9999",
            "2026-13",
            "2026-00",
            "2026-1",
            "2026-02-30",
            "2026-02-1",
            "2026-02-01-01",
            "+026",
            "-2026",
            "2026-+1",
            "２０２６",
            "99999999999999999999",
            "2026-11-24'; drop table audit_log",
        ] {
            assert!(bad.parse::<Period>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_moment_is_read_as_a_form_sends_it() {
        let read = |text: &str| {
            text.parse::<Instant>()
                .map(|Instant(time)| time.to_rfc3339())
        };
        for (text, time) in [
            ("2026-11-24T10:00", "2026-11-24T10:00:00+00:00"),
            ("2026-11-24T23:59:59.999Z", "2026-11-24T23:59:59.999+00:00"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(time));
        }
        for bad in [
            "",
            "T",
            "2026-11-24",
            "2026-11-24T",
            "T10:00",
            "2026-11-24 10:00",
            "2026-11-24T24:00",
            "2026-11-24T10:00:60",
            "2026-11-24T10:00+01:00",
            "9999-11-24T10:00",
            "2026-11T10:00",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
