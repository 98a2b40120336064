use std::str::FromStr;

use chrono::{DateTime, FixedOffset, Local, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use sea_orm::{
    Value,
    sea_query::{ArrayType, Enum, EnumTypeName, OptionEnum},
};
use serde_json::Value as Json;

use super::{EncodingError, WRAPPED_JSON, encode::type_name};

pub(super) fn decode(json: &Json, like: &Value) -> Result<Value, EncodingError> {
    if json.is_null() {
        return Ok(like.as_null());
    }
    decode_some(json, like).ok_or_else(|| EncodingError::Malformed {
        expected: type_name(like),
        json: excerpt(json),
    })
}

/// The first 100 characters of the JSON, which may be megabytes long: looking for a column's type, most
/// attempts end here.
pub(super) fn excerpt(json: &Json) -> String {
    const MOST: usize = 100;
    let text = match json {
        Json::String(text) => Json::from(text.chars().take(MOST).collect::<String>()).to_string(),
        Json::Array(items) => Json::from_iter(items.iter().take(MOST).cloned()).to_string(),
        other => other.to_string(),
    };
    text.chars().take(MOST).collect()
}

fn decode_some(json: &Json, like: &Value) -> Option<Value> {
    Some(match like {
        Value::Bool(_) => json.as_bool()?.into(),
        Value::TinyInt(_) => i8::try_from(json.as_i64()?).ok()?.into(),
        Value::SmallInt(_) => i16::try_from(json.as_i64()?).ok()?.into(),
        Value::Int(_) => i32::try_from(json.as_i64()?).ok()?.into(),
        Value::BigInt(_) => json.as_i64()?.into(),
        Value::TinyUnsigned(_) => u8::try_from(json.as_u64()?).ok()?.into(),
        Value::SmallUnsigned(_) => u16::try_from(json.as_u64()?).ok()?.into(),
        Value::Unsigned(_) => u32::try_from(json.as_u64()?).ok()?.into(),
        Value::BigUnsigned(_) => json.as_u64()?.into(),
        Value::Float(_) => single(double(json)?)?.into(),
        Value::Double(_) => double(json)?.into(),
        Value::String(_) => json.as_str()?.into(),
        Value::Char(_) => parse::<char>(json)?.into(),
        Value::Bytes(_) => hex::decode(json.as_str()?).ok()?.into(),
        Value::Json(_) => Value::Json(Some(Box::new(unwrapped(json)?))),
        Value::Enum(v) => enumerated(json, v)?,
        Value::ChronoDate(_) => parse::<NaiveDate>(json)?.into(),
        Value::ChronoTime(_) => time(json)?.into(),
        Value::ChronoDateTime(_) => date_time(json.as_str()?)?.into(),
        Value::ChronoDateTimeUtc(_) => utc(json)?.into(),
        Value::ChronoDateTimeLocal(_) => DateTime::<Local>::from(utc(json)?).into(),
        Value::ChronoDateTimeWithTimeZone(_) => DateTime::<FixedOffset>::from(utc(json)?).into(),
        #[cfg(feature = "with-time")]
        Value::TimeDate(_) => with_time::date(parse(json)?)?.into(),
        #[cfg(feature = "with-time")]
        Value::TimeTime(_) => with_time::time(time(json)?)?.into(),
        #[cfg(feature = "with-time")]
        Value::TimeDateTime(_) => with_time::date_time(date_time(json.as_str()?)?)?.into(),
        #[cfg(feature = "with-time")]
        Value::TimeDateTimeWithTimeZone(_) => with_time::utc(utc(json)?.naive_utc())?.into(),
        #[cfg(feature = "with-uuid")]
        Value::Uuid(_) => parse::<sea_orm::prelude::Uuid>(json)?.into(),
        #[cfg(feature = "with-rust_decimal")]
        Value::Decimal(_) => decimal(json)?,
        #[cfg(feature = "with-bigdecimal")]
        Value::BigDecimal(_) => big_decimal(json)?,
        #[cfg(feature = "with-ipnetwork")]
        Value::IpNetwork(_) => parse::<sea_orm::prelude::IpNetwork>(json)?.into(),
        #[cfg(feature = "with-mac_address")]
        Value::MacAddress(v) => mac_address(json, *v)?,
        #[cfg(feature = "postgres-array")]
        Value::Array(kind, _) => array(json, kind)?,
        #[cfg(feature = "postgres-vector")]
        Value::Vector(_) => {
            let floats = json.as_array()?.iter().map(|item| single(double(item)?));
            sea_orm::prelude::PgVector::from(floats.collect::<Option<Vec<_>>>()?).into()
        }
        #[allow(unreachable_patterns, reason = "reachable unless every feature is on")]
        _ => return None,
    })
}

fn parse<T: FromStr>(json: &Json) -> Option<T> {
    json.as_str()?.parse().ok()
}

fn double(json: &Json) -> Option<f64> {
    match json.as_str() {
        Some("NaN") => Some(f64::NAN),
        Some("Infinity") => Some(f64::INFINITY),
        Some("-Infinity") => Some(f64::NEG_INFINITY),
        Some(_) => None,
        None => json.as_f64(),
    }
}

/// The float that a double's decimal names. Not a cast of the double: rounded twice, `7.038531e-26` and a few
/// more would come back as their neighbours.
fn single(double: f64) -> Option<f32> {
    let single: f32 = format!("{double:e}").parse().ok()?;
    (single.is_finite() || !double.is_finite()).then_some(single)
}

/// PostgreSQL has an end of the day, which its drivers read as the beginning: so is it read here.
fn time(json: &Json) -> Option<NaiveTime> {
    match json.as_str() {
        Some("24:00:00.000000") => Some(NaiveTime::MIN),
        _ => parse(json),
    }
}

fn unwrapped(json: &Json) -> Option<Json> {
    match json.as_object() {
        Some(map) if map.len() == 1 => match map.get(WRAPPED_JSON) {
            Some(text) => serde_json::from_str(text.as_str()?).ok(),
            None => Some(json.clone()),
        },
        _ => Some(json.clone()),
    }
}

fn enumerated(json: &Json, like: &OptionEnum) -> Option<Value> {
    let type_name = match like {
        OptionEnum::Some(v) => EnumTypeName::clone(&v.type_name),
        OptionEnum::None(type_name) => EnumTypeName::clone(type_name),
    };
    let value = json.as_str()?.to_owned().into();
    Some(Value::Enum(OptionEnum::Some(Box::new(Enum {
        type_name,
        value,
    }))))
}

/// ISO 8601; chrono's own reader refuses years of other than four digits here, which SQLite can hold.
fn date_time(text: &str) -> Option<NaiveDateTime> {
    let (date, time) = text.split_once(['T', ' '])?;
    Some(date.parse::<NaiveDate>().ok()?.and_time(time.parse().ok()?))
}

/// With `Z`, or with the offset that the table of SQLite has, of which a trigger cannot always make UTC.
fn utc(json: &Json) -> Option<DateTime<Utc>> {
    let text = json.as_str()?;
    if let Some(utc) = text.strip_suffix('Z') {
        return Some(date_time(utc)?.and_utc());
    }
    let offset_at = text.rfind(['+', '-'])?;
    let offset: FixedOffset = text[offset_at..].parse().ok()?;
    let local = date_time(&text[..offset_at])?;
    Some(local.checked_sub_offset(offset)?.and_utc())
}

#[cfg(feature = "with-rust_decimal")]
fn decimal(json: &Json) -> Option<Value> {
    let decimal = match json.as_f64() {
        // A trigger of SQLite writes the double that the table holds; SeaORM reads the table so.
        Some(double) => sea_orm::prelude::Decimal::try_from(double).ok()?,
        // `from_str_exact`, as `from_str` rounds what does not fit.
        None => sea_orm::prelude::Decimal::from_str_exact(json.as_str()?).ok()?,
    };
    Some(decimal.into())
}

/// A number as in [`decimal`].
#[cfg(feature = "with-bigdecimal")]
fn big_decimal(json: &Json) -> Option<Value> {
    let decimal = match json.as_f64() {
        Some(double) => sea_orm::prelude::BigDecimal::try_from(double).ok()?,
        None => parse(json)?,
    };
    Some(decimal.into())
}

/// The type is not nameable through SeaORM, so it is inferred from the value asked for.
#[cfg(feature = "with-mac_address")]
fn mac_address<T: FromStr + Into<Value>>(json: &Json, _like: Option<T>) -> Option<Value> {
    Some(parse::<T>(json)?.into())
}

#[cfg(feature = "postgres-array")]
fn array(json: &Json, kind: &sea_orm::sea_query::ArrayType) -> Option<Value> {
    let like = null_of(kind)?;
    let items = json.as_array()?.iter().map(|item| decode(item, &like).ok());
    let items = items.collect::<Option<Vec<_>>>()?;
    Some(Value::Array(kind.clone(), Some(Box::new(items))))
}

#[cfg(feature = "with-time")]
mod with_time {
    use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};

    pub(super) fn date(date: NaiveDate) -> Option<time::Date> {
        let month = time::Month::try_from(u8::try_from(date.month()).ok()?).ok()?;
        time::Date::from_calendar_date(date.year(), month, u8::try_from(date.day()).ok()?).ok()
    }

    pub(super) fn time(time: NaiveTime) -> Option<time::Time> {
        let part = |part| u8::try_from(part).ok();
        let (hour, minute, second) = (
            part(time.hour())?,
            part(time.minute())?,
            part(time.second())?,
        );
        time::Time::from_hms_nano(hour, minute, second, time.nanosecond()).ok()
    }

    pub(super) fn date_time(at: NaiveDateTime) -> Option<time::PrimitiveDateTime> {
        Some(time::PrimitiveDateTime::new(
            date(at.date())?,
            time(at.time())?,
        ))
    }

    pub(super) fn utc(at: NaiveDateTime) -> Option<time::OffsetDateTime> {
        // At either end of the years that `time` knows, an instant may only be named in another zone.
        const MOST: i32 = 25 * 3600 + 59 * 60 + 59;
        [0, MOST, -MOST].into_iter().find_map(|seconds| {
            let offset = time::UtcOffset::from_whole_seconds(seconds).ok()?;
            let local = at.checked_add_signed(TimeDelta::seconds(seconds.into()))?;
            Some(date_time(local)?.assume_offset(offset))
        })
    }
}

