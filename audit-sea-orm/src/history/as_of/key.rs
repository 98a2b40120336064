//! The key of an object, from what records have of it.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IdenStatic, QueryFilter, QueryOrder, Value,
};

use crate::{
    Audited,
    audited::{object, recorded::Recorded},
    entity::audit_log::{Column, Entity},
    read::of_objects,
    record::{encoding, object_key},
};

/// The key that stands under that text in records; `None` where it is none of the entity's, as its columns had other types then.
pub(super) async fn stored<E: Audited, C: ConnectionTrait>(
    text: &str,
    db: &C,
) -> Result<Option<Vec<Value>>, DbErr> {
    if object_key::is_digest(text) {
        return digested::<E, C>(text, db).await;
    }
    Ok(object::key_of_text::<E>(text))
}

/// The key that a record of a whole row has.
///
/// Without such a record nobody can tell it, and the object is passed over.
async fn digested<E: Audited, C: ConnectionTrait>(
    text: &str,
    db: &C,
) -> Result<Option<Vec<Value>>, DbErr> {
    let whole = of_objects::<E>(Entity::find(), [text])
        .filter(Column::Action.is_in(["CREATE", "DELETE"]))
        .order_by_asc(Column::Id);
    let Some(record) = whole.one(db).await? else {
        return Ok(None);
    };
    let changes = record.changes();
    let columns = Recorded::<E>::get().keys().iter();
    let key: Option<Vec<Value>> = columns
        .map(|column| {
            let change = changes.get(column.as_str())?;
            let json = change.old.as_ref().or(change.new.as_ref())?;
            encoding::column_value::<E>(*column, json).ok()
        })
        .collect();
    // A key that a record has otherwise than it is named by is another's.
    Ok(key.filter(|key| {
        let id = object::id_text(key).unwrap_or_default();
        object_key::stored_forms(&id)
            .iter()
            .any(|form| form == text)
    }))
}
