//! Dates and times as text: one spelling for chrono and the `time` crate.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

pub(super) fn chrono_date(date: NaiveDate) -> String {
    ymd(date.year(), date.month(), date.day())
}

pub(super) fn chrono_time(time: NaiveTime) -> String {
    // chrono keeps a leap second as second 59 and more than a thousand million nanoseconds.
    let (second, nano) = match time.nanosecond() {
        nano @ 1_000_000_000.. => (time.second() + 1, nano - 1_000_000_000),
        nano => (time.second(), nano),
    };
    hms(time.hour(), time.minute(), second, nano)
}

pub(super) fn chrono_date_time(at: NaiveDateTime) -> String {
    format!("{}T{}", chrono_date(at.date()), chrono_time(at.time()))
}

pub(super) fn chrono_utc(at: NaiveDateTime) -> String {
    chrono_date_time(at) + "Z"
}

#[cfg(feature = "with-time")]
pub(super) fn time_date(date: time::Date) -> String {
    ymd(
        date.year(),
        u32::from(u8::from(date.month())),
        u32::from(date.day()),
    )
}

#[cfg(feature = "with-time")]
pub(super) fn time_time(time: time::Time) -> String {
    let (hour, minute, second, nano) = time.as_hms_nano();
    hms(hour.into(), minute.into(), second.into(), nano)
}

#[cfg(feature = "with-time")]
pub(super) fn time_date_time(at: time::PrimitiveDateTime) -> String {
    format!("{}T{}", time_date(at.date()), time_time(at.time()))
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
    utc.map_or_else(|| time_local(at), chrono_utc)
}

/// With its offset: beyond chrono's years, which no database holds.
#[cfg(feature = "with-time")]
fn time_local(at: time::OffsetDateTime) -> String {
    let local = time::PrimitiveDateTime::new(at.date(), at.time());
    time_date_time(local) + &at.offset().to_string()
}

fn ymd(year: i32, month: u32, day: u32) -> String {
    if (0..=9999).contains(&year) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        // ISO 8601 asks for a sign where a year has other than four digits.
        format!("{year:+05}-{month:02}-{day:02}")
    }
}

fn hms(hour: u32, minute: u32, second: u32, nano: u32) -> String {
    if nano.is_multiple_of(1_000) {
        format!("{hour:02}:{minute:02}:{second:02}.{:06}", nano / 1_000)
    } else {
        format!("{hour:02}:{minute:02}:{second:02}.{nano:09}")
    }
}
