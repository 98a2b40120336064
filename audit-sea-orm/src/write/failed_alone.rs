use sea_orm::{
    DbBackend, DbErr,
    sea_query::{Expr, Query},
};

use crate::{
    Error,
    connection::{AnyConnection, own},
};

/// Whether a statement of the library's failed alone, so that what the application wrote in its transaction still
/// stands. Where a database gave up the whole transaction nobody must go on as if it did.
///
/// # Backends
/// - PostgreSQL does after any error, and is asked: it then refuses the question too.
/// - SQLite does for a full disk, an I/O error, no memory and an interruption
///   (<https://sqlite.org/lang_transaction.html>).
/// - MySQL and MariaDB do for a deadlock, a full lock table, and a row that changed since the snapshot (MariaDB's
///   `innodb_snapshot_isolation`); for a lock that did not come in time where `innodb_rollback_on_timeout` says so.
pub(super) async fn failed_alone(db: &AnyConnection<'_>, error: &Error) -> bool {
    let (Error::Write { source, .. } | Error::Read { source, .. }) = error else {
        return true;
    };
    if db.kind().is_autocommit() {
        return true;
    }
    match db.get_database_backend() {
        DbBackend::MySql => match mysql_answer(source) {
            // `ER_CHECKREAD`, `ER_LOCK_TABLE_FULL`, and the class of SQL's rollbacks
            Some((1020 | 1206, _)) => false,
            Some((_, state)) if state.starts_with("40") => false,
            Some((1205, _)) => !rolls_back_on_timeout(db).await,
            _ => true,
        },
        DbBackend::Sqlite => {
            // `SQLITE_NOMEM`, `SQLITE_INTERRUPT`, `SQLITE_IOERR`, `SQLITE_FULL`
            let code = sqlite_answer(source);
            !code.is_some_and(|code| matches!(code & 0xff, 7 | 9 | 10 | 13))
        }
        _ => ask(db, Expr::value(1)).await.is_ok(),
    }
}

async fn rolls_back_on_timeout(db: &AnyConnection<'_>) -> bool {
    let asked = ask(db, Expr::cust("@@innodb_rollback_on_timeout")).await;
    asked.ok().flatten() != Some(0)
}

async fn ask(db: &AnyConnection<'_>, expression: Expr) -> Result<Option<i64>, DbErr> {
    let question = Query::select().expr(expression).take();
    let answer = own(db.query_one(&question)).await?;
    // The number may come in any size, or none.
    Ok(answer.and_then(|row| {
        let small = row.try_get_by_index::<i32>(0).map(i64::from);
        small.or_else(|_| row.try_get_by_index::<i64>(0)).ok()
    }))
}

/// What stands behind sqlx's words for an error that the database answered with: its number first. SeaORM's errors have
/// the driver's types only with features that this crate does not turn on.
fn answer(error: &DbErr) -> Option<String> {
    let text = error.to_string();
    let (_, answer) = text.split_once("error returned from database: ")?;
    Some(answer.to_owned())
}

/// `(code: 13) database or disk is full`
fn sqlite_answer(error: &DbErr) -> Option<u32> {
    let answer = answer(error)?;
    let (code, _) = answer.strip_prefix("(code: ")?.split_once(')')?;
    code.parse().ok()
}

/// `1213 (40001): Deadlock found …`
fn mysql_answer(error: &DbErr) -> Option<(u32, String)> {
    let answer = answer(error)?;
    let (number, rest) = answer.split_once(" (")?;
    let (state, _) = rest.split_once(')')?;
    Some((number.parse().ok()?, state.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(answer: &str) -> DbErr {
        DbErr::Custom(format!(
            "Execution Error: error returned from database: {answer}"
        ))
    }

    #[test]
    fn an_answer_is_told_by_its_number_whatever_it_says() {
        let full = error("(code: 13) database or disk is full");
        assert_eq!(sqlite_answer(&full), Some(13));
        let deadlock = error("1213 (40001): Se encontró un bloqueo mutuo (code: 13)");
        assert_eq!(mysql_answer(&deadlock), Some((1213, "40001".to_owned())));
        let silent = error("a trigger says (code: 13) and 1213 (40001): nothing");
        assert_eq!(sqlite_answer(&silent), None);
        assert_eq!(mysql_answer(&silent), None);
    }
}
