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
//! assert_eq!(diff::object(&fields, &after, changed)?, r#"{ "pin" : "***"}"#);
//! assert_eq!(diff::object(&fields, &after, 0..2)?, r#"{ "name" : "tea", "pin" : "***"}"#);
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! A space stands before each column's name, and one between it and its colon, where neither compact JSON nor that of
//! `jsonb` has one. So the text ` "pin" :` is found in just the objects that have the column `pin`, not in those where
//! JSON inside a value has such a key: see [`key_text`].

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::Formatter;

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
    let entries = positions.into_iter().map(|position| {
        let field = &fields[position];
        let value = if field.is_masked() {
            Shown::Mask(MASK)
        } else {
            Shown::Value(&values[position])
        };
        (field.name(), value)
    });
    spaced(entries)
}

/// The JSON object of named values, spelled as [`object`] spells it.
///
/// # Errors
/// What a value's `Serialize` reports: a value of a type that has no encoding.
pub fn spaced<'a, V: Serialize>(
    entries: impl IntoIterator<Item = (&'a str, V)>,
) -> Result<String, serde_json::Error> {
    let mut json = Vec::with_capacity(256);
    let mut serializer = serde_json::Serializer::with_formatter(&mut json, Spaced { depth: 0 });
    serde::Serializer::collect_map(&mut serializer, entries)?;
    String::from_utf8(json).map_err(serde::ser::Error::custom)
}

/// The text that stands in an [`object`] where it has the column, and in no other.
///
/// A column whose name has neither a letter nor a digit, such as `:`, may be found in others too: `":" :` also stands where a text
/// that begins with ` :` follows a colon.
#[must_use]
pub fn key_text(column: &str) -> String {
    format!(" {} :", serde_json::Value::from(column))
}

#[derive(Serialize)]
#[serde(untagged)]
enum Shown<'a, V> {
    Mask(&'static str),
    Value(&'a V),
}

/// Compact JSON, but for the outermost object, which has spaces.
struct Spaced {
    depth: usize,
}

impl Formatter for Spaced {
    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        writer.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        writer.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        match (first, self.depth) {
            (true, 1) => writer.write_all(b" "),
            (true, _) => Ok(()),
            (false, 1) => writer.write_all(b", "),
            (false, _) => writer.write_all(b","),
        }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(if self.depth == 1 { b" : " } else { b":" })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i32>().prop_map(Value::from),
            "[ \"a:{},\\\\]{0,8}".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[ \"a:]{0,3}", inner), 0..4)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_text_of_a_key_stands_in_just_the_objects_that_have_the_column(
            entries in prop::collection::btree_map("[ \"a:]{0,3}", any_json(), 0..4),
            // One without a letter may look like what stands between two texts: see `key_text`.
            column in "[ \"a:]{0,2}a[ \"a:]{0,2}",
        ) {
            let text = spaced(entries.iter().map(|(key, value)| (key.as_str(), value))).unwrap();
            prop_assert_eq!(text.contains(&key_text(&column)), entries.contains_key(&column), "{}", text);
            prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), json!(entries));
        }
    }

    #[test]
    fn a_masked_value_is_never_written() {
        let pin = Field::new("pin", crate::FieldPolicy::Mask).unwrap();
        assert_eq!(
            object(&[pin], &["1234"], [0]).unwrap(),
            r#"{ "pin" : "***"}"#
        );
    }

    #[test]
    fn equal_states_do_not_differ() {
        assert!(changed(&[1, 2], &[1, 2]).is_empty());
        assert_eq!(changed(&[1, 2, 3], &[0, 2, 0]), [0, 2]);
    }
}
