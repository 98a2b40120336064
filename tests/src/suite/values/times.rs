use sea_orm::{
    Value,
    prelude::{
        ChronoUnixTimestampMillis, TimeDate, TimeDateTime, TimeDateTimeWithTimeZone, TimeTime,
    },
    sea_query::prelude::{
        DateTime, Local, NaiveDate, NaiveDateTime, NaiveTime, Utc, chrono::ParseError,
        time::UtcOffset,
    },
};

use super::matrix::{Case, Column, all, case};
use crate::{
    Backend::{MySql, Postgres},
    Outcome, Test,
    entity::column_types::{
        date, date_time, date_time_local, date_time_utc, date_time_zoned, time as time_column,
        time_date, time_date_time, time_date_time_zoned, time_time, unix_timestamp,
    },
};

const MICROSECONDS: &str = "PostgreSQL, MySQL and MariaDB keep microseconds";
const NO_LEAP: &str = "PostgreSQL, MySQL and MariaDB know no leap seconds";
const TIMESTAMP: &str =
    "sqlx sends it as a `timestamp`, of which MariaDB makes NULL outside 1970 to 2038";
const YEARS: &str = "the database, or its driver, does not know that year";

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a day")
}

fn clock(hour: u32, minute: u32, second: u32, nano: u32) -> NaiveTime {
    NaiveTime::from_hms_nano_opt(hour, minute, second, nano).expect("a time")
}

/// Dates, times and both, of chrono.
pub async fn dates_and_times_of_chrono(t: &mut Test) -> Outcome {
    let column = Column::new(t, date::Entity).await?;
    let far = [
        case(day(-4712, 1, 1), "-4712-01-01").unsendable(&[MySql], YEARS),
        case(day(10_000, 1, 1), "+10000-01-01").unsendable(&[MySql], YEARS),
        case(NaiveDate::MAX, "+262142-12-31").unsendable(&[MySql], YEARS),
        case(NaiveDate::MIN, "-262143-01-01")
            .refused(&[Postgres], YEARS)
            .unsendable(&[MySql], YEARS),
    ];
    let near = [(1, 1, 1), (1969, 12, 31), (2024, 2, 29), (9999, 12, 31)];
    let near = near.map(|(y, m, d)| case(day(y, m, d), format!("{y:04}-{m:02}-{d:02}")));
    column.keeps(near.into_iter().chain(far)).await?;

    let column = Column::new(t, time_column::Entity)
        .await?
        .mysql_type("time(6)")
        .await?;
    column.keeps(chrono_times()).await?;

    let column = Column::new(t, date_time::Entity)
        .await?
        .mysql_type("datetime(6)")
        .await?;
    let plain = Moments {
        suffix: "",
        make: |at: NaiveDateTime| at,
    };
    let leap = plain.leap_second().otherwise(&[MySql], NO_LEAP);
    column
        .keeps(plain.near().into_iter().chain(plain.far()).chain([leap]))
        .await
}

fn chrono_times() -> [Case; 5] {
    [
        case(NaiveTime::MIN, "00:00:00.000000"),
        case(clock(23, 59, 59, 999_999_000), "23:59:59.999999"),
        case(clock(9, 5, 0, 0), "09:05:00.000000"),
        case(clock(12, 0, 0, 123_456_789), "12:00:00.123456789")
            .otherwise(&[Postgres, MySql], MICROSECONDS),
        case(clock(23, 59, 59, 1_500_000_000), "23:59:60.500000")
            .refused(&[Postgres], NO_LEAP)
            .otherwise(&[MySql], NO_LEAP),
    ]
}

/// Moments of chrono, made into a type of its, with their JSON.
struct Moments<F> {
    suffix: &'static str,
    make: F,
}

impl<T: Into<Value>, F: Fn(NaiveDateTime) -> T> Moments<F> {
    fn case(&self, date: NaiveDate, time: NaiveTime, text: &str) -> Case {
        case(
            (self.make)(date.and_time(time)),
            format!("{text}{}", self.suffix),
        )
    }

    fn near(&self) -> [Case; 2] {
        let nano = self.case(
            day(2026, 11, 22),
            clock(12, 0, 0, 123_456_789),
            "2026-11-22T12:00:00.123456789",
        );
        [
            self.case(
                day(1970, 1, 1),
                clock(0, 0, 0, 1_000),
                "1970-01-01T00:00:00.000001",
            ),
            nano.otherwise(&[Postgres, MySql], MICROSECONDS),
        ]
    }

    /// Beyond the years of MySQL's `timestamp`.
    fn far(&self) -> [Case; 4] {
        [
            self.case(day(1, 1, 1), NaiveTime::MIN, "0001-01-01T00:00:00.000000"),
            self.case(
                day(1969, 12, 31),
                clock(23, 59, 59, 0),
                "1969-12-31T23:59:59.000000",
            ),
            self.case(
                day(2038, 1, 19),
                clock(3, 14, 8, 0),
                "2038-01-19T03:14:08.000000",
            ),
            self.case(
                day(9999, 12, 31),
                clock(23, 59, 59, 999_999_000),
                "9999-12-31T23:59:59.999999",
            ),
        ]
    }

    fn leap_second(&self) -> Case {
        let leap = self.case(
            day(2016, 12, 31),
            clock(23, 59, 59, 1_000_000_000),
            "2016-12-31T23:59:60.000000",
        );
        leap.otherwise(&[Postgres], NO_LEAP)
    }

