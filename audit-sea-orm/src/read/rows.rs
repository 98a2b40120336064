//! Rows of an audited table, in the order of their keys.

use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder, QuerySelect, Select, Value};

use crate::{Audited, audited::recorded::Recorded};

/// The first rows behind a key.
pub(crate) fn behind<E: Audited>(last: Option<&[Value]>, limit: u64) -> Select<E> {
    let keys = Recorded::<E>::get().keys();
    let select = match last {
        Some(last) => E::find().filter(is_behind::<E>(keys, last)),
        None => E::find(),
    };
    let ordered = |select: Select<E>, column: &E::Column| select.order_by_asc(*column);
    keys.iter().fold(select, ordered).limit(limit)
}

/// Whether a row's key follows another: the first column that differs is greater.
fn is_behind<E: Audited>(columns: &[E::Column], last: &[Value]) -> Condition {
    let (Some((column, columns)), Some((value, last))) =
        (columns.split_first(), last.split_first())
    else {
        return Condition::any();
    };
    if columns.is_empty() {
        return Condition::all().add(column.gt(value.clone()));
    }
    // The first condition says no more, but an index serves it.
    let greater = Condition::any()
        .add(column.gt(value.clone()))
        .add(is_behind::<E>(columns, last));
    Condition::all().add(column.gte(value.clone())).add(greater)
}
