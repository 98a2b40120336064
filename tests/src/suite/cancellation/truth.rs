//! What really happened to a table, by a trigger's word: the trail is measured against it.

use sea_orm::{
    ConnectionTrait, DbErr, FromQueryResult, IsolationLevel, Statement, TransactionTrait,
};

use super::{Change, change};
use crate::{Backend, Test};

/// Notes every change of a pie's price from here on, in the changing transaction itself.
pub(super) async fn note(t: &Test) -> Result<(), DbErr> {
    let (number, body) = match t.backend {
        Backend::Sqlite => ("INTEGER PRIMARY KEY", SQLITE),
        Backend::Postgres => ("BIGSERIAL PRIMARY KEY", POSTGRES),
        Backend::MySql => ("BIGINT AUTO_INCREMENT PRIMARY KEY", MYSQL),
    };
    let table =
        format!("CREATE TABLE truth (number {number}, id INT, old_price INT, new_price INT)");
    for statement in [&table, body] {
        t.db.execute_unprepared(statement).await?;
    }
    Ok(())
}

const SQLITE: &str = "CREATE TRIGGER truth AFTER UPDATE ON pie WHEN OLD.price <> NEW.price BEGIN
    INSERT INTO truth (id, old_price, new_price) VALUES (OLD.id, OLD.price, NEW.price); END";
const POSTGRES: &str = "CREATE FUNCTION truth() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO truth (id, old_price, new_price) VALUES (OLD.id, OLD.price, NEW.price); RETURN NULL; END $$;
    CREATE TRIGGER truth AFTER UPDATE ON pie FOR EACH ROW WHEN (OLD.price <> NEW.price)
    EXECUTE FUNCTION truth()";
const MYSQL: &str = "CREATE TRIGGER truth AFTER UPDATE ON pie FOR EACH ROW
    INSERT INTO truth (id, old_price, new_price) SELECT OLD.id, OLD.price, NEW.price WHERE OLD.price <> NEW.price";

#[derive(FromQueryResult)]
struct Row {
    id: i32,
    old_price: i32,
    new_price: i32,
}

/// What happened, and what was recorded, as of one moment: each by row, in order.
pub(super) async fn compare(t: &Test) -> Result<(Vec<Change>, Vec<Change>), DbErr> {
    let level = (t.backend != Backend::Sqlite).then_some(IsolationLevel::RepeatableRead);
    let moment = t.db.begin_with_config(level, None).await?;
    let backend = t.db.get_database_backend();
    let sql = "SELECT id, old_price, new_price FROM truth ORDER BY id, number";
    let happened = Row::find_by_statement(Statement::from_string(backend, sql))
        .all(&moment)
        .await?;
    let happened = happened
        .iter()
        .map(|row| (row.id, row.old_price, row.new_price));
    let mut recorded: Vec<Change> = crate::test::records(&moment)
        .await?
        .iter()
        .map(change)
        .collect();
    recorded.sort_by_key(|change| change.0);
    Ok((happened.collect(), recorded))
}
