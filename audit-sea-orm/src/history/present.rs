//! The row as it is now.

use std::collections::BTreeMap;

use sea_orm::{IdenStatic, ModelTrait};
use serde_json::Value as Json;

use crate::{Audited, audited::recorded::Recorded, record::encoding};

/// The columns of a row, as records would have them.
///
/// A value without encoding is left out: none of it could be recorded.
pub(super) fn columns<E: Audited>(row: &E::Model) -> BTreeMap<String, Json> {
    let columns = Recorded::<E>::get().columns().iter();
    let encoded = columns.filter_map(|column| {
        let json = encoding::to_json(&row.get(*column)).ok()?;
        Some((column.as_str().to_owned(), json))
    });
    encoded.collect()
}
