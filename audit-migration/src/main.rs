//! Runs the migrations of the audit trail alone: `audit-migration up`; checks a database: `audit-migration check`; and finds
//! records that no longer fit: `audit-migration doctor`.

use std::process::ExitCode;

use audit_migration::{MigrationOptions, MigratorWith};
use audit_sea_orm::{
    capture::{CheckReport, Drift},
    serde_json,
};
use clap::{Parser, Subcommand};
use sea_orm_migration::{
    DbErr, MigrationStatus, MigratorTraitSelf,
    sea_orm::{Database, DatabaseConnection},
};

/// What `check` answers where the database is not as it should be. clap answers wrong arguments with the next.
const NOT_CLEAN: u8 = 1;
/// What was asked could not be done.
const FAILED: u8 = 2;

const EXIT_CODES: &str = "Exit codes:
  0  done; of `check` and `doctor`: all is as it should be
  1  of `check` and `doctor` alone: something is not as it should be
  2  it could not be done: no connection, wrong arguments, or refused";

/// Creates, shows, checks and removes the tables of the audit trail.
#[derive(Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Arguments {
    /// The database, such as `postgres://user:password@host/name`, `mysql://…` or `sqlite:path?mode=rwc`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Applies the migrations that are pending.
    Up,
    /// Rolls every migration back: deletes the whole trail.
    Down {
        /// Says that this is meant: without it nothing is deleted.
        #[arg(long)]
        delete_the_trail: bool,
    },
    /// Lists the migrations, applied and pending. Changes nothing.
    Status,
    /// Says whether the trail is up to date and every capture trigger whole, and fails where not. Changes nothing.
    ///
    /// It does not know the application's entities: `audit_sea_orm::capture::check`, in the application, does.
    #[command(after_help = EXIT_CODES)]
    Check {
        /// Prints the report as one JSON document.
        #[arg(long)]
        json: bool,
        /// Answers warnings with 1 too.
        #[arg(long)]
        deny_warnings: bool,
    },
    /// Lists the records that no longer fit: their table or column is gone, and why. Reads every record, changes nothing.
    ///
    /// It does not know the application's entities, so it finds names that are gone, and no types: `audit_sea_orm::doctor`, in
    /// the application, finds both. A table that its entity gives another name in records is unknown here.
    #[command(after_help = EXIT_CODES)]
    Doctor {
        /// Begins behind the record with that number.
        #[arg(long, default_value_t = 0)]
        after: i64,
        /// Prints the diagnosis as one JSON document.
        #[arg(long)]
        json: bool,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let url = arguments.database_url.clone();
    match run(arguments).await {
        Ok(code) => code,
        Err(error) => {
            // SeaORM shows the URL that it cannot use as it is.
            say_error(&error.to_string().replace(&url, &without_password(&url)));
            ExitCode::from(FAILED)
        }
    }
}

/// A URL that may be shown.
fn without_password(url: &str) -> String {
    let hidden = || {
        let (scheme, rest) = url.split_once("://")?;
        let (credentials, place) = rest.rsplit_once('@')?;
        let (user, _) = credentials.split_once(':')?;
        Some(format!("{scheme}://{user}:***@{place}"))
    };
    hidden().unwrap_or_else(|| url.to_owned())
}

async fn run(arguments: Arguments) -> Result<ExitCode, DbErr> {
    let db = Database::connect(arguments.database_url).await?;
    let mut migrator = MigratorWith(MigrationOptions::new());
    match arguments.command {
        Command::Up => migrator.up(&db, None).await?,
        Command::Down { delete_the_trail } => {
            migrator = MigratorWith(MigrationOptions::new().allow_rollback(delete_the_trail));
            migrator.down(&db, None).await?;
        }
        Command::Check {
            json,
            deny_warnings,
        } => return check(&migrator, &db, json, deny_warnings).await,
        Command::Doctor { after, json } => return doctor(&db, after, json).await,
        Command::Status => {}
    }
    say_status(&migrator, &db).await?;
    Ok(ExitCode::SUCCESS)
}

async fn check(
    migrator: &MigratorWith,
    db: &DatabaseConnection,
    json: bool,
    deny_warnings: bool,
) -> Result<ExitCode, DbErr> {
    let report = audit_sea_orm::capture::check(db).await?;
    let pending = pending(migrator, db).await?;
    let is_clean =
        report.is_clean() && pending.is_empty() && !(deny_warnings && has_warning(&report));
    if json {
        say(&as_json(&report, is_clean, &pending)?);
    } else {
        say(report.to_string().trim_end());
    }
    if is_clean {
        return Ok(ExitCode::SUCCESS);
    }
    say_error(&format!(
        "the database is not as it should be; migrations pending: {}",
        pending.len()
    ));
    Ok(ExitCode::from(NOT_CLEAN))
}

async fn doctor(db: &DatabaseConnection, after: i64, json: bool) -> Result<ExitCode, DbErr> {
    let diagnosis = audit_sea_orm::doctor::examine_after(after.into(), db).await?;
    if json {
        let text = serde_json::to_string_pretty(&diagnosis);
        say(&text.map_err(|error| DbErr::Json(error.to_string()))?);
    } else {
        say(diagnosis.to_string().trim_end());
    }
    Ok(if diagnosis.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(NOT_CLEAN)
    })
}

/// The names of the migrations that are not applied: none where an application merged them, as it notes them in a table of
/// its own.
async fn pending(migrator: &MigratorWith, db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let migrations = migrator.get_migration_with_status_read_only(db).await?;
    let pending: Vec<String> = migrations
        .iter()
        .filter(|migration| migration.status() == MigrationStatus::Pending)
        .map(|migration| migration.name().to_owned())
        .collect();
    let are_merged = pending.len() == migrations.len();
    Ok(if are_merged { Vec::new() } else { pending })
}

fn has_warning(report: &CheckReport) -> bool {
    let of_tables = report.tables.iter().flat_map(|table| &table.drifts);
    report.trail.iter().chain(of_tables).any(Drift::is_warning)
}

/// The report, with what this program knows beside it.
fn as_json(report: &CheckReport, is_clean: bool, pending: &[String]) -> Result<String, DbErr> {
    let refused = |error: serde_json::Error| DbErr::Json(error.to_string());
    let mut json = serde_json::to_value(report).map_err(refused)?;
    json["clean"] = is_clean.into();
    json["pending_migrations"] = pending.into();
    serde_json::to_string_pretty(&json).map_err(refused)
}

async fn say_status(migrator: &MigratorWith, db: &DatabaseConnection) -> Result<(), DbErr> {
    for migration in migrator.get_migration_with_status_read_only(db).await? {
        say(&format!("{}  {}", migration.status(), migration.name()));
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a program's output")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "a program's output")]
fn say_error(error: &str) {
    eprintln!("audit-migration: {error}");
}
