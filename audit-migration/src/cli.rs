//! The command line: the program `audit-migration`, and one that knows your entities.
//!
//! The program `audit-migration` knows no entity. So it makes and checks the tables, and lists the records of an object. What needs
//! the columns, types and rules of an entity needs a program that links the entities: `state`, `undo`, `baseline`, and the types in
//! `doctor`. Add one to the crate that has them, such as `src/bin/audit.rs`:
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! # mod shop {}
//! use shop as _; // the crate of your entities
//!
//! #[tokio::main]
//! async fn main() -> ExitCode {
//!     audit_migration::cli::run().await
//! }
//! ```
//!
//! Its commands are those of `audit-migration`. `--help` shows them, and each has examples:
//!
//! | command | what it does |
//! |---|---|
//! | `up`, `down`, `status` | runs the [migrations](crate) of the audit log, alone |
//! | `check` | says whether the audit log and every trigger are as they should be |
//! | `doctor` | lists the records that no longer [fit](audit_sea_orm::doctor) |
//! | `history` | lists the records of an object, or with those of its [parts](audit_sea_orm::timeline) |
//! | `state` | shows an object as it [was](audit_sea_orm::history) at a time |
//! | `undo` | shows the plan of an [undo](audit_sea_orm::undo), and runs it |
//! | `baseline` | records what rows hold that are older than the [audit log](audit_sea_orm::baseline) |
//!
//! # Output
//! Tables for people, and one JSON document with `--json`. Nothing that a record holds reaches a terminal as a control character.
//! Errors and the progress bar go to the standard error.

mod arguments;
mod baseline;
mod check;
mod doctor;
mod history;
mod migrate;
mod output;
mod state;
mod time;
mod undo;

use std::{ffi::OsString, process::ExitCode};

use clap::Parser;
use sea_orm_migration::{DbErr, sea_orm::Database};

use arguments::{Arguments, Command};

/// What was asked for is not as it should be, or is not there.
const NOT_CLEAN: u8 = 1;
/// What was asked could not be done; clap answers so to wrong arguments.
const FAILED: u8 = 2;

/// Does what the arguments of the process ask, and gives the code to exit with.
///
/// # Example
/// See the [module docs](self).
pub async fn run() -> ExitCode {
    run_from(std::env::args_os().collect::<Vec<_>>()).await
}

/// Does what these arguments ask, of which the first is the name of the program, and gives the code to exit with.
///
/// # Example
/// ```no_run
/// # #[tokio::main]
/// # async fn main() {
/// let url = "sqlite:shop.sqlite";
/// audit_migration::cli::run_from(["audit", "--database-url", url, "history", "cake", "7"]).await;
/// # }
/// ```
pub async fn run_from<I>(arguments: I) -> ExitCode
where
    I: IntoIterator<Item: Into<OsString> + Clone>,
{
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return output::say_usage(&error),
    };
    let url = arguments.database_url.clone();
    match answer(arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(NOT_CLEAN),
        Err(error) => {
            // SeaORM shows the URL that it cannot use as it is.
            output::say_error(&error.to_string().replace(&url, &without_password(&url)));
            ExitCode::from(FAILED)
        }
    }
}

/// Whether all is as it should be.
async fn answer(arguments: Arguments) -> Result<bool, DbErr> {
    let db = Database::connect(arguments.database_url).await?;
    match arguments.command {
        Command::Up => migrate::up(&db).await,
        Command::Down { delete_the_trail } => migrate::down(delete_the_trail, &db).await,
        Command::Status => migrate::status(&db).await,
        Command::Check {
            json,
            deny_warnings,
        } => check::check(json, deny_warnings, &db).await,
        Command::Doctor { after, json } => doctor::doctor(after, json, &db).await,
        Command::History(asked) => history::history(asked, &db).await,
        Command::State(asked) => state::state(asked, &db).await,
        Command::Undo(asked) => undo::undo(asked, &db).await,
        Command::Baseline(asked) => baseline::baseline(asked, &db).await,
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
