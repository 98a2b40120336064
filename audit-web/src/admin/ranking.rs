//! What most rows have in common.

use audit_sea_orm::{entity::audit_log, renames};
use sea_orm::{
    ColumnTrait, DatabaseConnection, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, Select,
    sea_query::{CaseStatement, Expr, ExprTrait, Order, SimpleExpr},
};

/// How many of the busiest are shown.
const SHOWN: u64 = 8;

/// How often a value is there.
#[derive(FromQueryResult)]
pub(super) struct Counted {
    pub(super) value: String,
    pub(super) name: Option<String>,
    pub(super) many: i64,
}

/// The values that most rows have, or of which most is counted.
pub(super) async fn busiest<E: EntityTrait>(
    select: Select<E>,
    value: SimpleExpr,
    name: Option<E::Column>,
    count: SimpleExpr,
    db: &DatabaseConnection,
) -> Result<Vec<Counted>, DbErr> {
    let mut select = select
        .filter(value.clone().is_not_null())
        .select_only()
        .column_as(value, "value")
        .column_as(count.clone(), "many")
        // By its name, as PostgreSQL takes an expression with other parameters for another one.
        .group_by(Expr::col("value"));
    select = match name {
        Some(name) => select.column_as(name.max(), "name"),
        None => select.column_as(Expr::cust("NULL"), "name"),
    };
    select
        .order_by(count, Order::Desc)
        .order_by(Expr::col("value"), Order::Asc)
        .limit(SHOWN)
        .into_model::<Counted>()
        .all(db)
        .await
}

/// How many rows there are.
pub(super) fn rows() -> SimpleExpr {
    Expr::cust("COUNT(*)")
}

/// The table of a record, under its present name.
pub(super) fn present_table() -> SimpleExpr {
    let table = || audit_log::Column::TableName.into_expr();
    let renamed = renames::former_tables().fold(None, |case, (former, present)| {
        let case: CaseStatement = case.unwrap_or_default();
        Some(case.case(table().eq(former), Expr::val(present)))
    });
    renamed.map_or_else(table, |case: CaseStatement| case.finally(table()).into())
}