/// The null of an array's elements.
pub(super) fn null_of(kind: &ArrayType) -> Option<Value> {
    Some(match kind {
        ArrayType::Bool => Value::Bool(None),
        ArrayType::TinyInt => Value::TinyInt(None),
        ArrayType::SmallInt => Value::SmallInt(None),
        ArrayType::Int => Value::Int(None),
        ArrayType::BigInt => Value::BigInt(None),
        ArrayType::TinyUnsigned => Value::TinyUnsigned(None),
        ArrayType::SmallUnsigned => Value::SmallUnsigned(None),
        ArrayType::Unsigned => Value::Unsigned(None),
        ArrayType::BigUnsigned => Value::BigUnsigned(None),
        ArrayType::Float => Value::Float(None),
        ArrayType::Double => Value::Double(None),
        ArrayType::String => Value::String(None),
        ArrayType::Char => Value::Char(None),
        ArrayType::Bytes => Value::Bytes(None),
        ArrayType::Json => Value::Json(None),
        ArrayType::Enum(name) => Value::Enum(OptionEnum::None(EnumTypeName::clone(name))),
        ArrayType::ChronoDate => Value::ChronoDate(None),
        ArrayType::ChronoTime => Value::ChronoTime(None),
        ArrayType::ChronoDateTime => Value::ChronoDateTime(None),
        ArrayType::ChronoDateTimeUtc => Value::ChronoDateTimeUtc(None),
        ArrayType::ChronoDateTimeLocal => Value::ChronoDateTimeLocal(None),
        ArrayType::ChronoDateTimeWithTimeZone => Value::ChronoDateTimeWithTimeZone(None),
        #[cfg(feature = "with-time")]
        ArrayType::TimeDate => Value::TimeDate(None),
        #[cfg(feature = "with-time")]
        ArrayType::TimeTime => Value::TimeTime(None),
        #[cfg(feature = "with-time")]
        ArrayType::TimeDateTime => Value::TimeDateTime(None),
        #[cfg(feature = "with-time")]
        ArrayType::TimeDateTimeWithTimeZone => Value::TimeDateTimeWithTimeZone(None),
        #[cfg(feature = "with-uuid")]
        ArrayType::Uuid => Value::Uuid(None),
        #[cfg(feature = "with-rust_decimal")]
        ArrayType::Decimal => Value::Decimal(None),
        #[cfg(feature = "with-bigdecimal")]
        ArrayType::BigDecimal => Value::BigDecimal(None),
        #[cfg(feature = "with-ipnetwork")]
        ArrayType::IpNetwork => Value::IpNetwork(None),
        #[cfg(feature = "with-mac_address")]
        ArrayType::MacAddress => Value::MacAddress(None),
        #[allow(unreachable_patterns, reason = "reachable unless every feature is on")]
        _ => return None,
    })
}
