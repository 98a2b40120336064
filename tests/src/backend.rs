//! The databases that the suite runs on.

use std::{env, fmt};

use audit_sea_orm::AuditConnectOptionsExt;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr};

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file of its own for each test, in WAL mode.
    Sqlite,
    /// A database of its own for each test.
    Postgres,
    /// A database of its own for each test, on MariaDB or MySQL.
    MySql,
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
            Self::MySql => "MariaDB/MySQL",
        })
    }
}

/// What a test program runs the suite on: a kind of database, and where its server is.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The kind of database.
    pub backend: Backend,
    /// The environment variable that holds the server's URL; `None` where there is no server.
    pub url_variable: Option<&'static str>,
    /// Whether the programs on this machine are of the server's version: those that start one, and that make a backup.
    pub has_programs: bool,
}

impl Target {
    /// A second server of PostgreSQL: the newest version, of which there is the server alone.
    pub const POSTGRES_18: Self = Self {
        backend: Backend::Postgres,
        url_variable: Some("AUDIT_TEST_POSTGRES_18_URL"),
        has_programs: false,
    };

    /// Whether it can be reached: it needs no server, or its URL is set.
    #[must_use]
    pub fn is_configured(self) -> bool {
        self.url_variable
            .is_none_or(|variable| env::var_os(variable).is_some())
    }

    fn server_url(self) -> String {
        let variable = self.url_variable.expect("only servers have a URL");
        env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set"))
    }
}

impl From<Backend> for Target {
    /// The server that the machine has of that kind.
    fn from(backend: Backend) -> Self {
        Self {
            backend,
            url_variable: match backend {
                Backend::Sqlite => None,
                Backend::Postgres => Some("AUDIT_TEST_POSTGRES_URL"),
                Backend::MySql => Some("AUDIT_TEST_MYSQL_URL"),
            },
            has_programs: true,
        }
    }
}

/// A database of one test's own.
#[derive(Debug)]
pub struct Isolated {
    target: Target,
    name: String,
    /// Where it is.
    pub url: String,
    folder: Option<tempfile::TempDir>,
}

impl Isolated {
    /// Makes the database, anew where a failed run left one of that name.
    ///
    /// # Errors
    /// What the server reports.
    pub async fn create(target: impl Into<Target>, name: &str) -> Result<Self, DbErr> {
        let target = target.into();
        let backend = target.backend;
        if backend == Backend::Sqlite {
            return Ok(Self::create_file(target, name));
        }
        let server = target.server_url();
        let admin = Database::connect(&server).await?;
        for statement in [drop_database(backend, name), create_database(backend, name)] {
            admin.execute_unprepared(&statement).await?;
        }
        admin.close().await?;
        Ok(Self {
            target,
            name: name.to_owned(),
            url: with_database(&server, name),
            folder: None,
        })
    }

    /// Makes another one, on the same server.
    ///
    /// # Errors
    /// What the server reports.
    pub async fn beside(&self, name: &str) -> Result<Self, DbErr> {
        Self::create(self.target, name).await
    }

    fn create_file(target: Target, name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(format!("{name}.sqlite"));
        Self {
            target,
            name: name.to_owned(),
            url: format!("sqlite:{}?mode=rwc", path.display()),
            folder: Some(folder),
        }
    }

    /// Connects to it, with a pool of up to that many connections.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn connect(&self, connections: u32) -> Result<DatabaseConnection, DbErr> {
        Database::connect(self.options(connections)).await
    }

    /// As [`connect`](Self::connect), and plain connections carry the context that is current when they are acquired.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn propagating(&self, connections: u32) -> Result<DatabaseConnection, DbErr> {
        let options = self.options(connections).propagate_audit_context()?;
        Database::connect(options).await
    }

    /// What it is connected to with.
    #[must_use]
    pub fn options(&self, connections: u32) -> ConnectOptions {
        let mut options = ConnectOptions::new(&self.url);
        options.max_connections(connections).sqlx_logging(false);
        if self.target.backend == Backend::Sqlite {
            options.map_sqlx_sqlite_opts(|options| {
                options
                    .journal_mode(sea_orm::sqlx::sqlite::SqliteJournalMode::Wal)
                    .synchronous(sea_orm::sqlx::sqlite::SqliteSynchronous::Normal)
                    .busy_timeout(std::time::Duration::from_secs(60))
            });
        }
        options
    }

    /// The folder of a SQLite database: the file and its write-ahead log.
    #[must_use]
    pub fn folder(&self) -> Option<&std::path::Path> {
        self.folder.as_ref().map(tempfile::TempDir::path)
    }

    /// Removes it.
    ///
    /// # Errors
    /// What the server reports.
    pub async fn remove(self) -> Result<(), DbErr> {
        if self.target.backend != Backend::Sqlite {
            let admin = Database::connect(self.target.server_url()).await?;
            admin
                .execute_unprepared(&drop_database(self.target.backend, &self.name))
                .await?;
            admin.close().await?;
        }
        Ok(())
    }
}

fn create_database(backend: Backend, name: &str) -> String {
    match backend {
        // A database is made by copying a template, which must not be in use: `template0` never is.
        Backend::Postgres => format!("CREATE DATABASE {name} TEMPLATE template0"),
        _ => format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"),
    }
}

fn drop_database(backend: Backend, name: &str) -> String {
    match backend {
        Backend::Postgres => format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        _ => format!("DROP DATABASE IF EXISTS {name}"),
    }
}

/// The URL of another database on the same server.
fn with_database(server: &str, name: &str) -> String {
    let (base, query) = server
        .split_once('?')
        .map_or((server, None), |(base, query)| (base, Some(query)));
    let authority = base.find("://").map_or(0, |at| at + 3);
    let end = base[authority..]
        .find('/')
        .map_or(base.len(), |at| authority + at);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/{name}{query}", &base[..end])
}
