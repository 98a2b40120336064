//! How a database reads what a statement asks for.

use audit_sea_orm::entity::TABLES;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, QueryResult, Statement};
use serde_json::Value;

/// How a statement is answered. PostgreSQL and MariaDB execute it, and tell how many rows they read; SQLite tells what
/// it would do, which does not depend on how much a table holds.
pub(super) enum Reading {
    Sqlite(Vec<Step>),
    Postgres(Vec<String>),
    MySql(Value),
}

/// A line of SQLite's plan, below another.
pub(super) struct Step {
    parent: i32,
    detail: String,
}

impl Reading {
    pub(super) async fn of(db: &DatabaseConnection, statement: &Statement) -> Result<Self, DbErr> {
        let ask = async |explain: &str| {
            let statement = Statement {
                sql: format!("{explain} {}", statement.sql),
                ..statement.clone()
            };
            db.query_all_raw(statement).await
        };
        Ok(match db.get_database_backend() {
            DbBackend::Sqlite => {
                let steps = ask("EXPLAIN QUERY PLAN").await?;
                Self::Sqlite(steps.iter().map(step).collect::<Result<_, _>>()?)
            }
            DbBackend::Postgres => {
                let lines = ask("EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF)").await?;
                let lines = lines.iter().map(|line| line.try_get_by_index(0));
                Self::Postgres(lines.collect::<Result<_, _>>()?)
            }
            _ => {
                let lines = ask("ANALYZE FORMAT=JSON").await?;
                let json: String = lines[0].try_get_by_index(0)?;
                let json = serde_json::from_str(&json);
                Self::MySql(json.map_err(|error| DbErr::Json(error.to_string()))?)
            }
        })
    }

    /// As the database tells it.
    pub(super) fn plan(&self) -> String {
        match self {
            Self::Sqlite(steps) => {
                let lines = steps
                    .iter()
                    .map(|step| format!("{}: {}\n", step.parent, step.detail));
                lines.collect()
            }
            Self::Postgres(lines) => lines.join("\n"),
            Self::MySql(json) => format!("{json:#}"),
        }
    }

    /// Whether a table of the trail is read from its beginning.
    pub(super) fn scans_a_table(&self) -> bool {
        match self {
            Self::Sqlite(steps) => {
                let mut scans = steps.iter().filter(|step| is_scan(step));
                scans.any(|step| !step.detail.contains("USING") && !is_of_a_subquery(step, steps))
            }
            Self::Postgres(lines) => lines.iter().any(|line| line.contains("Seq Scan on audit_")),
            Self::MySql(json) => tables(json)
                .iter()
                .any(|table| is_of_the_trail(table) && table["access_type"] == "ALL"),
        }
    }

    /// Whether what an index gives is put into another order than the index's. To sort the rows of a page is none.
    pub(super) fn sorts_an_index(&self) -> bool {
        let Self::Sqlite(steps) = self else {
            // It would have to read all of it, which `rows_read` tells.
            return false;
        };
        let sorted = steps
            .iter()
            .filter(|step| step.detail.contains("TEMP B-TREE FOR ORDER BY"));
        let mut beside =
            sorted.flat_map(|sort| steps.iter().filter(|step| step.parent == sort.parent));
        // With statistics, SQLite may take what lies in a period from the index of each action: bounded too.
        beside.any(|step| step.detail.contains("idx_audit") && !step.detail.contains("(ANY("))
    }

    /// Whether an index is read without a bound.
    pub(super) fn walks_a_whole_index(&self) -> bool {
        match self {
            Self::Sqlite(steps) => steps.iter().any(is_scan),
            Self::Postgres(lines) => lines.iter().enumerate().any(|(at, line)| {
                let bound = lines
                    .get(at + 1)
                    .is_some_and(|line| line.contains("Index Cond"));
                line.contains("Index") && line.contains("Scan using idx_audit") && !bound
            }),
            Self::MySql(json) => tables(json)
                .iter()
                .any(|table| is_of_the_trail(table) && table["access_type"] == "index"),
        }
    }

    /// How many rows and entries of indexes were read, where the database tells.
    pub(super) fn rows_read(&self) -> Option<u64> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(lines) => Some(postgres_rows(lines)),
            Self::MySql(json) => Some(tables(json).iter().map(mysql_rows).sum()),
        }
    }
}

fn step(row: &QueryResult) -> Result<Step, DbErr> {
    Ok(Step {
        parent: row.try_get("", "parent")?,
        detail: row.try_get("", "detail")?,
    })
}

fn is_scan(step: &Step) -> bool {
    TABLES
        .iter()
        .any(|table| step.detail.starts_with(&format!("SCAN {table}")))
}

/// Whether what is read is a subquery that has the name of a table: it is made beside the scan.
fn is_of_a_subquery(scan: &Step, steps: &[Step]) -> bool {
    let name = scan.detail.trim_start_matches("SCAN ");
    let made = ["CO-ROUTINE", "MATERIALIZE"].map(|how| format!("{how} {name}"));
    let mut beside = steps.iter().filter(|step| step.parent == scan.parent);
    beside.any(|step| made.contains(&step.detail))
}

/// What the scans gave, and what they read in vain.
fn postgres_rows(lines: &[String]) -> u64 {
    let number = |text: &str, name: &str| {
        let digits = text.split(name).nth(1)?;
        let digits = digits.trim_start_matches([':', ' ']);
        let end = digits
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(digits.len());
        digits[..end].parse::<u64>().ok()
    };
    let (mut read, mut loops) = (0, 1);
    for line in lines {
        if let Some(times) = number(line, "loops=") {
            loops = times;
            if line.contains("Scan ") && line.contains(" on audit_") {
                read += number(line, "actual rows=").unwrap_or_default() * loops;
            }
        }
        read += number(line, "Rows Removed by Filter").unwrap_or_default() * loops;
    }
    read
}

/// The tables of a plan of MariaDB's, wherever they stand in it.
fn tables(json: &Value) -> Vec<&Value> {
    let inner = match json {
        Value::Object(members) => members.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    let own = json.get("table_name").map(|_| json);
    own.into_iter()
        .chain(inner.into_iter().flat_map(tables))
        .collect()
}

fn is_of_the_trail(table: &Value) -> bool {
    let name = table["table_name"].as_str().unwrap_or_default();
    TABLES.contains(&name)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of rows, which MariaDB tells as a mean"
)]
fn mysql_rows(table: &&Value) -> u64 {
    if !is_of_the_trail(table) {
        return 0;
    }
    let number = |name: &str| table[name].as_f64().unwrap_or_default();
    (number("r_rows") * number("r_loops")).ceil() as u64
}
