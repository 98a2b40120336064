//! Counts, and the values that a column holds, at a cost that an index bounds.

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement,
    sea_query::{Alias, Expr, Func, Query, SelectStatement, UnionType},
};

/// How many rows each statement has, which all select a column `id`. One statement.
pub(super) async fn counts(
    db: &DatabaseConnection,
    rows: impl IntoIterator<Item = SelectStatement>,
) -> Result<Vec<u64>, DbErr> {
    let parts: Vec<SelectStatement> = rows.into_iter().enumerate().map(count).collect();
    let mut counts = vec![0; parts.len()];
    let union = parts
        .into_iter()
        .reduce(|mut all, one| all.union(UnionType::All, one).take());
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

fn count((at, rows): (usize, SelectStatement)) -> SelectStatement {
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
