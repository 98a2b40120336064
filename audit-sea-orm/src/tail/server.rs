use sea_orm::{DatabaseConnection, DbBackend, DbErr};

use super::{
    listing::{Listing, one},
    mariadb, mysql, postgres,
};
use crate::entity::TrailEntity;

/// A server, as it is asked for what writes to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Server {
    Postgres,
    MariaDb,
    MySql,
}

impl Server {
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

    /// Who writes to a table, or may; `None` where the server shows an old list.
    ///
    /// # Errors
    /// [`Error::Tail`](crate::Error::Tail) where the server cannot be followed, which is asked each time: behind one address there may be another.
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