    /// Of a type that sqlx sends to MySQL as a `timestamp`.
    fn as_timestamps(&self) -> Vec<Case> {
        let mut cases = all(self.far(), |case| case.otherwise(&[MySql], TIMESTAMP));
        cases.extend(self.near());
        cases.push(self.leap_second().otherwise(&[MySql], NO_LEAP));
        cases
    }
}

/// Moments of chrono with a zone: in the trail they are in UTC.
pub async fn zoned_times_of_chrono(t: &mut Test) -> Outcome {
    let column = Column::new(t, date_time_utc::Entity)
        .await?
        .mysql_type("datetime(6)")
        .await?;
    let utc = Moments {
        suffix: "Z",
        make: |at: NaiveDateTime| at.and_utc(),
    };
    column.keeps(utc.as_timestamps()).await?;
    let column = Column::new(t, date_time_local::Entity)
        .await?
        .mysql_type("datetime(6)")
        .await?;
    let local = Moments {
        suffix: "Z",
        make: |at: NaiveDateTime| at.and_utc().with_timezone(&Local),
    };
    column.keeps(local.as_timestamps()).await?;
    let column = Column::new(t, date_time_zoned::Entity)
        .await?
        .mysql_type("datetime(6)")
        .await?;
    let zoned = Moments {
        suffix: "Z",
        make: |at: NaiveDateTime| at.and_utc().fixed_offset(),
    };
    let cases = zoned
        .near()
        .into_iter()
        .chain(zoned.far())
        .chain(offsets()?);
    column
        .keeps(cases.chain([zoned.leap_second().refused(&[MySql], NO_LEAP)]))
        .await?;
    let column = Column::new(t, unix_timestamp::Entity).await?;
    let at = DateTime::<Utc>::from_timestamp_millis(-1).ok_or("a moment")?;
    column
        .keeps([case(ChronoUnixTimestampMillis(at), -1)])
        .await
}

fn offsets() -> Result<Vec<Case>, ParseError> {
    let offsets = [
        ("2026-01-01T00:30:00+02:00", "2025-12-31T22:30:00.000000Z"),
        ("2026-06-30T23:59:59.5-09:30", "2026-07-01T09:29:59.500000Z"),
        ("2026-06-30T12:00:00+14:00", "2026-06-29T22:00:00.000000Z"),
    ];
    offsets
        .into_iter()
        .map(|(text, utc)| Ok(case(DateTime::parse_from_rfc3339(text)?, utc)))
        .collect()
}

/// Dates, times and both, of the `time` crate.
pub async fn dates_and_times_of_time(t: &mut Test) -> Outcome {
    let column = Column::new(t, time_date::Entity).await?;
    let far = case(TimeDate::MIN, "-9999-01-01")
        .refused(&[Postgres], YEARS)
        .unsendable(&[MySql], YEARS);
    let leap_day = TimeDate::from_ordinal_date(2024, 60)?;
    let first = TimeDate::from_ordinal_date(1, 1)?;
    let near = [
        case(first, "0001-01-01"),
        case(leap_day, "2024-02-29"),
        case(TimeDate::MAX, "9999-12-31"),
    ];
    column.keeps(near.into_iter().chain([far])).await?;

    let column = Column::new(t, time_time::Entity)
        .await?
        .mysql_type("time(6)")
        .await?;
    let (last, nano) = (
        TimeTime::from_hms_micro(23, 59, 59, 999_999)?,
        TimeTime::from_hms_nano(12, 0, 0, 1)?,
    );
    let nano = case(nano, "12:00:00.000000001").otherwise(&[Postgres, MySql], MICROSECONDS);
    column
        .keeps([
            case(TimeTime::MIDNIGHT, "00:00:00.000000"),
            case(last, "23:59:59.999999"),
            nano,
        ])
        .await?;

    let column = Column::new(t, time_date_time::Entity)
        .await?
        .mysql_type("datetime(6)")
        .await?;
    let end = TimeDateTime::new(TimeDate::MAX, last);
    let cases = [
        case(end, "9999-12-31T23:59:59.999999"),
        case(first.midnight(), "0001-01-01T00:00:00.000000"),
    ];
    column.keeps(cases).await
}

/// Moments of the `time` crate with a zone: in the trail they are in UTC.
pub async fn zoned_times_of_time(t: &mut Test) -> Outcome {
    let column = Column::new(t, time_date_time_zoned::Entity)
        .await?
        .mysql_type("datetime(6)")
        .await?;
    let at = |unix_nanos| TimeDateTimeWithTimeZone::from_unix_timestamp_nanos(unix_nanos);
    let far = [
        case(at(-1_000)?, "1969-12-31T23:59:59.999999Z"),
        case(
            at(253_402_300_799_999_999_000)?,
            "9999-12-31T23:59:59.999999Z",
        ),
    ];
    let offset = UtcOffset::from_hms(-9, -30, 0)?;
    let mut cases = all(far, |case| case.otherwise(&[MySql], TIMESTAMP));
    cases.push(case(at(1_000)?, "1970-01-01T00:00:00.000001Z"));
    cases.push(case(
        at(1_782_863_999_500_000_000)?.to_offset(offset),
        "2026-06-30T23:59:59.500000Z",
    ));
    column.keeps(cases).await
}
