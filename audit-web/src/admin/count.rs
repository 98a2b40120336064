//! Counts, at a cost that an index bounds.

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr,
    sea_query::{Alias, Expr, Func, Query, SelectStatement, UnionType},
};

use super::period::Span;

/// How many rows each statement has, which all select a column `id`. One statement.
pub(super) async fn rows(
    db: &DatabaseConnection,
    statements: impl IntoIterator<Item = SelectStatement>,
) -> Result<Vec<u64>, DbErr> {
    let parts: Vec<SelectStatement> = statements.into_iter().enumerate().map(count).collect();
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
pub(super) async fn rows_in(
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
        return self::rows(
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
