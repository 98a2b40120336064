//! Counts, and the values that a column holds, at a cost that an index bounds.

use audit_sea_orm::TrailQuery;
use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, QuerySelect, QueryTrait, Select,
    Statement,
    sea_query::{Alias, Expr, Func, Order, Query, SelectStatement, UnionType},
};

use super::listed::Listed;

/// A time from when on, and before when.
pub(super) type Span = (DateTime<Utc>, DateTime<Utc>);

/// How many rows of a select lie in each span, counting no further than `most` in each. One statement.
pub(super) async fn counts<E: Listed>(
    db: &DatabaseConnection,
    select: &Select<E>,
    spans: &[Span],
    most: Option<u64>,
) -> Result<Vec<u64>, DbErr> {
    let mut counts = vec![0; spans.len()];
    let statements = spans
        .iter()
        .enumerate()
        .map(|(at, span)| count(at, select, *span, most));
    let union = statements.reduce(|mut all, one| all.union(UnionType::All, one).take());
    let Some(union) = union else {
        return Ok(counts);
    };
    for row in db.query_all(&union).await? {
        let at: i64 = row.try_get("", "part")?;
        let count: i64 = row.try_get("", "many")?;
        if let Some(place) = usize::try_from(at).ok().and_then(|at| counts.get_mut(at)) {
            *place = count.unsigned_abs();
        }
    }
    Ok(counts)
}

fn count<E: Listed>(
    at: usize,
    select: &Select<E>,
    (from, until): Span,
    most: Option<u64>,
) -> SelectStatement {
    let mut rows = select
        .clone()
        .between(from, until)
        .select_only()
        .column(E::ID)
        .into_query();
    if let Some(most) = most {
        // In the index's order: else PostgreSQL may hope to meet that many soon in the table itself.
        rows.order_by((Alias::new(E::TABLE), E::OCCURRED_AT), Order::Desc)
            .limit(most);
    }
    Query::select()
        // Counted, as a literal would be an integer of another width on each database.
        .expr_as(Expr::cust(format!("COUNT(*) * 0 + {at}")), "part")
        .expr_as(Func::count(Expr::col("id")), "many")
        .from_subquery(rows, Alias::new("part_rows"))
        .take()
}

/// The different values of the first column of an index, up to 200, without reading every row.
///
/// Table and column are constants of this crate.
pub(super) async fn held(
    db: &DatabaseConnection,
    table: &'static str,
    column: &'static str,
) -> Result<Vec<String>, DbErr> {
    let sql = match db.get_database_backend() {
        // These skip from value to value in the index by themselves. They begin with the null.
        DbBackend::MySql => {
            format!(
                "SELECT {column} AS v FROM {table} GROUP BY {column} ORDER BY {column} LIMIT 201"
            )
        }
        _ => format!(
            "WITH RECURSIVE held(v) AS (SELECT MIN({column}) FROM {table} UNION ALL \
             SELECT (SELECT MIN({column}) FROM {table} WHERE {column} > held.v) FROM held WHERE held.v IS NOT NULL) \
             SELECT v FROM held WHERE v IS NOT NULL LIMIT 200"
        ),
    };
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(statement).await?;
    let values: Result<Vec<Option<String>>, DbErr> =
        rows.iter().map(|row| row.try_get("", "v")).collect();
    Ok(values?.into_iter().flatten().collect())
}
