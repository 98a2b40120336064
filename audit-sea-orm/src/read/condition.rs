//! What is asked of a record, in SQL.

use audit_core::diff;
use sea_orm::{
    ColumnTrait, Condition,
    sea_query::{Expr, ExprTrait, Func, SimpleExpr},
};

use crate::{
    Audited,
    audited::{entity_names, recorded::Recorded, renames},
    entity::audit_log::{Column, Entity},
};

/// The names under which the records of an entity stand.
pub(crate) fn tables_of<E: Audited>() -> Vec<String> {
    let former = entity_names::former_tables::<E>();
    renames::all().tables_of(Recorded::<E>::get().table(), former)
}

/// Spelled as an equality where it is one, by which an index keeps its order.
pub(super) fn is_one_of<'a>(
    column: Column,
    values: impl IntoIterator<Item = &'a str>,
) -> SimpleExpr {
    let values: Vec<&str> = values.into_iter().collect();
    match values.as_slice() {
        [only] => column.eq(*only),
        _ => column.is_in(values),
    }
}

/// Whether a column of that name stands in a record, or one of its former names in the records of its table.
pub(super) fn named(column: &str, of_table: Option<&str>) -> Condition {
    let renamed = renames::all().former_columns(column);
    let renamed = renamed.filter(|(tables, _)| {
        // The present name comes first.
        of_table.is_none() || tables.first().copied() == of_table
    });
    let renamed = renamed.map(|(tables, former)| {
        Condition::all().add(Column::TableName.is_in(tables)).add(
            former
                .iter()
                .map(|name| has(name))
                .fold(Condition::any(), Condition::add),
        )
    });
    renamed.fold(has(column), Condition::add)
}

/// Whether the column stands in a record.
fn has(column: &str) -> Condition {
    let key = diff::key_text(column);
    Condition::any()
        .add(contains(Column::NewValues, &key))
        .add(contains(Column::OldValues, &key))
}

/// Whether a column's text holds another: spelled in functions that all databases have, and that mind letter
/// case on all of them (`LIKE` does not on SQLite).
fn contains(column: Column, part: &str) -> SimpleExpr {
    // Only PostgreSQL has a type that must be cast to text, and only there sea-query casts to the type of an enum.
    let text = || Func::coalesce([Expr::col((Entity, column)).as_enum("text"), "".into()]);
    let without = Func::cust("replace").arg(text()).arg(part).arg("");
    Expr::expr(text()).ne(without)
}
