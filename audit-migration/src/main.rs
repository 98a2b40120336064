//! Runs the migrations of the audit trail alone: `audit-migration up`.

use std::process::ExitCode;

use audit_migration::{MigrationOptions, MigratorWith};
use clap::{Parser, Subcommand};
use sea_orm_migration::{
    DbErr, MigrationStatus, MigratorTraitSelf,
    sea_orm::{Database, DatabaseConnection},
};

/// Creates, shows and removes the tables of the audit trail.
#[derive(Parser)]
#[command(version)]
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
    /// It does not know the application's entities: `audit_sea_orm::check`, in the application, does.
    Check,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let url = arguments.database_url.clone();
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // SeaORM shows the URL that it cannot use as it is.
            say_error(&error.to_string().replace(&url, &without_password(&url)));
            ExitCode::FAILURE
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

async fn run(arguments: Arguments) -> Result<(), DbErr> {
    let db = Database::connect(arguments.database_url).await?;
    let mut migrator = MigratorWith(MigrationOptions::new());
    match arguments.command {
        Command::Up => migrator.up(&db, None).await?,
        Command::Down { delete_the_trail } => {
            migrator = MigratorWith(MigrationOptions::new().allow_rollback(delete_the_trail));
            migrator.down(&db, None).await?;
        }
        Command::Check => return check(&migrator, &db).await,
        Command::Status => {}
    }
    say_status(&migrator, &db).await
}

async fn check(migrator: &MigratorWith, db: &DatabaseConnection) -> Result<(), DbErr> {
    let report = audit_sea_orm::check(db).await?;
    say(report.to_string().trim_end());
    let migrations = migrator.get_migration_with_status_read_only(db).await?;
    let pending = migrations
        .iter()
        .filter(|migration| migration.status() == MigrationStatus::Pending)
        .count();
    // An application that merged the migrations notes them in a table of its own: then none is applied here.
    if report.is_clean() && (pending == 0 || pending == migrations.len()) {
        return Ok(());
    }
    Err(DbErr::Custom(format!(
        "the database is not as it should be; migrations pending: {pending}"
    )))
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
