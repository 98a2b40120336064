//! Counts the records of a transaction.

use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, Select,
    sea_query::{Expr, ExprTrait, SimpleExpr},
};

use super::ImportCount;
use crate::{
    AuditedTransaction,
    connection::{AnyConnection, transaction_of},
    entity::audit_log::{Column, Entity},
};

/// The number of the last record so far; `None` where there is none.
pub(super) async fn last(db: &AuditedTransaction) -> Result<Option<i64>, DbErr> {
    let last = of_this(db).select_only().column_as(Column::Id.max(), "id");
    Ok(last.into_tuple().one(db).await?.flatten())
}

/// What was recorded in these tables behind a number, and the numbers of the first and the last such record.
pub(super) async fn since(
    before: Option<i64>,
    tables: &[String],
    db: &AuditedTransaction,
) -> Result<(ImportCount, Option<(i64, i64)>), DbErr> {
    let actions = of_this(db)
        .filter(Column::Id.gt(before.unwrap_or(i64::MIN)))
        .filter(Column::TableName.is_in(tables))
        .filter(Column::Action.is_in(["CREATE", "UPDATE", "DELETE"]))
        .select_only()
        .column(Column::Action)
        .column_as(Column::Id.count(), "rows")
        .column_as(Column::Id.min(), "first")
        .column_as(Column::Id.max(), "last")
        .group_by(Column::Action)
        .into_tuple::<(String, i64, i64, i64)>();
    let (mut count, mut range) = (ImportCount::new(), None);
    for (action, rows, first, last) in actions.all(db).await? {
        let rows = u64::try_from(rows).unwrap_or_default();
        match action.as_str() {
            "CREATE" => count.created = rows,
            "UPDATE" => count.updated = rows,
            _ => count.deleted = rows,
        }
        let (least, most) = range.unwrap_or((first, last));
        range = Some((Ord::min(first, least), Ord::max(last, most)));
    }
    Ok((count, range))
}

/// The records of this transaction.
fn of_this(db: &AuditedTransaction) -> Select<Entity> {
    let id: SimpleExpr = match transaction_of(&AnyConnection::of(db)) {
        Some(id) => Expr::val(id.as_str()),
        // PostgreSQL tells its own.
        None => Expr::cust("pg_current_xact_id()::text"),
    };
    Entity::find().filter(Expr::col(Column::TransactionId).eq(id))
}
