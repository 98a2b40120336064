//! Triggers that an earlier build of the library made.

use audit_sea_orm::capture::{self, check};
use sea_orm::{ConnectionTrait, DbErr, Statement};

use super::{lines, of_muffins};
use crate::{Backend, Outcome, Test, entity::growing::after};

const SQLITE: &str = include_str!("pinned/sqlite.sql");
const POSTGRES: &str = include_str!("pinned/postgres.sql");
const MARIADB: &str = include_str!("pinned/mariadb.sql");

/// What stands between two statements of a file.
const BETWEEN: &str = "\n-- next\n";

/// The triggers that version 1 first made, word for word, are still right: a new text that records the same leaves those of
/// every database as they are.
///
/// Where this fails, the new text records something else, so that `trigger::VERSION` must rise; then make the files anew, by
/// this test itself: it shows the statements.
pub async fn texts_of_this_version_stay_valid(t: &mut Test) -> Outcome {
    if t.is_mysql().await? {
        return Ok(());
    }
    t.create_table(after::Entity).await?;
    let pinned = match t.backend {
        Backend::Sqlite => SQLITE,
        Backend::Postgres => POSTGRES,
        Backend::MySql => MARIADB,
    };
    for statement in pinned.trim_end().split(BETWEEN) {
        t.db.execute_unprepared(statement).await?;
    }
    let report = capture::install(&t.db, after::Entity).await?;
    let made = statements(t).await?;
    let line = "growing_muffin: up to date";
    assert_eq!(lines(&report, "growing"), [line], "{made}");
    assert_eq!(of_muffins(&check(&t.db).await?), []);
    let insert = "INSERT INTO growing_muffin (id, name) VALUES (1, 'lemon')";
    t.db.execute_unprepared(insert).await?;
    t.only_record().await?;
    Ok(())
}

/// What makes the triggers that are there, in the form of the files.
async fn statements(t: &Test) -> Result<String, DbErr> {
    let sql = match t.backend {
        Backend::Sqlite => {
            "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit_capture_growing%' ORDER BY rowid"
        }
        Backend::Postgres => {
            "SELECT s FROM (SELECT 1 AS n, pg_get_functiondef(oid) AS s, proname AS name FROM pg_proc WHERE proname LIKE 'audit_capture_growing%' \
             UNION ALL SELECT 2, 'REVOKE ALL ON FUNCTION ' || oid::regprocedure || ' FROM PUBLIC', proname FROM pg_proc \
             WHERE proname LIKE 'audit_capture_growing%' \
             UNION ALL SELECT 3, pg_get_triggerdef(oid), tgname FROM pg_trigger WHERE tgname LIKE 'audit_capture_growing%') s ORDER BY n, name"
        }
        Backend::MySql => {
            "SELECT CONVERT(CONCAT('SET STATEMENT sql_mode = ''STRICT_ALL_TABLES'' FOR EXECUTE IMMEDIATE ', \
             QUOTE(CONCAT('CREATE TRIGGER ', trigger_name, ' AFTER ', event_manipulation, ' ON ', event_object_table, \
             ' FOR EACH ROW ', action_statement))) USING utf8mb4) FROM information_schema.triggers \
             WHERE trigger_schema = DATABASE() AND trigger_name LIKE 'audit_capture_growing%' ORDER BY trigger_name"
        }
    };
    let statement = Statement::from_string(t.db.get_database_backend(), sql);
    let rows = t.db.query_all_raw(statement).await?;
    let texts = rows.iter().map(|row| row.try_get_by_index(0));
    Ok(texts.collect::<Result<Vec<String>, _>>()?.join(BETWEEN))
}
