use sea_orm::{DatabaseConnection, DbBackend, DbErr};

use super::{
    listing::{Listing, one},
    mariadb, mysql, postgres,
};
use crate::entity::TrailEntity;

/// The kinds of servers that can list who writes to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Server {
    Postgres,
    MariaDb,
    MySql,
}

impl Server {
    /// Which kind it is.
    pub(super) async fn of(db: &DatabaseConnection) -> Result<Self, DbErr> {
        if db.get_database_backend() == DbBackend::Postgres {
            return Ok(Self::Postgres);
        }
        let version = one("SELECT CONVERT(VERSION() USING utf8mb4)", db).await?;
        let version: String = version.try_get_by_index(0)?;
        Ok(if version.contains("MariaDB") {
            Self::MariaDb
        } else {
            Self::MySql
        })
    }

    /// Who may be writing to a table; `None` if the server shows an old list.
    ///
    /// # Errors
    /// [`Error::Tail`](crate::Error::Tail) if the server cannot be followed. It is checked each time, as another server may stand behind
    /// the same address.
    pub(super) async fn writers_of<E: TrailEntity>(
        self,
        db: &DatabaseConnection,
    ) -> Result<Option<Listing>, DbErr> {
        match self {
            Self::MariaDb => mariadb::listing::<E>(db).await,
            Self::Postgres => postgres::listing::<E>(db).await.map(Some),
            Self::MySql => mysql::listing::<E>(db).await.map(Some),
        }
    }
}
