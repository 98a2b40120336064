use proptest::prelude::*;
use sea_orm::DatabaseBackend::{MySql, Postgres, Sqlite};

use super::*;

const BACKENDS: [DbBackend; 3] = [MySql, Postgres, Sqlite];

#[test]
fn plain_queries_are_reads() {
    for sql in [
        "SELECT 1",
        " select count(*), max(price) from cake where name in ('update', 'it''s')",
        "/* why */ SELECT * FROM cake -- UPDATE\nWHERE id = 1",
        "WITH c AS (SELECT 1) SELECT * FROM c",
        "VALUES (1)",
    ] {
        for backend in BACKENDS {
            assert_eq!(kind(sql, backend), Kind::Read, "{backend:?} {sql}");
        }
    }
    assert_eq!(
        kind(r#"SELECT "delete" FROM "update""#, Postgres),
        Kind::Read
    );
    assert_eq!(kind("SELECT `delete` FROM `update`", MySql), Kind::Read);
    assert_eq!(kind("SELECT [delete] FROM [update]", Sqlite), Kind::Read);
    assert_eq!(kind("SELECT $a$ DELETE $$ $a$, $1", Postgres), Kind::Read);
}

#[test]
fn what_may_write_is_a_write() {
    for sql in [
        "update cake set price = 1",
        "WITH gone AS (DELETE FROM cake RETURNING id) SELECT * FROM gone",
        "SELECT note_sale(1)",
        "SELECT nextval ('s')",
        "SELECT 1; DELETE FROM cake",
        "CALL sell()",
        "SELECT 'no end",
        "SELECT /* no end",
    ] {
        for backend in BACKENDS {
            assert_eq!(kind(sql, backend), Kind::Write, "{backend:?} {sql}");
        }
    }
    assert_eq!(
        kind("SELECT 1 /*! ; DELETE FROM cake */", MySql),
        Kind::Write
    );
    assert_eq!(
        kind(r"SELECT '\'' ; DELETE FROM cake; -- '", MySql),
        Kind::Write
    );
    assert_eq!(
        kind(r"SELECT E'\'' ; DELETE FROM cake; -- '", Postgres),
        Kind::Write
    );
    assert_eq!(
        kind(r"SELECT '\'; DELETE FROM cake; -- '", Postgres),
        Kind::Write
    );
    assert_eq!(kind("SELECT 5--3; DELETE FROM cake", MySql), Kind::Write);
}

#[test]
fn definitions_and_transaction_control_are_neither() {
    for sql in [
        "",
        "CREATE INDEX CONCURRENTLY i ON cake (name)",
        "VACUUM",
        "BEGIN; UPDATE cake SET price = 1; COMMIT",
        "SAVEPOINT a",
        "SET @a = 1",
    ] {
        for backend in BACKENDS {
            assert_eq!(kind(sql, backend), Kind::Other, "{backend:?} {sql}");
        }
    }
    assert!(rolls_back("rollback to a", Sqlite) && !rolls_back("SELECT 'rollback'", Sqlite));
}

#[test]
fn the_context_comes_last_in_the_returning_list() {
    let context = "(SELECT set_config('audit.context', $3, true) IS NULL) AS \"audit_context\"";
    let plain = r#"INSERT INTO "returning" ("a") VALUES ('returning')"#;
    assert_eq!(
        with_context(plain, 3),
        Some(format!("{plain} RETURNING {context}"))
    );
    let inner = "UPDATE a SET b = (SELECT c FROM returning_ WHERE (returning))";
    assert_eq!(
        with_context(inner, 3),
        Some(format!("{inner} RETURNING {context}"))
    );
    let returning = r#"DELETE FROM "a" RETURNING "id""#;
    assert_eq!(
        with_context(returning, 3),
        Some(format!("{returning}, {context}"))
    );
    for sql in [
        "WITH c AS (SELECT 1) INSERT INTO a SELECT * FROM c",
        "INSERT INTO a VALUES (1);",
        "INSERT INTO a VALUES (1) -- why",
        "INSERT INTO a VALUES ('no end",
        "SELECT 1",
        "",
    ] {
        assert_eq!(with_context(sql, 1), None, "{sql}");
    }
}

#[test]
fn a_single_statement_is_told_from_several() {
    assert!(is_single("INSERT INTO a VALUES (';')", Sqlite));
    assert!(!is_single(
        "INSERT INTO a VALUES (1); DELETE FROM a",
        Sqlite
    ));
    assert!(!is_single("INSERT INTO a VALUES ('", Sqlite));
}

proptest! {
    #[test]
    fn any_text_can_be_scanned(sql in r#"[a-zé '"`\[\]$\\;()*/#!-]{0,60}"#) {
        for backend in BACKENDS {
            kind(&sql, backend);
            rolls_back(&sql, backend);
        }
        with_context(&sql, 1);
    }
}
