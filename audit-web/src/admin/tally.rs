//! Counts, and the values that a column holds, at a cost that an index bounds.

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, QueryResult, Statement,
    sea_query::{Alias, Expr, Func, Query, SelectStatement, UnionType},
};

use super::period::Span;

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
    if let Some(union) = union {
        fill(&mut counts, db, &union).await?;
    }
    Ok(counts)
}

/// How many rows each span of time has: those of a statement that selects a column `id` from one moment to before
/// another. One statement.
pub(super) async fn counts_in(
    db: &DatabaseConnection,
    spans: &[Span],
    rows: impl Fn(Expr, Expr) -> SelectStatement + Send + Sync,
) -> Result<Vec<u64>, DbErr> {
    if spans.is_empty() {
        return Ok(Vec::new());
    }
    if db.get_database_backend() == DbBackend::MySql {
        // MariaDB lets no subquery of a subquery look outside.
        let each = spans.iter();
        return counts(
            db,
            each.map(|(from, until)| rows((*from).into(), (*until).into())),
        )
        .await;
    }
    // PostgreSQL plans the rows once, and not for each span.
    let part = |column: &'static str| Expr::col((Alias::new("part"), Alias::new(column)));
    let many = Query::select()
        .expr(Func::count(Expr::col("id")))
        .from_subquery(rows(part("column2"), part("column3")), "part_rows")
        .take();
    let values = spans.iter().enumerate().map(|(at, (from, until))| {
        let at = i64::try_from(at).unwrap_or(i64::MAX);
        (at, *from, *until)
    });
    let each = Query::select()
        .expr_as(part("column1"), "part")
        .expr_as(many, "many")
        .from_values(values, "part")
        .take();
    let mut counts = vec![0; spans.len()];
    fill(&mut counts, db, &each).await?;
    Ok(counts)
}

/// Puts what a statement counted in its places.
async fn fill(
    counts: &mut [u64],
    db: &DatabaseConnection,
    counting: &SelectStatement,
) -> Result<(), DbErr> {
    for row in db.query_all(counting).await? {
        let at: i64 = row.try_get("", "part")?;
        let count: i64 = row.try_get("", "many")?;
        if let Some(place) = usize::try_from(at).ok().and_then(|at| counts.get_mut(at)) {
            *place = count.unsigned_abs();
        }
    }
    Ok(())
}

fn count((at, rows): (usize, SelectStatement)) -> SelectStatement {
    Query::select()
        // Counted, as a literal would be an integer of another width on each database.
        .expr_as(Expr::cust(format!("COUNT(*) * 0 + {at}")), "part")
        .expr_as(Func::count(Expr::col("id")), "many")
        .from_subquery(rows, Alias::new("part_rows"))
        .take()
}

/// How many values a column may hold to be chosen from.
const MOST_VALUES: usize = 200;

/// The different values of the first column of an index, up to 200, without reading every row.
///
/// Table and column are constants of this crate.
pub(super) async fn held(
    db: &DatabaseConnection,
    table: &'static str,
    column: &'static str,
) -> Result<Vec<String>, DbErr> {
    let backend = db.get_database_backend();
    if backend == DbBackend::MySql {
        return held_one_by_one(db, table, column).await;
    }
    let sql = format!(
        "WITH RECURSIVE held(v) AS (SELECT MIN({column}) FROM {table} UNION ALL \
         SELECT (SELECT MIN({column}) FROM {table} WHERE {column} > held.v) FROM held WHERE held.v IS NOT NULL) \
         SELECT v FROM held WHERE v IS NOT NULL LIMIT {MOST_VALUES}"
    );
    let rows = db
        .query_all_raw(Statement::from_string(backend, sql))
        .await?;
    rows.iter().map(text).collect()
}

/// The text of a column, with marks where it is no UTF-8: SQLite keeps such.
fn text(row: &QueryResult) -> Result<String, DbErr> {
    row.try_get("", "v").or_else(|error| {
        let bytes: Vec<u8> = row.try_get("", "v").map_err(|_| error)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    })
}

/// From value to value, by a statement each, of which the index answers everything.
///
/// MariaDB reads all rows for the recursion, and sometimes for a `GROUP BY` too: its prepared statements skip from value
/// to value only until another statement has used the table (10.11).
async fn held_one_by_one(
    db: &DatabaseConnection,
    table: &'static str,
    column: &'static str,
) -> Result<Vec<String>, DbErr> {
    let smallest = format!("SELECT MIN({column}) AS v FROM {table}");
    let next = format!("{smallest} WHERE {column} > ?");
    let mut values: Vec<String> = Vec::new();
    while values.len() < MOST_VALUES {
        let statement = match values.last() {
            None => Statement::from_string(DbBackend::MySql, &smallest),
            Some(last) => Statement::from_sql_and_values(DbBackend::MySql, &next, [last.into()]),
        };
        let row = db.query_one_raw(statement).await?;
        let Some(value) = row.map(|row| row.try_get("", "v")).transpose()?.flatten() else {
            break;
        };
        values.push(value);
    }
    Ok(values)
}
