//! What a connection sends, and how the database reads what that asks for.

use std::sync::{Arc, Mutex, PoisonError};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

/// A connection that keeps each statement which it sends, with its values.
#[derive(Debug)]
pub struct Watched {
    /// The connection.
    pub db: DatabaseConnection,
    sent: Arc<Mutex<Vec<Statement>>>,
}

impl Watched {
    /// Another handle of that connection, and what is sent through it.
    #[must_use]
    pub fn new(db: &DatabaseConnection) -> Self {
        let (mut db, sent) = (db.clone(), Arc::new(Mutex::new(Vec::new())));
        let kept = Arc::clone(&sent);
        db.set_metric_callback(move |info| {
            kept.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(info.statement.clone());
        });
        Self { db, sent }
    }

    /// What was sent so far.
    #[must_use]
    pub fn sent(&self) -> Vec<Statement> {
        self.sent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// The database's plan for a statement, without executing it: the texts in it, each in a line.
///
/// # Errors
/// What the database reports.
pub async fn plan(statement: &Statement, db: &DatabaseConnection) -> Result<String, DbErr> {
    let explain = match db.get_database_backend() {
        DbBackend::Sqlite => "EXPLAIN QUERY PLAN",
        _ => "EXPLAIN",
    };
    let explain = Statement {
        sql: format!("{explain} {}", statement.sql),
        ..statement.clone()
    };
    let mut plan = String::new();
    for row in db.query_all_raw(explain).await? {
        for column in row.column_names() {
            if let Ok(text) = row.try_get::<String>("", &column) {
                plan += &text;
                plan.push('\n');
            }
        }
    }
    Ok(plan)
}
