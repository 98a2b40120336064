//! Strategies: any value of each type.

use chrono::{FixedOffset, Local, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use proptest::{collection::vec, prelude::*};
use sea_orm::{
    Value,
    sea_query::{Enum, OptionEnum},
};
use serde_json::Value as Json;

type Values = BoxedStrategy<Value>;

/// Of any type.
pub(super) fn any_value() -> impl Strategy<Value = Value> {
    let kinds = kinds();
    #[cfg(feature = "postgres-array")]
    let kinds = kinds
        .iter()
        .cloned()
        .chain(kinds.iter().map(array_of))
        .collect::<Vec<_>>();
    prop::strategy::Union::new(kinds)
}

/// The null of any type.
pub(super) fn any_null() -> impl Strategy<Value = Value> {
    any_value().prop_map(|value| value.as_null())
}

/// One strategy for each type that is no array.
fn kinds() -> Vec<Values> {
    let mut kinds = vec![
        of(any::<bool>()),
        of(any::<i8>()),
        of(any::<i16>()),
        of(any::<i32>()),
        of(any::<i64>()),
        of(any::<u8>()),
        of(any::<u16>()),
        of(any::<u32>()),
        of(any::<u64>()),
        of(any::<u32>().prop_map(f32::from_bits)),
        of(any::<u64>().prop_map(f64::from_bits)),
        of(text()),
        of(any::<char>()),
        of(vec(any::<u8>(), 0..40)),
        of(json(4)),
        of(text().prop_map(|value| enumerated(&value))),
    ];
    kinds.extend(chrono_kinds());
    #[cfg(feature = "with-time")]
    kinds.extend(time_kinds());
    #[cfg(feature = "with-uuid")]
    kinds.push(of(any::<u128>().prop_map(sea_orm::prelude::Uuid::from_u128)));
    #[cfg(feature = "with-rust_decimal")]
    kinds.push(of(decimal()));
    #[cfg(feature = "with-bigdecimal")]
    kinds.push(of(big_decimal()));
    kinds
}

fn of<S>(strategy: S) -> Values
where
    S: Strategy<Value: Into<Value>> + 'static,
{
    strategy.prop_map(Into::into).boxed()
}

#[cfg(feature = "postgres-array")]
fn array_of(kind: &Values) -> Values {
    let item = (kind.clone(), any::<u8>())
        .prop_map(|(value, luck)| if luck < 32 { value.as_null() } else { value });
    (kind.clone(), proptest::option::of(vec(item, 0..5)))
        .prop_map(|(like, items)| Value::Array(like.array_type(), items.map(Box::new)))
        .boxed()
}

/// Any characters, NUL and controls among them.
pub(super) fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..20).prop_map(String::from_iter)
}

pub(super) fn enumerated(value: &str) -> Value {
    Value::Enum(OptionEnum::Some(Box::new(Enum {
        type_name: "tea".into(),
        value: value.to_owned().into(),
    })))
}

/// JSON that nests up to that many levels; some of it looks like the wrapper.
pub(super) fn json(levels: u32) -> impl Strategy<Value = Json> {
    let key = prop_oneof![text(), Just(super::WRAPPED_JSON.to_owned())];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        text().prop_map(Json::from),
    ];
    leaf.prop_recursive(levels, 16, 3, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Json::from),
            vec((key.clone(), inner), 0..3).prop_map(Json::from_iter),
        ]
    })
}

fn chrono_kinds() -> [Values; 6] {
    let utc = || date_time().prop_map(|at| at.and_utc());
    // Whole minutes, as those of ISO 8601: half a minute would put a leap second in the middle of one.
    let offset = (-1439..=1439_i32).prop_map(|minutes| FixedOffset::east_opt(minutes * 60));
    let zoned = (date_time(), offset).prop_filter_map("no such offset", |(at, offset)| {
        Some(offset?.from_utc_datetime(&at))
    });
    [
        of(date()),
        of(time()),
        of(date_time()),
        of(utc()),
        of(utc().prop_map(|at| at.with_timezone(&Local))),
        of(zoned),
    ]
}

fn date() -> impl Strategy<Value = NaiveDate> {
    use chrono::Datelike;
    let days = NaiveDate::MIN.num_days_from_ce()..=NaiveDate::MAX.num_days_from_ce();
    let near = NaiveDate::from_num_days_from_ce_opt;
    prop_oneof![days, 0..800_000, Just(-1), Just(366)]
        .prop_filter_map("no such day", near)
        .boxed()
}

fn time() -> impl Strategy<Value = NaiveTime> {
    let leap = (0..1440_u32, 1_000_000_000..2_000_000_000_u32)
        .prop_map(|(minute, nano)| (minute * 60 + 59, nano));
    let ordinary = (0..86_400_u32, 0..1_000_000_000_u32);
    let whole = (0..86_400_u32, Just(0));
    prop_oneof![leap, ordinary, whole].prop_filter_map("no such time", |(second, nano)| {
        NaiveTime::from_num_seconds_from_midnight_opt(second, nano)
    })
}

fn date_time() -> impl Strategy<Value = NaiveDateTime> {
    (date(), time()).prop_map(|(date, time)| date.and_time(time))
}

#[cfg(feature = "with-time")]
fn time_kinds() -> [Values; 4] {
    use time::{Date, PrimitiveDateTime, Time, UtcOffset};

    fn date() -> impl Strategy<Value = Date> {
        let days = Date::MIN.to_julian_day()..=Date::MAX.to_julian_day();
        let ends = [Date::MIN.to_julian_day(), Date::MAX.to_julian_day()];
        prop_oneof![days, prop::sample::select(ends.to_vec())]
            .prop_filter_map("no such day", |day| Date::from_julian_day(day).ok())
    }
    fn time() -> impl Strategy<Value = Time> {
        (0..24_u8, 0..60_u8, 0..60_u8, 0..1_000_000_000_u32)
            .prop_filter_map("no such time", |(hour, minute, second, nano)| {
                Time::from_hms_nano(hour, minute, second, nano).ok()
            })
    }
    let at = || (date(), time()).prop_map(|(date, time)| PrimitiveDateTime::new(date, time));
    let zoned = (at(), -93_599..=93_599_i32).prop_filter_map("no such offset", |(at, seconds)| {
        Some(at.assume_offset(UtcOffset::from_whole_seconds(seconds).ok()?))
    });
    [of(date()), of(time()), of(at()), of(zoned)]
}

#[cfg(feature = "with-rust_decimal")]
fn decimal() -> impl Strategy<Value = sea_orm::prelude::Decimal> {
    let parts = (any::<[u32; 3]>(), any::<bool>(), 0..=28_u32);
    parts.prop_map(|([low, middle, high], negative, scale)| {
        sea_orm::prelude::Decimal::from_parts(low, middle, high, negative, scale)
    })
}

#[cfg(feature = "with-bigdecimal")]
fn big_decimal() -> impl Strategy<Value = sea_orm::prelude::BigDecimal> {
    (any::<i128>(), -300..300_i32).prop_filter_map("no such number", |(digits, exponent)| {
        format!("{digits}e{exponent}").parse().ok()
    })
}
