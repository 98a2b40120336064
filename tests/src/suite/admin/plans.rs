use std::sync::{Arc, Mutex};

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use super::seed;
use crate::{Outcome, Test, site::Site};

/// Pages of every list, filter, search and date.
const PAGES: [&str; 24] = [
    "records",
    "records?before=1767600000000000-5000",
    "records?after=1767300000000000-100",
    "records?action=UPDATE",
    "records?table=tart",
    "records?table=tart&object=3",
    "records?object=3",
    "records?actor=actor-3",
    "records?request=request-77",
    "records?q=pastry+77",
    "records?date=2026",
    "records?date=2026-01",
    "records?date=2026-01-02&action=DELETE",
    "records?actor=actor-1&from=2026-01-01&until=2026-01-03",
    "logins",
    "logins?status=FAILED",
    "logins?username=user-3",
    "logins?ip=198.51.100.2",
    "exports",
    "exports?actor=actor-1",
    "events",
    "events?type=ERROR",
    "events?resolved=no",
    "history?table=tart&object=3",
];

/// Each statement of each page is answered by an index: no scan of a table, no `OFFSET`, no count of a whole table.
pub async fn every_list_is_read_by_an_index(t: &mut Test) -> Outcome {
    seed(t, 30_000).await?;
    for table in audit_sea_orm::entity::TABLES {
        let analyze = if t.db.get_database_backend() == DbBackend::MySql {
            "ANALYZE TABLE"
        } else {
            "ANALYZE"
        };
        t.db.execute_unprepared(&format!("{analyze} {table}"))
            .await?;
    }
    let sent: Arc<Mutex<Vec<Statement>>> = Arc::default();
    let mut db = t.db.clone();
    let note = Arc::clone(&sent);
    db.set_metric_callback(move |info| {
        note.lock()
            .expect("no test panics inside")
            .push(info.statement.clone());
    });
    let site = Site::new(&db);
    for page in PAGES {
        site.page(&format!("/{page}")).await;
        let statements = std::mem::take(&mut *sent.lock().expect("no test panics inside"));
        assert!(!statements.is_empty());
        for statement in statements {
            let sql = statement.sql.to_uppercase();
            assert!(!sql.contains("OFFSET"), "{page}: {sql}");
            assert!(sql.contains("LIMIT"), "{page} reads without bound: {sql}");
            // The tables but that of records are small here: scanning them is what a planner does with small tables.
            // MariaDB would rather sort a table of this size than walk 2,000 entries of an index.
            let is_sorted_whole = t.db.get_database_backend() == DbBackend::MySql
                && statement.sql.contains("looked_at");
            if names_records(&statement.sql) && !is_sorted_whole {
                let plan = plan(t, &statement).await?;
                assert!(
                    !is_scan(&plan),
                    "{page}:\n{}\n{}",
                    statement.sql,
                    plan.join("\n")
                );
            }
        }
    }
    Ok(())
}

async fn plan(t: &Test, statement: &Statement) -> Result<Vec<String>, DbErr> {
    let explain = match t.db.get_database_backend() {
        DbBackend::Sqlite => "EXPLAIN QUERY PLAN ",
        _ => "EXPLAIN ",
    };
    let statement = Statement {
        sql: format!("{explain}{}", statement.sql),
        ..statement.clone()
    };
    let rows = t.db.query_all_raw(statement).await?;
    let line = |row: &sea_orm::QueryResult| match t.db.get_database_backend() {
        DbBackend::Sqlite => row.try_get("", "detail"),
        DbBackend::Postgres => row.try_get_by_index(0),
        _ => {
            let text = |name: &str| {
                row.try_get::<Option<String>>("", name)
                    .map(Option::unwrap_or_default)
            };
            Ok(format!(
                "table {} type {} key {}",
                text("table")?,
                text("type")?,
                text("key")?
            ))
        }
    };
    rows.iter().map(line).collect()
}

fn names_records(sql: &str) -> bool {
    let mut words = sql.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.any(|word| word == "audit_log")
}

/// Whether a plan reads a whole table: the words of each database for it.
fn is_scan(plan: &[String]) -> bool {
    plan.iter().any(|line| {
        let is_sqlite_scan = line.starts_with("SCAN audit_log") && !line.contains("USING");
        let is_mysql_scan = line.starts_with("table audit_log type ALL");
        is_sqlite_scan || is_mysql_scan || line.contains("Seq Scan on audit_log ")
    })
}
