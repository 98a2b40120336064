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

/// What applications ask for every day, on the database that has it.
#[test]
fn everyday_functions_read() {
    for sql in [
        "SELECT now(), current_timestamp, date_trunc('day', t), extract(year FROM t) FROM cake",
        "SELECT string_agg(name, ', ' ORDER BY name) FILTER (WHERE price > 1) FROM cake",
        "SELECT rank() OVER (PARTITION BY a ORDER BY b), lag(b) OVER w FROM c WINDOW w AS (ORDER BY b)",
        "SELECT jsonb_build_object('a', jsonb_agg(x)), j->>'a' FROM jsonb_array_elements(j) AS t (x)",
        "SELECT pg_catalog.lower(name), t.*, upper(name), name::numeric(10,2) FROM public.cake t",
        "SELECT * FROM generate_series(1, 3), LATERAL (SELECT 1) l WHERE (a, b) IN ((1, 2))",
        "WITH RECURSIVE a (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a), b (m) AS (SELECT 2) SELECT * FROM a",
        "SELECT * FROM (WITH c (n) AS MATERIALIZED (VALUES (1)) SELECT n FROM c) d",
        "SELECT ST_AsGeoJSON(place), similarity(name, 'x'), pg_try_advisory_lock(1) FROM shop",
        "(SELECT 1) UNION (SELECT 2);",
        "SELECT a$$ FROM b$$",
        "SELECT /* a /* DELETE */ ; note_sale(1) */ 1",
        "SELECT date'2024-01-01', e'\\'; DELETE FROM cake; --'",
    ] {
        assert_eq!(kind(sql, Postgres), Kind::Read, "{sql}");
    }
    for sql in [
        "SELECT NOW(), DATE_FORMAT(t, '%Y'), IFNULL(a, 0), IF(a, b, c) FROM cake USE INDEX (i)",
        "SELECT GROUP_CONCAT(name SEPARATOR ','), JSON_EXTRACT(j, '$.a'), JSON_ARRAYAGG(x) FROM cake",
        "SELECT REPLACE(name, 'a', 'b'), INSERT(name, 1, 2, 'c'), TRUNCATE(price, 1) FROM cake",
        "WITH c AS (SELECT REPLACE(name, 'a', 'b') n FROM cake) SELECT n FROM c FOR UPDATE",
        "SELECT MATCH (name) AGAINST ('x'), `load`, x.`delete` FROM cake # DELETE",
        "SELECT /*+ MAX_EXECUTION_TIME(9) */ CAST(a AS DECIMAL(10,2)) FROM cake",
    ] {
        assert_eq!(kind(sql, MySql), Kind::Read, "{sql}");
    }
    for sql in [
        "SELECT strftime('%Y', t), date('now'), substr(a, 1), ifnull(a, 0), my_function(a) FROM cake",
        "SELECT json_group_array(name), group_concat(name), printf('%d', 1), replace(a, 'b', 'c') FROM cake",
        "WITH c AS (SELECT replace(a, 'b', 'c') AS n FROM cake) SELECT n FROM c",
        "SELECT * FROM pragma_table_info('cake'), json_each('[1]')",
        "EXPLAIN QUERY PLAN DELETE FROM cake",
    ] {
        assert_eq!(kind(sql, Sqlite), Kind::Read, "{sql}");
    }
}

#[test]
fn what_locks_or_shows_is_a_read() {
    for sql in [
        "SELECT * FROM cake WHERE id = 1 FOR UPDATE",
        "WITH c AS (SELECT 1) SELECT * FROM c, cake FOR NO KEY UPDATE",
        "SELECT load, call, copy, merge FROM cake",
        "EXPLAIN UPDATE cake SET price = 1",
        "EXPLAIN (ANALYZE, BUFFERS) SELECT count(*) FROM cake",
        "SHOW TABLES",
        "SELECT 1; SELECT 2;",
    ] {
        for backend in BACKENDS {
            assert_eq!(kind(sql, backend), Kind::Read, "{backend:?} {sql}");
        }
    }
}

