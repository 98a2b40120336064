//! A database server of a test's own, to be killed and started again.

use std::{
    env,
    error::Error,
    fs::{self, File},
    net::TcpListener,
    os::unix::fs::{MetadataExt, chown},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::Backend;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// A server that nobody else uses, with a database `live`.
#[derive(Debug)]
pub struct Server {
    kind: Kind,
    folder: TempDir,
    port: u16,
    options: &'static [&'static str],
    process: Child,
}

/// Which server, and where its programs are.
#[derive(Clone, Debug)]
enum Kind {
    Postgres {
        programs: PathBuf,
        user: Option<User>,
    },
    MariaDb {
        server: PathBuf,
        install: PathBuf,
    },
}

/// A user of the machine, as whom a server runs that refuses to run as root.
#[derive(Clone, Copy, Debug)]
struct User {
    id: u32,
    group: u32,
}

impl Server {
    /// Makes a server and starts it; `None` where its programs are not installed, or the backend needs none.
    ///
    /// # Errors
    /// What its programs report, and where `CI` is set and they are not installed.
    pub async fn start(backend: Backend) -> Result<Option<Self>> {
        Self::start_with(backend, &[]).await
    }

    /// As [`start`](Self::start), with options of its command line.
    ///
    /// # Errors
    /// Those of [`start`](Self::start).
    pub async fn start_with(
        backend: Backend,
        options: &'static [&'static str],
    ) -> Result<Option<Self>> {
        let kind = match backend {
            Backend::Sqlite => return Ok(None),
            Backend::Postgres => postgres(),
            Backend::MySql => mariadb(),
        };
        let Some(kind) = kind else {
            return match env::var_os("CI") {
                Some(_) => Err(format!("the programs of {backend} are not installed").into()),
                None => Ok(None),
            };
        };
        let folder = tempfile::tempdir()?;
        kind.make(folder.path()).await?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let process = kind.launch(folder.path(), port, options)?;
        let mut server = Self {
            kind,
            folder,
            port,
            options,
            process,
        };
        let first = server.kind.url(port, server.kind.first_database());
        let admin = server.reached(&first).await?;
        admin.execute_unprepared("CREATE DATABASE live").await?;
        admin.close().await?;
        Ok(Some(server))
    }

    /// Where its database is.
    #[must_use]
    pub fn url(&self) -> String {
        self.kind.url(self.port, "live")
    }

    /// Kills every process of it at once, as `kill -9` does.
    ///
    /// # Errors
    /// Where they cannot be killed.
    pub async fn kill(&mut self) -> Result<()> {
        let Some(id) = self.process.id() else {
            return Ok(());
        };
        // Stopped, it starts no process that the list would lack: one of PostgreSQL can wait for ever for a lock that a killed one
        // held, and keeps the memory without which the server does not start again.
        signal("-STOP", &[id]).await?;
        let mut processes = vec![id];
        processes.extend(children(id));
        signal("-9", &processes).await?;
        self.process.wait().await?;
        while processes.iter().any(|id| is_running(*id)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Starts it again after it was killed, and waits until it has repaired itself.
    ///
    /// # Errors
    /// Where it does not come up.
    pub async fn restart(&mut self) -> Result<()> {
        self.process = self.launch()?;
        let url = self.url();
        self.reached(&url).await?.close().await?;
        Ok(())
    }

    fn launch(&self) -> Result<Child> {
        self.kind
            .launch(self.folder.path(), self.port, self.options)
    }

    /// A connection, once there is one. A server that ends is started again: one of PostgreSQL does where a process of the killed
    /// one still holds its memory.
    async fn reached(&mut self, url: &str) -> Result<DatabaseConnection> {
        let mut last = DbErr::Custom("it was never tried".to_owned());
        for _ in 0..600 {
            let mut options = ConnectOptions::new(url);
            options.max_connections(1).sqlx_logging(false);
            options.acquire_timeout(Duration::from_millis(500));
            match Database::connect(options).await {
                Ok(db) => return Ok(db),
                Err(error) => last = error,
            }
            if self.process.try_wait()?.is_some() {
                self.process = self.launch()?;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        Err(format!("it does not come up: {last}\n{log}").into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(id) = self.process.id() else { return };
        let mut kill = std::process::Command::new("kill");
        kill.args(["-9", &id.to_string()]);
        // OK to ignore: what cannot be killed is left to `kill_on_drop`.
        let _killed = kill.args(children(id).map(|id| id.to_string())).status();
    }
}

impl Kind {
    fn first_database(&self) -> &'static str {
        match self {
            Self::Postgres { .. } => "postgres",
            Self::MariaDb { .. } => "mysql",
        }
    }

    fn url(&self, port: u16, database: &str) -> String {
        match self {
            Self::Postgres { .. } => format!("postgres://postgres@127.0.0.1:{port}/{database}"),
            Self::MariaDb { .. } => format!("mysql://root@127.0.0.1:{port}/{database}"),
        }
    }

    /// Makes the files of a new server.
    async fn make(&self, folder: &Path) -> Result<()> {
        let data = folder.join("data");
        let mut make = match self {
            Self::Postgres { programs, user } => {
                if let Some(user) = user {
                    chown(folder, Some(user.id), Some(user.group))?;
                }
                let mut make = self.command(&programs.join("initdb"));
                make.args(["--auth=trust", "--username=postgres", "--encoding=UTF8"]);
                make.args(["--locale=C", "--no-sync", "--pgdata"])
                    .arg(&data);
                make
            }
            Self::MariaDb { install, .. } => {
                let user = User::of("mysql").filter(|_| is_root(folder));
                if let Some(user) = user {
                    chown(folder, Some(user.id), Some(user.group))?;
                }
                let mut make = self.command(install);
                make.args(["--no-defaults", "--auth-root-authentication-method=normal"]);
                make.arg("--skip-test-db").arg(option("--datadir", &data));
                make.arg(option("--tmpdir", folder));
                make.args(user.map(|_| "--user=mysql"));
                make
            }
        };
        let made = make.current_dir(folder).output().await?;
        if made.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&made.stderr);
        Err(format!("it cannot be made: {said}").into())
    }

    fn launch(&self, folder: &Path, port: u16, options: &[&str]) -> Result<Child> {
        let data = folder.join("data");
        let port = port.to_string();
        let mut server = match self {
            Self::Postgres { programs, .. } => {
                let mut server = self.command(&programs.join("postgres"));
                server.args(["-p", &port, "-c", "listen_addresses=127.0.0.1"]);
                server.args(["-c", "unix_socket_directories=", "-c", "fsync=on", "-D"]);
                server.arg(&data);
                server
            }
            Self::MariaDb { server, .. } => {
                let mut server = self.command(server);
                server.args(["--no-defaults", "--bind-address=127.0.0.1", "--port", &port]);
                server.arg(option("--datadir", &data));
                // It removes the temporary tables that it finds at its start: else those of the machine's server.
                server.arg(option("--tmpdir", folder));
                server.arg(option("--socket", &folder.join("socket")));
                server.arg(option("--pid-file", &folder.join("pid")));
                let runs_as = User::of("mysql").filter(|user| owner(folder) == Some(user.id));
                server.args(runs_as.map(|_| "--user=mysql"));
                server
            }
        };
        let log = File::options()
            .create(true)
            .append(true)
            .open(folder.join("log"))?;
        server.args(options);
        server.stdout(log.try_clone()?).stderr(log);
        Ok(server.current_dir(folder).kill_on_drop(true).spawn()?)
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.stdin(Stdio::null());
        if let Self::Postgres {
            user: Some(user), ..
        } = self
        {
            command.uid(user.id).gid(user.group);
        }
        command
    }
}

fn option(name: &str, path: &Path) -> String {
    format!("{name}={}", path.display())
}

fn postgres() -> Option<Kind> {
    let packaged = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let packaged = packaged.filter_map(|version| Some(version.ok()?.path().join("bin")));
    let programs = folders().chain(packaged);
    let programs = programs
        .filter(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
        .max()?;
    let is_root = tempfile::tempdir().is_ok_and(|folder| is_root(folder.path()));
    let user = if is_root {
        Some(User::of("postgres")?)
    } else {
        None
    };
    Some(Kind::Postgres { programs, user })
}

fn mariadb() -> Option<Kind> {
    let found = |name: &str| {
        let mut paths = folders().map(|folder| folder.join(name));
        paths.find(|path| path.exists())
    };
    Some(Kind::MariaDb {
        server: found("mariadbd")?,
        install: found("mariadb-install-db")?,
    })
}

/// Where programs are.
fn folders() -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let path: Vec<_> = env::split_paths(&path).collect();
    path.into_iter().chain([PathBuf::from("/usr/sbin")])
}

impl User {
    fn of(name: &str) -> Option<Self> {
        let users = fs::read_to_string("/etc/passwd").ok()?;
        let user = users
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>());
        let user = user.into_iter().find(|fields| fields[0] == name)?;
        Some(Self {
            id: user.get(2)?.parse().ok()?,
            group: user.get(3)?.parse().ok()?,
        })
    }
}

fn owner(path: &Path) -> Option<u32> {
    fs::metadata(path).ok().map(|metadata| metadata.uid())
}

/// Whether this process made a path as root.
fn is_root(path: &Path) -> bool {
    owner(path) == Some(0)
}

/// Signals processes; one that has ended by itself is none that is missing.
async fn signal(signal: &str, processes: &[u32]) -> Result<()> {
    let mut kill = Command::new("kill");
    kill.arg(signal).args(processes.iter().map(u32::to_string));
    kill.stderr(Stdio::null()).status().await?;
    Ok(())
}

/// The processes that a process started.
fn children(parent: u32) -> impl Iterator<Item = u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten();
    let ids = processes.filter_map(|entry| {
        let name = entry.ok()?.file_name();
        name.to_str()?.parse().ok()
    });
    ids.filter(move |id| status(*id).is_some_and(|(_, parent_id)| parent_id == parent))
}

fn is_running(id: u32) -> bool {
    status(id).is_some_and(|(state, _)| state != "Z")
}

/// The state of a process, and its parent.
fn status(id: u32) -> Option<(String, u32)> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // Behind the program's name, which is in brackets and may hold anything.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    let state = fields.next()?.to_owned();
    Some((state, fields.next()?.parse().ok()?))
}
