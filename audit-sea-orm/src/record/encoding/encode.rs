use std::fmt::Display;

use sea_orm::Value;
use serde::{
    Serialize, Serializer,
    ser::{Error, SerializeMap},
};

use super::{
    MAX_JSON_DEPTH, WRAPPED_JSON,
    time_text::{self, chrono_utc as utc},
};

/// A borrowed value that serializes to its encoding.
pub(crate) struct Encoded<'a>(pub(crate) &'a Value);

/// A column's value as it was captured: serializes to its encoding.
///
/// A NaN equals itself, so that a row that holds one before and after did not change: SeaORM turns on sea-query's
/// `hashable-value`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Captured(pub(crate) Value);

impl Serialize for Captured {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Encoded(&self.0).serialize(serializer)
    }
}

impl Serialize for Encoded<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Bool(v) => v.serialize(serializer),
            Value::TinyInt(v) => v.serialize(serializer),
            Value::SmallInt(v) => v.serialize(serializer),
            Value::Int(v) => v.serialize(serializer),
            Value::BigInt(v) => v.serialize(serializer),
            Value::TinyUnsigned(v) => v.serialize(serializer),
            Value::SmallUnsigned(v) => v.serialize(serializer),
            Value::Unsigned(v) => v.serialize(serializer),
            Value::BigUnsigned(v) => v.serialize(serializer),
            Value::Float(v) => v.map(shortest).map(Float).serialize(serializer),
            Value::Double(v) => v.map(Float).serialize(serializer),
            Value::String(v) => v.serialize(serializer),
            Value::Char(v) => v.serialize(serializer),
            Value::Bytes(v) => v.as_deref().map(hex::encode).serialize(serializer),
            Value::Json(v) => v.as_deref().map(JsonColumn).serialize(serializer),
            other => serialize_by_feature(other, serializer),
        }
    }
}

/// The variants whose text is formatted; those of features that may be off come last.
fn serialize_by_feature<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Value::Enum(v) => match v {
            sea_orm::sea_query::OptionEnum::Some(v) => serializer.serialize_str(&v.value),
            sea_orm::sea_query::OptionEnum::None(_) => serializer.serialize_none(),
        },
        Value::ChronoDate(v) => shown(v.map(time_text::chrono_date), serializer),
        Value::ChronoTime(v) => shown(v.map(time_text::chrono_time), serializer),
        Value::ChronoDateTime(v) => shown(v.map(time_text::chrono_date_time), serializer),
        Value::ChronoDateTimeUtc(v) => shown(v.map(|v| utc(v.naive_utc())), serializer),
        Value::ChronoDateTimeLocal(v) => shown(v.map(|v| utc(v.naive_utc())), serializer),
        Value::ChronoDateTimeWithTimeZone(v) => shown(v.map(|v| utc(v.naive_utc())), serializer),
        #[cfg(feature = "with-time")]
        Value::TimeDate(v) => shown(v.map(time_text::time_date), serializer),
        #[cfg(feature = "with-time")]
        Value::TimeTime(v) => shown(v.map(time_text::time_time), serializer),
        #[cfg(feature = "with-time")]
        Value::TimeDateTime(v) => shown(v.map(time_text::time_date_time), serializer),
        #[cfg(feature = "with-time")]
        Value::TimeDateTimeWithTimeZone(v) => shown(v.map(time_text::time_utc), serializer),
        #[cfg(feature = "with-uuid")]
        Value::Uuid(v) => shown(v.map(|v| v.hyphenated()), serializer),
        #[cfg(feature = "with-rust_decimal")]
        Value::Decimal(v) => shown(v.map(|v| v.normalize()), serializer),
        #[cfg(feature = "with-bigdecimal")]
        Value::BigDecimal(v) => shown(v.as_ref().map(|v| big_decimal(v)), serializer),
        #[cfg(feature = "with-ipnetwork")]
        Value::IpNetwork(v) => shown(v.as_ref(), serializer),
        #[cfg(feature = "with-mac_address")]
        Value::MacAddress(v) => shown(v.map(|v| v.to_string().to_ascii_lowercase()), serializer),
        #[cfg(feature = "postgres-array")]
        Value::Array(_, v) => v.as_ref().map(|v| Elements(v)).serialize(serializer),
        #[cfg(feature = "postgres-vector")]
        Value::Vector(v) => {
            let floats = |v: &[f32]| {
                v.iter()
                    .copied()
                    .map(shortest)
                    .map(Float)
                    .collect::<Vec<_>>()
            };
            v.as_ref()
                .map(|v| floats(v.as_slice()))
                .serialize(serializer)
        }
        // Cargo unites features: another crate may turn on a type of SeaORM's that this build does not know.
        #[allow(unreachable_patterns, reason = "reachable unless every feature is on")]
        other => Err(S::Error::custom(format!(
            "audit-sea-orm was built without the feature for this type of value: {}",
            type_name(other)
        ))),
    }
}

