//! What is read through an audited connection is read as on a plain one.

use audit_sea_orm::prelude::*;
use futures_util::StreamExt;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, Statement, StreamTrait,
    TransactionTrait,
};

use super::{because, raw};
use crate::{Backend, Outcome, Test, entity::tart};

/// What applications ask for every day, in each database's words.
fn everyday(backend: Backend) -> &'static [&'static str] {
    match backend {
        Backend::Sqlite => &[
            "SELECT strftime('%Y', 'now'), ifnull(price, 0), substr(id, 1) FROM tart",
            "SELECT json_group_array(json_object('id', id)), group_concat(id) FROM tart",
            "SELECT rank() OVER (ORDER BY price), replace(id, '1', '2') FROM tart",
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n",
        ],
        Backend::Postgres => &[
            "SELECT now(), date_trunc('day', now()), coalesce(price, 0) FROM tart FOR UPDATE",
            "SELECT jsonb_agg(jsonb_build_object('id', id)), string_agg(id::text, ',') FROM tart",
            "SELECT rank() OVER (ORDER BY price), regexp_replace(id::text, '1', '2') FROM tart",
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n",
        ],
        Backend::MySql => &[
            "SELECT NOW(), DATE_FORMAT(NOW(), '%Y'), IFNULL(price, 0) FROM tart FOR UPDATE",
            "SELECT JSON_OBJECT('id', id), CONCAT_WS(',', id, price) FROM tart",
            "SELECT RANK() OVER (ORDER BY price), REPLACE(id, '1', '2') FROM tart",
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n",
        ],
    }
}

/// Asks everything in every way; the number of rows of each answer.
async fn ask<C: ConnectionTrait + StreamTrait>(
    db: &C,
    questions: &[&str],
) -> Result<Vec<usize>, DbErr> {
    let mut counts = Vec::new();
    for sql in questions {
        let question = || Statement::from_string(ConnectionTrait::get_database_backend(db), *sql);
        counts.push(db.query_all_raw(question()).await?.len());
        counts.push(db.query_one_raw(question()).await?.iter().len());
        counts.push(db.stream_raw(question()).await?.count().await);
        db.execute_unprepared(sql).await?;
    }
    Ok(counts)
}

async fn tarts(t: &Test) -> Outcome {
    t.create_table(tart::Entity).await?;
    raw(
        &t.db,
        "INSERT INTO tart (id, price) VALUES (1, 10), (2, 20)",
    )
    .await?;
    Ok(())
}

/// Everyday functions in raw statements send no more than on a plain connection.
pub async fn everyday_functions_are_reads(t: &mut Test) -> Outcome {
    tarts(t).await?;
    let questions = everyday(t.backend);
    let (plain, sent) = t.sent(ask(&t.db, questions)).await;
    let plain = plain?;
    let audited = t.db.audited_as(because("r"));
    let (read, sent_audited) = t.sent(ask(&audited, questions)).await;
    assert_eq!((read?, &sent_audited), (plain.clone(), &sent));
    let transaction = audited.begin().await?;
    let (read, sent_audited) = t.sent(ask(&transaction, questions)).await;
    assert_eq!((read?, &sent_audited), (plain, &sent));
    transaction.commit().await?;
    Ok(())
}

/// A read is answered while another session holds the write lock, where SQLite lets one write at a time.
pub async fn reads_wait_for_no_writer(t: &mut Test) -> Outcome {
    tarts(t).await?;
    let writer = t.db.begin_write().await?;
    raw(&writer, "UPDATE tart SET price = 11 WHERE id = 1").await?;
    let audited = impatient(t).await?.audited_as(because("r"));
    // Of the others, a lock of rows waits as it does on a plain connection.
    let questions: Vec<_> = everyday(t.backend)
        .iter()
        .filter(|sql| !sql.contains("FOR UPDATE"))
        .copied()
        .collect();
    ask(&audited, &questions).await?;
    let transaction = audited.begin().await?;
    ask(&transaction, &questions).await?;
    transaction.rollback().await?;
    writer.rollback().await?;
    Ok(())
}

/// A pool that does not wait for SQLite's lock.
async fn impatient(t: &Test) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(&t.isolated.url);
    options.max_connections(2);
    if t.backend == Backend::Sqlite {
        options.map_sqlx_sqlite_opts(|options| options.busy_timeout(std::time::Duration::ZERO));
    }
    Database::connect(options).await
}

/// A database that takes no writes answers; so it does where a function of one's own may write, and does not.
pub async fn a_read_only_database_answers(t: &mut Test) -> Outcome {
    tarts(t).await?;
    let mut questions = everyday(t.backend).to_vec();
    questions.retain(|sql| !sql.contains("FOR UPDATE"));
    if t.backend != Backend::Sqlite {
        // MySQL prepares neither this nor what makes a session read only.
        t.db.execute_unprepared(one_more(t.backend)).await?;
        questions.push("SELECT one_more(price) FROM tart");
    }
    let db = read_only(t).await?;
    let audited = db.audited_as(because("r"));
    let expected = ask(&db, &questions).await?;
    assert_eq!(ask(&audited, &questions).await?, expected);
    let transaction = audited.begin().await?;
    assert_eq!(ask(&transaction, &questions).await?, expected);
    transaction.commit().await?;
    let write = raw(&audited, "UPDATE tart SET price = 12").await;
    assert!(write.is_err(), "the database takes writes");
    Ok(())
}

fn one_more(backend: Backend) -> &'static str {
    match backend {
        Backend::MySql => "CREATE FUNCTION one_more(n INT) RETURNS INT DETERMINISTIC RETURN n + 1",
        _ => "CREATE FUNCTION one_more(n INT) RETURNS INT LANGUAGE sql AS 'SELECT n + 1'",
    }
}

async fn read_only(t: &Test) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(t.isolated.url.replace("mode=rwc", "mode=ro"));
    options.max_connections(1);
    let db = Database::connect(options).await?;
    let read_only = match t.backend {
        Backend::Sqlite => return Ok(db),
        Backend::Postgres => "SET default_transaction_read_only = on",
        Backend::MySql => "SET SESSION TRANSACTION READ ONLY",
    };
    db.execute_unprepared(read_only).await?;
    Ok(db)
}

/// The first row comes before the last is made: here that one is an error.
pub async fn a_read_streams_row_by_row(t: &mut Test) -> Outcome {
    let sql = match t.backend {
        Backend::Sqlite => {
            "SELECT date('now'), abs(n) FROM (SELECT 1 AS n UNION ALL SELECT -9223372036854775807 - 1)"
        }
        Backend::Postgres => "SELECT now(), 6 / (2 - n) FROM generate_series(1, 2) AS s (n)",
        Backend::MySql => {
            "SELECT NOW(), 9223372036854775806 + n FROM (SELECT 1 AS n UNION ALL SELECT 2) AS s"
        }
    };
    let audited = t.db.audited_as(because("r"));
    assert_eq!(until_an_error(&audited, sql).await?, 1);
    let transaction = audited.begin().await?;
    assert_eq!(until_an_error(&transaction, sql).await?, 1);
    transaction.rollback().await?;
    Ok(())
}

/// How many rows come before the error.
async fn until_an_error<C: StreamTrait>(db: &C, sql: &str) -> Result<usize, DbErr> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let mut rows = Box::pin(db.stream_raw(statement).await?);
    let mut count = 0;
    while let Some(row) = rows.next().await {
        if row.is_err() {
            return Ok(count);
        }
        count += 1;
    }
    Err(DbErr::Custom("no row was an error".to_owned()))
}
