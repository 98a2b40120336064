//! About how much memory is held by what waits.

use sea_orm::{Value, sea_query::OptionEnum};

use super::{Deletion, Image, Kept};
use crate::record::{Record, encoding::Captured};

/// What a value is taken to hold beside itself, where that is small and of one size.
const BOXED: usize = 32;

/// What is held beside the value itself.
pub(super) fn of(kept: &Kept) -> usize {
    match kept {
        Kept::Image(Image { before, set }) => {
            let set = set.iter().map(|(_, value)| value);
            before.iter().chain(set).map(of_value).sum()
        }
        Kept::Deletion(deletion) => of_deletion(deletion),
        Kept::NoRow | Kept::NothingToRecord => 0,
    }
}

pub(super) fn of_deletion(deletion: &Deletion) -> usize {
    let record = deletion.record.as_deref();
    record.map_or(0, |record| size_of::<Record>() + of_record(record))
}

pub(super) fn of_value(value: &Captured) -> usize {
    size_of::<Captured>() + heap(&value.0)
}

fn of_record(record: &Record) -> usize {
    let Record {
        action,
        table_name,
        object_id,
        object_repr,
        old_values,
        new_values,
    } = record;
    let texts = [object_id, object_repr, old_values, new_values];
    let texts = texts.into_iter().flatten().map(String::len);
    action.len() + table_name.as_ref().map_or(0, |name| name.len()) + texts.sum::<usize>()
}

fn heap(value: &Value) -> usize {
    match value {
        Value::String(Some(text)) => text.len(),
        Value::Bytes(Some(bytes)) => bytes.len(),
        Value::Json(Some(json)) => of_json(json),
        Value::Enum(OptionEnum::Some(text)) => BOXED + text.value.len(),
        #[cfg(feature = "with-bigdecimal")]
        Value::BigDecimal(Some(decimal)) => {
            let bits = decimal.as_bigint_and_scale().0.bits();
            BOXED + usize::try_from(bits / 8).unwrap_or(usize::MAX / 2)
        }
        #[cfg(feature = "postgres-array")]
        Value::Array(_, Some(items)) => {
            let items = items.iter().map(|item| size_of::<Value>() + heap(item));
            BOXED + items.sum::<usize>()
        }
        #[cfg(feature = "postgres-vector")]
        Value::Vector(Some(vector)) => size_of_val(vector.as_slice()),
        _ => BOXED,
    }
}

/// Told without writing its text.
fn of_json(json: &serde_json::Value) -> usize {
    use serde_json::Value;
    let heap = match json {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(of_json).sum(),
        Value::Object(map) => {
            let entries = map.iter();
            entries
                .map(|(key, value)| size_of::<String>() + key.len() + of_json(value))
                .sum()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    };
    size_of::<Value>() + heap
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEGABYTE: usize = 1024 * 1024;

    fn weighs(value: impl Into<Value>) -> usize {
        of_value(&Captured(value.into()))
    }

    #[test]
    fn a_value_weighs_what_it_holds() {
        let text = || "x".repeat(MEGABYTE);
        assert!(weighs(text()) >= MEGABYTE);
        assert!(weighs(vec![0_u8; MEGABYTE]) >= MEGABYTE);
        assert!(weighs(serde_json::json!({"a": [text()]})) >= MEGABYTE);
        assert!(weighs(1) < 1024);
    }

    #[cfg(feature = "postgres-array")]
    #[test]
    fn an_array_weighs_what_its_elements_hold() {
        assert!(weighs(vec!["x".repeat(MEGABYTE); 3]) >= 3 * MEGABYTE);
        assert!(weighs(vec![1_i64; MEGABYTE / 8]) >= MEGABYTE);
    }

    #[cfg(feature = "postgres-vector")]
    #[test]
    fn a_vector_weighs_what_its_floats_do() {
        let vector = sea_orm::prelude::PgVector::from(vec![0.0; MEGABYTE / 4]);
        assert!(weighs(vector) >= MEGABYTE);
    }

    #[cfg(feature = "with-bigdecimal")]
    #[test]
    fn a_decimal_weighs_what_its_digits_do() {
        let decimal: sea_orm::prelude::BigDecimal = "9".repeat(100_000).parse().unwrap();
        assert!(weighs(decimal) >= 40_000);
    }

    #[test]
    fn an_enum_weighs_what_its_text_does() {
        let text = sea_orm::sea_query::Enum {
            type_name: "size".into(),
            value: "x".repeat(MEGABYTE).into(),
        };
        assert!(weighs(Value::Enum(OptionEnum::Some(Box::new(text)))) >= MEGABYTE);
    }

    #[test]
    fn a_delete_weighs_all_that_its_record_holds() {
        let text = || Some("x".repeat(MEGABYTE));
        let record = Record {
            object_id: text(),
            object_repr: text(),
            old_values: text(),
            ..Record::default()
        };
        let deletion = Deletion {
            record: Some(Box::new(record)),
            ..Deletion::default()
        };
        assert!(of(&Kept::Deletion(deletion)) >= 3 * MEGABYTE);
    }
}