/// A text is written as it is formatted, not made first.
fn shown<S: Serializer>(text: Option<impl Display>, serializer: S) -> Result<S::Ok, S::Error> {
    match text {
        Some(text) => serializer.collect_str(&text),
        None => serializer.serialize_none(),
    }
}

/// The variant's name, without the value, which may be a secret.
pub(super) fn type_name(value: &Value) -> String {
    let debug = format!("{:?}", value.as_null());
    debug.split('(').next().unwrap_or_default().to_owned()
}

#[cfg(feature = "postgres-array")]
struct Elements<'a>(&'a [Value]);

#[cfg(feature = "postgres-array")]
impl Serialize for Elements<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Encoded))
    }
}

/// A float of any kind; JSON has no numbers for the ones that are not finite.
struct Float(f64);

impl Serialize for Float {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() {
            serializer.serialize_f64(self.0)
        } else if self.0.is_nan() {
            serializer.serialize_str("NaN")
        } else if self.0 > 0.0 {
            serializer.serialize_str("Infinity")
        } else {
            serializer.serialize_str("-Infinity")
        }
    }
}

/// The double that prints as the float's own shortest decimal: `0.1_f32` is `0.1`, where `f64::from` gives
/// `0.10000000149011612`.
fn shortest(float: f32) -> f64 {
    // OK because the text of any float is the text of a double.
    format!("{float:e}").parse().expect("a float's own text")
}

#[cfg(feature = "with-bigdecimal")]
fn big_decimal(decimal: &sea_orm::prelude::BigDecimal) -> String {
    /// More zeros than the most generous database, PostgreSQL, has digits.
    const MOST: i64 = 200_000;
    let decimal = decimal.normalized();
    let (_, scale) = decimal.as_bigint_and_exponent();
    if (-MOST..=MOST).contains(&scale) {
        decimal.to_plain_string()
    } else {
        // A few bytes may name a number of more digits than there is memory.
        decimal.to_scientific_notation()
    }
}

/// The value of a JSON column.
pub(crate) struct JsonColumn<'a>(pub(crate) &'a serde_json::Value);

impl Serialize for JsonColumn<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !must_be_wrapped(self.0) {
            return self.0.serialize(serializer);
        }
        let text = serde_json::to_string(self.0).map_err(S::Error::custom)?;
        let mut wrapper = serializer.serialize_map(Some(1))?;
        wrapper.serialize_entry(WRAPPED_JSON, &text)?;
        wrapper.end()
    }
}

fn must_be_wrapped(json: &serde_json::Value) -> bool {
    let looks_wrapped =
        |map: &serde_json::Map<_, _>| map.len() == 1 && map.contains_key(WRAPPED_JSON);
    json.is_null()
        || json.as_object().is_some_and(looks_wrapped)
        || is_deeper_than(json, MAX_JSON_DEPTH)
}

fn is_deeper_than(json: &serde_json::Value, levels: usize) -> bool {
    let mut children: Box<dyn Iterator<Item = &serde_json::Value>> = match json {
        serde_json::Value::Array(items) => Box::new(items.iter()),
        serde_json::Value::Object(map) => Box::new(map.values()),
        _ => return false,
    };
    levels == 0 || children.any(|child| is_deeper_than(child, levels - 1))
}
