#!/usr/bin/env bash
# sqlx 0.9.0, SQLite: after one transaction that met a full database, later commits say `Ok` and are lost.
#
# SQLite ends a transaction by itself where a statement finds the disk (or the allowed number of pages) full. sqlx then
# sends ROLLBACK, which fails ("cannot rollback - no transaction is active"), and goes on to count one open transaction.
# So the next `begin` is a SAVEPOINT. Once one of those is rolled back (ROLLBACK TO, which leaves the savepoint's own
# transaction open), everything after stands in a transaction that nobody commits: `commit` says `Ok`, the connection
# itself sees the rows, and no other connection ever does.
#
# Seen with sqlx 0.9.0 (the file limited to few pages by `PRAGMA max_page_count` in place of a full disk):
#
#     insert into a full database: database or disk is full
#     rollback after it: cannot rollback - no transaction is active
#     commits that said Ok afterwards: 5 of 5
#     rows that the same connection sees: 5
#     rows in the file after it is closed: 0
#
# Packages (cargo): sqlx =0.9.0, tokio 1; Rust 1.94 or newer and a C compiler. Exits with 1 where the behaviour is another one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat >"$folder/Cargo.toml" <<'TOML'
[package]
name = "shown"
version = "0.0.0"
edition = "2024"
[dependencies]
sqlx = { version = "=0.9.0", default-features = false, features = ["runtime-tokio", "sqlite"] }
tokio = { version = "1", features = ["macros", "rt"] }
[workspace]
TOML
cat >"$folder/src/main.rs" <<'RUST'
use sqlx::{ConnectOptions, Connection, Executor, SqliteConnection, sqlite::SqliteConnectOptions};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn said<T>(outcome: std::result::Result<T, sqlx::Error>) -> String {
    match outcome {
        Ok(_) => "Ok".to_owned(),
        Err(sqlx::Error::Database(error)) => error.message().to_owned(),
        Err(error) => error.to_string(),
    }
}

async fn rows(db: &mut SqliteConnection) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT count(*) FROM cake").fetch_one(db).await?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = SqliteConnectOptions::new().filename("cake.sqlite").create_if_missing(true);
    let mut db = options.clone().connect().await?;
    db.execute("CREATE TABLE cake (name TEXT)").await?;

    db.execute("PRAGMA max_page_count = 4").await?;
    let mut transaction = db.begin().await?;
    let full = said(transaction.execute("INSERT INTO cake VALUES (hex(zeroblob(100000)))").await);
    let rollback = said(transaction.rollback().await);
    db.execute("PRAGMA max_page_count = 1000000").await?;

    let mut transaction = db.begin().await?;
    transaction.execute("INSERT INTO cake VALUES ('taken back')").await?;
    transaction.rollback().await?;

    let mut committed = 0;
    for _ in 0..5 {
        let mut transaction = db.begin().await?;
        transaction.execute("INSERT INTO cake VALUES ('kept?')").await?;
        transaction.commit().await?;
        committed += 1;
    }
    let own = rows(&mut db).await?;
    db.close().await?;
    let mut other = options.connect().await?;
    let stored = rows(&mut other).await?;

    println!("insert into a full database: {full}");
    println!("rollback after it: {rollback}");
    println!("commits that said Ok afterwards: {committed} of 5");
    println!("rows that the same connection sees: {own}");
    println!("rows in the file after it is closed: {stored}");
    if (committed, own, stored) != (5, 5, 0) {
        println!("this is another behaviour than the one described");
        std::process::exit(1);
    }
    Ok(())
}
RUST
cd "$folder"
CARGO_TARGET_DIR=$folder/target CARGO_PROFILE_DEV_DEBUG=0 cargo run --quiet
