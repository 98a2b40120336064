//! Rows of an audited table, in the order of their keys.

use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder, QuerySelect, Select, Value};

use crate::{Audited, audited::recorded::Recorded};

/// The first rows behind a key.
pub(crate) fn behind<E: Audited>(last: Option<&[Value]>, limit: u64) -> Select<E> {
    between(last, None).limit(limit)
}

/// The rows behind a key, up to another.
pub(crate) fn between<E: Audited>(last: Option<&[Value]>, end: Option<&[Value]>) -> Select<E> {
    let keys = Recorded::<E>::get().keys();
    let mut select = E::find();
    if let Some(last) = last {
        select = select.filter(is_behind::<E>(keys, last));
    }
    if let (Some(end), Some(first)) = (end, keys.first()) {
        // The first condition says no more, but an index serves it.
        select = select
            .filter(first.lte(end[0].clone()))
            .filter(is_behind::<E>(keys, end).not());
    }
    let ordered = |select: Select<E>, column: &E::Column| select.order_by_asc(*column);
    keys.iter().fold(select, ordered)
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
