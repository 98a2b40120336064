//! The values that a column holds, at a cost that an index bounds.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, QueryResult, Statement};

/// How many values a column may hold to be chosen from.
const MOST_VALUES: usize = 200;

/// The different values of the first column of an index, up to 200, without reading every row.
///
/// Table and column are constants of this crate.
pub(super) async fn values(
    db: &DatabaseConnection,
    table: &'static str,
    column: &'static str,
) -> Result<Vec<String>, DbErr> {
    let backend = db.get_database_backend();
    if backend == DbBackend::MySql {
        return one_by_one(db, table, column).await;
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
async fn one_by_one(
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
