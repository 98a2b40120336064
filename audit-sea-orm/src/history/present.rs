//! The row as it is now.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbErr, IdenStatic, ModelTrait, Value};
use serde_json::Value as Json;

use crate::{
    Audited,
    audited::{object, recorded::Recorded},
    record::encoding,
};

/// The columns of the row with that key, as records would have them; `None` where there is none.
pub(super) async fn row<E: Audited, C: ConnectionTrait>(
    key: &[Value],
    db: &C,
) -> Result<Option<BTreeMap<String, Json>>, DbErr> {
    let row = object::with_key(E::find(), key).one(db).await?;
    Ok(row.map(|row| columns::<E>(&row)))
}

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
