//! Writes a realistic trail of any size into a database, to see how an application does with it.
//!
//! ```sh
//! cargo run -p audit-tests --release --bin seed-trail -- --url 'sqlite:trail.sqlite?mode=rwc' --records 1000000
//! ```
//!
//! The tables of the trail are made where they are missing. See `audit_tests::seed` for what the trail is like.

use std::{process::ExitCode, time::SystemTime};

use audit_migration::Migrator;
use audit_sea_orm::prelude::*;
use audit_tests::seed::{Plan, Sizes};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DbErr, EntityTrait, QuerySelect,
    prelude::DateTimeUtc, sqlx::sqlite::SqliteSynchronous,
};
use sea_orm_migration::MigratorTrait;

/// Writes a realistic audit trail of any size: records, login attempts, exports and system events over two years.
#[derive(Parser)]
struct Arguments {
    /// The database: `postgres://user:password@host/name`, `mysql://…` or `sqlite:path?mode=rwc`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    url: String,
    /// How many records; a tenth as many login attempts, some exports and system events come with them.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    records: u64,
    /// What the random choices begin with: the same seed and end make the same trail.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// When the trail ends, such as 2026-11-24T12:00:00Z. Default: now.
    #[arg(long)]
    until: Option<DateTimeUtc>,
    /// Writes into a trail that holds records already, too.
    #[arg(long)]
    append: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_error(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), String> {
    let db = connect(&arguments.url)
        .await
        .map_err(|error| format!("cannot connect to the database: {error}"))?;
    Migrator::up(&db, None)
        .await
        .map_err(|error| format!("cannot make the tables of the trail: {error}"))?;
    let held = is_held(&db)
        .await
        .map_err(|error| format!("cannot read the trail: {error}"))?;
    if held && !arguments.append {
        return Err(
            "the trail holds records already: name another database, or add --append".to_owned(),
        );
    }
    let plan = Plan {
        sizes: Sizes::of(arguments.records),
        seed: arguments.seed,
        until: arguments.until.unwrap_or_else(now),
    };
    let bar = progress(plan.sizes.total());
    let written = plan.write(&db, |rows| bar.inc(rows)).await;
    bar.finish();
    written.map_err(|error| format!("stopped after {} rows: {error}", bar.position()))
}

/// One connection: on SQLite with a cache that holds the indexes, and without waiting for the disk.
async fn connect(url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(|options| {
        options
            .synchronous(SqliteSynchronous::Off)
            .pragma("cache_size", "-400000")
    });
    Database::connect(options).await
}

async fn is_held(db: &DatabaseConnection) -> Result<bool, DbErr> {
    let first = audit_log::Entity::find().limit(1).one(db).await?;
    Ok(first.is_some())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the end of a made-up trail; it stamps no record"
)]
fn now() -> DateTimeUtc {
    SystemTime::now().into()
}

fn progress(rows: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(
        "{bar:40} {human_pos} of {human_len} rows, {per_sec}, {eta} left, {elapsed} so far",
    );
    ProgressBar::new(rows).with_style(style.expect("the template is right"))
}

#[expect(clippy::print_stderr, reason = "a program's output")]
fn say_error(error: &str) {
    eprintln!("seed-trail: {error}");
}
