//! Backups, made and restored by the commands that the page on backups has.

use std::{
    env,
    error::Error,
    fs,
    path::Path,
    process::{Output, Stdio},
};

use sea_orm::{ConnectionTrait, DatabaseConnection};
use tokio::process::Command;
use url::Url;

use crate::{Backend, backend::Isolated};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const PAGE: &str = include_str!("../../audit-sea-orm/src/docs/backups.md");

/// What a shell answers where there is no such program.
const NO_SUCH_PROGRAM: i32 = 127;

/// Restores a backup of a database into another, which is empty; false where the programs for that are not installed.
///
/// # Errors
/// What the programs report, and where `CI` is set and they are not installed.
pub async fn restore(backend: Backend, from: &Isolated, to: &Isolated) -> Result<bool> {
    match backend {
        Backend::Sqlite => {
            let db = from.connect(1).await?;
            execute(&db, &block("SQLite, whole"), from, to).await?;
            db.close().await?;
            Ok(true)
        }
        Backend::Postgres => run("PostgreSQL, whole", from, to).await,
        Backend::MySql => run("MariaDB and MySQL, whole", from, to).await,
    }
}

/// Restores the data of a database into another, which has its tables and no capture triggers; false as of [`restore`].
///
/// # Errors
/// As [`restore`].
pub async fn restore_data(
    backend: Backend,
    from: &Isolated,
    to: &Isolated,
    tables: &[&str],
) -> Result<bool> {
    match backend {
        Backend::Sqlite => {
            let db = to.connect(1).await?;
            let block = block("SQLite, the data, after capture is removed");
            execute(&db, &of_tables(&block, tables), from, to).await?;
            db.close().await?;
            Ok(true)
        }
        Backend::Postgres => run("PostgreSQL, the data, after capture is removed", from, to).await,
        Backend::MySql => {
            let heading = "MariaDB and MySQL, the data, after capture is removed";
            run(heading, from, to).await
        }
    }
}

/// Restores the data of a database of PostgreSQL into another, whose triggers are disabled meanwhile; false as of [`restore`].
///
/// # Errors
/// As [`restore`].
pub async fn restore_data_past_triggers(from: &Isolated, to: &Isolated) -> Result<bool> {
    run("PostgreSQL, the data, with triggers disabled", from, to).await
}

/// The block below a heading of the page.
fn block(heading: &str) -> String {
    let section = PAGE.split_once(&format!("## {heading}\n"));
    let block = section.and_then(|(_, section)| section.split("```").nth(1));
    let block = block.and_then(|block| block.split_once('\n'));
    let (_, block) = block.unwrap_or_else(|| panic!("the page has no block below {heading:?}"));
    block.to_owned()
}

/// The block with a line for each table, where the page has one for `cake`.
fn of_tables(block: &str, tables: &[&str]) -> String {
    let lines = block.lines().flat_map(|line| {
        let tables = if line.contains("cake") {
            tables
        } else {
            &["cake"]
        };
        tables.iter().map(move |table| line.replace("cake", table))
    });
    lines.collect::<Vec<_>>().join("\n")
}

async fn execute(
    db: &DatabaseConnection,
    block: &str,
    from: &Isolated,
    to: &Isolated,
) -> Result<()> {
    let path = |database: &Isolated| {
        let path = database.url.trim_start_matches("sqlite:");
        path.replace("?mode=rwc", "")
    };
    let sql = block
        .replace("$OLD", &path(from))
        .replace("$NEW", &path(to));
    db.execute_unprepared(&sql).await?;
    Ok(())
}

/// Runs the commands below a heading in a folder of their own.
async fn run(heading: &str, from: &Isolated, to: &Isolated) -> Result<bool> {
    let folder = tempfile::tempdir()?;
    account_of(from, folder.path())?;
    let mut shell = Command::new("sh");
    shell
        .args(["-e", "-c", &block(heading)])
        .current_dir(folder.path())
        .env("HOME", folder.path())
        .env("OLD", name(from)?)
        .env("NEW", name(to)?)
        .stdin(Stdio::null());
    let Output { status, stderr, .. } = shell.output().await?;
    if status.success() {
        return Ok(true);
    }
    if status.code() == Some(NO_SUCH_PROGRAM) && env::var_os("CI").is_none() {
        return Ok(false);
    }
    let printed = String::from_utf8_lossy(&stderr);
    Err(format!("{heading}: {printed}").into())
}

/// What the commands call a database.
fn name(database: &Isolated) -> Result<String> {
    let url = Url::parse(&database.url)?;
    Ok(if url.scheme() == "mysql" {
        url.path().trim_start_matches('/').to_owned()
    } else {
        database.url.clone()
    })
}

/// Where MariaDB's programs find the server and the account.
fn account_of(database: &Isolated, home: &Path) -> Result<()> {
    let url = Url::parse(&database.url)?;
    let account = format!(
        "[client]\nprotocol=TCP\nhost={}\nport={}\nuser={}\npassword={}\n",
        url.host_str().unwrap_or("127.0.0.1"),
        url.port().unwrap_or(3306),
        url.username(),
        url.password().unwrap_or_default()
    );
    Ok(fs::write(home.join(".my.cnf"), account)?)
}
