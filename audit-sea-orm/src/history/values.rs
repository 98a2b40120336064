//! The values that records have of columns.

use audit_core::{FieldPolicy, MASK};
use sea_orm::{IdenStatic, Value};
use serde_json::Value as Json;

use crate::{
    Audited, Result,
    audited::recorded::Recorded,
    record::{
        encoding::{self, EncodingError, UNREADABLE},
        unknown::Unknown,
    },
};

/// The value of a column as a record has it, or why none tells it.
pub(crate) fn value_of<E: Audited>(
    column: E::Column,
    json: Option<&Json>,
) -> Result<Value, Unknown> {
    match (Recorded::<E>::get().policy(column.as_str()), json) {
        (FieldPolicy::Skip, _) => Err(Unknown::Skipped),
        (FieldPolicy::Mask, _) => Err(Unknown::Masked),
        (_, None) => Err(Unknown::NotRecorded),
        // The column may have been masked then; the text itself cannot be told from that.
        (_, Some(Json::String(text))) if text == MASK => Err(Unknown::Masked),
        (_, Some(json)) => decode::<E>(column, json).map_err(Unknown::Unreadable),
    }
}

/// The value that a record has of a column.
pub(crate) fn decode<E: Audited>(column: E::Column, json: &Json) -> Result<Value, EncodingError> {
    if let Some(text) = unreadable(json) {
        return Err(EncodingError::Malformed {
            expected: format!("value of the column `{}`", column.as_str()),
            json: text.to_owned(),
        });
    }
    encoding::column_value::<E>(column, json)
}

/// Whether two records have different values of a column: where its type was another, they may be the same, spelled otherwise.
pub(crate) fn differ<E: Audited>(column: &str, one: &Json, other: &Json) -> bool {
    if one == other {
        return false;
    }
    let mut columns = Recorded::<E>::get().columns().iter();
    let Some(column) = columns.find(|known| known.as_str() == column) else {
        return false;
    };
    let value = |json| decode::<E>(*column, json);
    matches!((value(one), value(other)), (Ok(one), Ok(other)) if one != other)
}

/// The database's text of a value that the application could not read.
pub(crate) fn unreadable(json: &Json) -> Option<&str> {
    let object = json.as_object().filter(|object| object.len() == 1)?;
    object.get(UNREADABLE)?.as_str()
}
