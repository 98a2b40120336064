//! Backups, as the databases' own programs make and restore them.

use std::{env, error::Error, fs::File, io, process::Stdio};

use sea_orm::ConnectionTrait;
use tokio::process::Command;
use url::Url;

use crate::{Backend, backend::Isolated};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Restores a backup of a database into another, which is empty; false where the programs for that are not installed.
///
/// # Errors
/// What the programs report, and where `CI` is set and they are not installed.
pub async fn restore(backend: Backend, from: &Isolated, to: &Isolated) -> Result<bool> {
    let (dump, load) = match backend {
        Backend::Sqlite => return copy(from, to).await.map(|()| true),
        Backend::Postgres => (
            postgres("pg_dump", from, &[]),
            postgres("psql", to, &["--set=ON_ERROR_STOP=1", "--quiet"]),
        ),
        Backend::MySql => (
            mariadb("mariadb-dump", from, &["--single-transaction"])?,
            mariadb("mariadb", to, &[])?,
        ),
    };
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("backup.sql");
    let written = run(dump, Stdio::null(), File::create(&file)?.into()).await;
    let restored = match written {
        Ok(()) => run(load, File::open(&file)?.into(), Stdio::null()).await,
        failed => failed,
    };
    match restored {
        Ok(()) => Ok(true),
        Err(error) if is_missing(&*error) && env::var_os("CI").is_none() => Ok(false),
        Err(error) => Err(error),
    }
}

async fn copy(from: &Isolated, to: &Isolated) -> Result<()> {
    let path = to
        .url
        .trim_start_matches("sqlite:")
        .replace("?mode=rwc", "");
    let db = from.connect(1).await?;
    db.execute_unprepared(&format!("VACUUM INTO '{path}'"))
        .await?;
    Ok(db.close().await?)
}

fn postgres(program: &str, database: &Isolated, options: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(options).arg(&database.url);
    command
}

fn mariadb(program: &str, database: &Isolated, options: &[&str]) -> Result<Command> {
    let url = Url::parse(&database.url)?;
    let mut command = Command::new(program);
    command
        .arg("--no-defaults")
        .args(options)
        .arg(format!("--host={}", url.host_str().unwrap_or("127.0.0.1")))
        .arg(format!("--port={}", url.port().unwrap_or(3306)))
        .arg(format!("--user={}", url.username()))
        .env("MYSQL_PWD", url.password().unwrap_or_default())
        .arg(url.path().trim_start_matches('/'));
    Ok(command)
}

async fn run(mut command: Command, input: Stdio, output: Stdio) -> Result<()> {
    command.stdin(input).stdout(output).stderr(Stdio::piped());
    let run = command.spawn()?.wait_with_output().await?;
    if run.status.success() {
        return Ok(());
    }
    let printed = String::from_utf8_lossy(&run.stderr);
    let program = command.as_std().get_program().display();
    Err(format!("{program} failed: {printed}").into())
}

fn is_missing(error: &(dyn Error + 'static)) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::NotFound)
}
