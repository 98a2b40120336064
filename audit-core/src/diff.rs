//! The difference between two states of a row, and the JSON objects that record it.
//!
//! Pure functions over values: no clock, no I/O, no globals. A row's state is a slice of values, one for
//! each [`Field`], in the same order.
//!
//! # Example
//! ```
//! use audit_core::{Field, FieldPolicy, diff};
//!
//! let fields: Vec<Field> = [("name", FieldPolicy::Record), ("pin", FieldPolicy::Mask)]
//!     .into_iter()
//!     .filter_map(|(name, policy)| Field::new(name, policy))
//!     .collect();
//! let (before, after) = (["tea", "1234"], ["tea", "9876"]);
//!
//! let changed = diff::changed(&before, &after);
//! assert_eq!(changed, [1]);
//! assert_eq!(diff::object(&fields, &after, changed)?, r#"{"pin":"***"}"#);
//! assert_eq!(diff::image(&fields, &after)?, r#"{"name":"tea","pin":"***"}"#);
//! # Ok::<(), serde_json::Error>(())
//! ```

use serde::{Serialize, ser::SerializeMap};

use crate::{Field, MASK};

/// The positions at which two states of a row differ, in order.
///
/// The states must have as many values as the row has fields; where one is longer, the rest of it is not compared.
pub fn changed<V: PartialEq>(before: &[V], after: &[V]) -> Vec<usize> {
    before
        .iter()
        .zip(after)
        .enumerate()
        .filter(|(_, (old, new))| old != new)
        .map(|(position, _)| position)
        .collect()
}

/// The JSON object of the chosen columns of a state, masked ones as [`MASK`].
///
/// # Errors
/// What a value's `Serialize` reports: a value of a type that has no encoding.
pub fn object<V: Serialize>(
    fields: &[Field],
    values: &[V],
    positions: impl IntoIterator<Item = usize>,
) -> Result<String, serde_json::Error> {
    let mut json = Vec::with_capacity(128);
    let mut serializer = serde_json::Serializer::new(&mut json);
    let mut object = serde::Serializer::serialize_map(&mut serializer, None)?;
    for position in positions {
        let field = &fields[position];
        if field.is_masked() {
            object.serialize_entry(field.name(), MASK)?;
        } else {
            object.serialize_entry(field.name(), &values[position])?;
        }
    }
    object.end()?;
    Ok(String::from_utf8(json).expect("serde_json writes UTF-8"))
}

/// The JSON object of a whole state, masked columns as [`MASK`].
///
/// # Errors
/// What a value's `Serialize` reports: a value of a type that has no encoding.
pub fn image<V: Serialize>(fields: &[Field], values: &[V]) -> Result<String, serde_json::Error> {
    object(fields, values, 0..fields.len())
}
