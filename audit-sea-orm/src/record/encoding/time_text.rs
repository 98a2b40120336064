//! Dates and times as text: one spelling for chrono and the `time` crate. Each is written into the record as it is
//! formatted, without a text of its own.

use std::fmt::{self, Display};

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

pub(super) fn chrono_date(date: NaiveDate) -> impl Display {
    Ymd(date.year(), date.month(), date.day())
}

pub(super) fn chrono_time(time: NaiveTime) -> impl Display {
    // chrono keeps a leap second as second 59 and more than a thousand million nanoseconds.
    let (second, nano) = match time.nanosecond() {
        nano @ 1_000_000_000.. => (time.second() + 1, nano - 1_000_000_000),
        nano => (time.second(), nano),
    };
    Hms(time.hour(), time.minute(), second, nano)
}

pub(super) fn chrono_date_time(at: NaiveDateTime) -> impl Display {
    DateTime(chrono_date(at.date()), chrono_time(at.time()), "")
}

pub(super) fn chrono_utc(at: NaiveDateTime) -> impl Display {
    DateTime(chrono_date(at.date()), chrono_time(at.time()), "Z")
}

#[cfg(feature = "with-time")]
pub(super) fn time_date(date: time::Date) -> impl Display {
    Ymd(
        date.year(),
        u32::from(u8::from(date.month())),
        u32::from(date.day()),
    )
}

#[cfg(feature = "with-time")]
pub(super) fn time_time(time: time::Time) -> impl Display {
    let (hour, minute, second, nano) = time.as_hms_nano();
    Hms(hour.into(), minute.into(), second.into(), nano)
}

#[cfg(feature = "with-time")]
pub(super) fn time_date_time(at: time::PrimitiveDateTime) -> impl Display {
    DateTime(time_date(at.date()), time_time(at.time()), "")
}

#[cfg(feature = "with-time")]
pub(super) fn time_utc(at: time::OffsetDateTime) -> String {
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    let (hour, minute, second, nano) = at.to_hms_nano();
    let offset = chrono::TimeDelta::seconds(at.offset().whole_seconds().into());
    // By chrono: at either end of the years that `time` knows, UTC falls outside them and `time` panics.
    let utc = NaiveDate::from_ymd_opt(year, month.into(), day.into())
        .and_then(|date| date.and_hms_nano_opt(hour.into(), minute.into(), second.into(), nano))
        .and_then(|local| local.checked_sub_signed(offset));
    utc.map_or_else(|| time_local(at), |utc| chrono_utc(utc).to_string())
}

/// With its offset: beyond chrono's years, which no database holds.
#[cfg(feature = "with-time")]
fn time_local(at: time::OffsetDateTime) -> String {
    let local = time::PrimitiveDateTime::new(at.date(), at.time());
    format!("{}{}", time_date_time(local), at.offset())
}

/// Year, month and day.
struct Ymd(i32, u32, u32);

impl Display for Ymd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(year, month, day) = self;
        if (0..=9999).contains(year) {
            write!(f, "{year:04}-{month:02}-{day:02}")
        } else {
            // ISO 8601 asks for a sign where a year has other than four digits.
            write!(f, "{year:+05}-{month:02}-{day:02}")
        }
    }
}

/// Hour, minute, second and nanosecond.
struct Hms(u32, u32, u32, u32);

impl Display for Hms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(hour, minute, second, nano) = self;
        if nano.is_multiple_of(1_000) {
            write!(f, "{hour:02}:{minute:02}:{second:02}.{:06}", nano / 1_000)
        } else {
            write!(f, "{hour:02}:{minute:02}:{second:02}.{nano:09}")
        }
    }
}

/// A date, a time, and what follows them.
struct DateTime<D, T>(D, T, &'static str);

impl<D: Display, T: Display> Display for DateTime<D, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(date, time, zone) = self;
        write!(f, "{date}T{time}{zone}")
    }
}