#[test]
fn what_may_write_is_a_write() {
    for sql in [
        "update cake set price = 1",
        "WITH gone AS (DELETE FROM cake RETURNING id) SELECT * FROM gone",
        "WITH c (n) AS (SELECT 1) INSERT INTO cake SELECT n FROM c",
        "WITH c AS (SELECT 1) UPDATE cake SET price = 1",
        "WITH c AS (SELECT 1) REPLACE INTO cake SELECT * FROM c",
        "SELECT 1; DELETE FROM cake",
        "SELECT 1; /* ; */ ; DELETE FROM cake; SELECT 2",
        "CALL sell()",
        "EXPLAIN ANALYZE DELETE FROM cake",
        "SELECT 'no end",
        "SELECT /* no end",
    ] {
        for backend in BACKENDS {
            let executes = backend != Sqlite || !sql.starts_with("EXPLAIN");
            assert!(
                !executes || kind(sql, backend) == Kind::Write,
                "{backend:?} {sql}"
            );
        }
    }
    for sql in [
        "SELECT 1 /*! ; DELETE FROM cake */",
        "SELECT 1 /*M! ; DELETE FROM cake */",
        r"SELECT '\'' ; DELETE FROM cake; -- '",
        "SELECT 5--3; DELETE FROM cake",
        "SELECT /* a /* */ 1; DELETE FROM cake -- */",
        "ANALYZE UPDATE cake SET price = 1",
    ] {
        assert_eq!(kind(sql, MySql), Kind::Write, "{sql}");
    }
    for sql in [
        r"SELECT E'\'' ; DELETE FROM cake; -- '",
        r"SELECT '\'; DELETE FROM cake; -- '",
        r"SELECT date'\'; DELETE FROM cake; -- '",
        r"SELECT a$e'\'; DELETE FROM cake; -- '",
        "SELECT a$$; DELETE FROM cake; -- $$",
        "SELECT $a$ $$ $a$; DELETE FROM cake; -- $$",
        "SELECT /* /* */ 1; */ 2; DELETE FROM cake",
    ] {
        assert_eq!(kind(sql, Postgres), Kind::Write, "{sql}");
    }
}

/// SQLite has no functions that write.
#[test]
fn a_function_of_ones_own_may_write() {
    for sql in [
        "SELECT note_sale(1)",
        "SELECT nextval ('s')",
        "SELECT note_sale /* at */ -- once\n (1)",
        "SELECT shop.count(1)",
        "SELECT t.*, note_sale(1) FROM t",
        "WITH c (n) AS (SELECT note_sale(1)) SELECT n FROM c",
        "WITH c AS (SELECT 1) SELECT note_sale(1), c (1) FROM c",
        "VALUES (note_sale(1))",
        "EXPLAIN ANALYZE SELECT note_sale(1)",
        "SELECT query_to_xml('DELETE FROM cake', true, true, '')",
    ] {
        for backend in [MySql, Postgres] {
            assert_eq!(kind(sql, backend), Kind::Write, "{backend:?} {sql}");
        }
        assert_eq!(kind(sql, Sqlite), Kind::Read, "{sql}");
    }
    assert_eq!(kind(r#"SELECT "note_sale"(1)"#, Postgres), Kind::Write);
    assert_eq!(kind("SELECT `note_sale`(1)", MySql), Kind::Write);
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

#[test]
fn what_runs_a_procedure_may_end_a_transaction() {
    let may = |sql, backend| may_end_transactions(sql, backend);
    for backend in [DbBackend::Postgres, DbBackend::MySql] {
        assert!(may("/* nightly */ call bake(1, 'x')", backend));
        assert!(!may("SELECT 'CALL bake()'", backend));
        assert!(!may("INSERT INTO call VALUES (1)", backend));
    }
    assert!(may("DO $$ BEGIN COMMIT; END $$", DbBackend::Postgres));
    assert!(!may("DO RELEASE_LOCK('x')", DbBackend::MySql));
    assert!(may("EXECUTE prepared", DbBackend::MySql));
    assert!(!may("EXECUTE prepared", DbBackend::Postgres));
    assert!(!may("CALL bake()", DbBackend::Sqlite));
}
