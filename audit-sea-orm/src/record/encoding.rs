//! One value, one encoding: how a column's value is written as JSON, and read back.
//!
//! The same value is written the same on every database and decodes back to the same [`Value`]:
//!
//! | value | JSON |
//! |---|---|
//! | integers, to the ends of `i64` and `u64` | number |
//! | finite floats | number; an `f32` by its own shortest decimal (`0.1`, not `0.10000000149`) |
//! | `NaN`, infinities | the strings `NaN`, `Infinity`, `-Infinity` |
//! | decimals | string, exact, without trailing zeros: a database that keeps a scale and one that does not agree |
//! | text, enums, characters | string |
//! | bytes | string of lower-case hexadecimal digits |
//! | date, time, date and time | string, ISO 8601 with microseconds (nanoseconds only where there are any) |
//! | time-zoned date and time | the same in UTC with `Z` |
//! | uuid | string, hyphenated, lower case |
//! | network and hardware addresses | string |
//! | arrays, vectors | array |
//! | JSON | itself; but see below |
//! | SQL `NULL` | `null` |
//!
//! JSON stands as it is, with two exceptions, written `{"$json": "<the JSON as text>"}`: the JSON value
//! `null`, which must not be taken for SQL `NULL`, and a value nested deeper than [`MAX_JSON_DEPTH`], which
//! no JSON reader would accept one level deeper inside a record. (A value that itself looks so is wrapped too.)
//!
//! What the application cannot read is `{"$unreadable": "<the database's text of it>"}`: a date that its type does
//! not hold, text in a column of numbers. It is met only in the state before a change, where the rest of the row is
//! as ever; but an array beside such a column is written so too. It decodes as a value of no column but JSON.
//! On MariaDB and MySQL a type that has no text there, such as a geometry, is written in hexadecimal digits.
//!
//! SeaORM's own `sea_value_to_json_value` does not do: it puts SQL quotes around times, rounds decimals and
//! panics on bytes that are not UTF-8.
//!
//! # Example
//! ```
//! use audit_sea_orm::encoding;
//! use sea_orm::Value;
//! use serde_json::json;
//!
//! let bytes = Value::from(vec![0xca_u8, 0xfe]);
//! let encoded = encoding::to_json(&bytes)?;
//! assert_eq!(encoded, json!("cafe"));
//! assert_eq!(encoding::from_json(&encoded, &bytes.as_null())?, bytes);
//! # Ok::<(), audit_sea_orm::encoding::EncodingError>(())
//! ```

mod column;
mod decode;
mod encode;
mod time_text;

#[cfg(test)]
mod tests;

use sea_orm::Value;
use thiserror::Error;

pub use column::column_value;
pub(crate) use encode::{Captured, Encoded, JsonColumn};

/// How deep JSON may nest and still stand in a record as it is.
///
/// serde_json reads 127 levels; a record adds one, an array of JSON another.
pub const MAX_JSON_DEPTH: usize = 120;

/// The key of the wrapper around JSON that cannot stand as it is.
pub(crate) const WRAPPED_JSON: &str = "$json";

/// The key of what stands for a value that cannot be read.
pub(crate) const UNREADABLE: &str = "$unreadable";

/// A value that cannot be written as, or read back from, JSON.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EncodingError {
    /// The value's type has no encoding in this build.
    #[error("{0}")]
    Unsupported(String),
    /// The JSON is not the encoding of any value of that type.
    #[error("`{json}` is not an encoded {expected}")]
    Malformed {
        /// The type asked for.
        expected: String,
        /// The JSON found, cut to 100 characters.
        json: String,
    },
}

/// Writes a value as JSON.
///
/// # Errors
/// [`EncodingError::Unsupported`] where the value is of a type whose feature (`with-bigdecimal` …) this
/// crate was built without.
pub fn to_json(value: &Value) -> Result<serde_json::Value, EncodingError> {
    serde_json::to_value(Encoded(value))
        .map_err(|error| EncodingError::Unsupported(error.to_string()))
}

/// Reads back a value of the same type as `like`, which may be a null.
///
/// # Errors
/// [`EncodingError::Malformed`] where the JSON is not the encoding of any such value.
pub fn from_json(json: &serde_json::Value, like: &Value) -> Result<Value, EncodingError> {
    decode::decode(json, like)
}
