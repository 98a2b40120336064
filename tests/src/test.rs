//! What a test has: a migrated database of its own.

use std::error::Error;

use audit_migration::Migrator;
use audit_sea_orm::prelude::*;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, QueryOrder, Schema, Statement,
    prelude::Json,
};
use sea_orm_migration::MigratorTrait;

use crate::{
    backend::{Backend, Isolated, Target},
    statements::Statements,
};

/// What a test returns.
pub type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// A test's database, with the tables of the trail.
#[derive(Debug)]
pub struct Test {
    /// The pool.
    pub db: DatabaseConnection,
    /// What the pool sent.
    pub statements: Statements,
    /// The kind of database.
    pub backend: Backend,
    /// Where the database is.
    pub isolated: Isolated,
}

impl Test {
    /// Makes the database of the test with that name.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn new(target: impl Into<Target>, name: &str) -> Result<Self, DbErr> {
        let target = target.into();
        let isolated = Isolated::create(target, name).await?;
        let mut db = isolated.connect(10).await?;
        Migrator::up(&db, None).await?;
        let statements = Statements::default();
        statements.note(&mut db);
        Ok(Self {
            db,
            statements,
            backend: target.backend,
            isolated,
        })
    }

    /// Makes an entity's table.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn create_table<E: EntityTrait>(&self, entity: E) -> Result<(), DbErr> {
        create_table(&self.db, entity).await
    }

    /// Every record, in the order they were written.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn records(&self) -> Result<Vec<audit_log::Model>, DbErr> {
        audit_log::Entity::find()
            .order_by_asc(audit_log::Column::Id)
            .all(&self.db)
            .await
    }

    /// The only record.
    ///
    /// # Errors
    /// Where there is none, or more than one.
    pub async fn only_record(&self) -> Result<audit_log::Model, DbErr> {
        let mut records = self.records().await?;
        match (records.pop(), records.len()) {
            (Some(record), 0) => Ok(record),
            (_, more) => Err(DbErr::Custom(format!(
                "{more} records before the last, instead of one in all"
            ))),
        }
    }

    /// Each record as `(action, old_values, new_values)`.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn story(&self) -> Result<Vec<(String, Option<Json>, Option<Json>)>, DbErr> {
        let records = self.records().await?.into_iter();
        Ok(records
            .map(|record| (record.action, record.old_values, record.new_values))
            .collect())
    }

    /// Whether the server is MariaDB, in what MySQL does otherwise.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn is_mariadb(&self) -> Result<bool, DbErr> {
        if self.backend != Backend::MySql {
            return Ok(false);
        }
        let version = Statement::from_string(
            self.db.get_database_backend(),
            "SELECT CONVERT(VERSION() USING utf8mb4)",
        );
        let version = self.db.query_one_raw(version).await?;
        let version = version.map(|row| row.try_get_by_index::<String>(0));
        Ok(version
            .transpose()?
            .is_some_and(|version| version.contains("MariaDB")))
    }

    /// Whether the server is MySQL itself.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn is_mysql(&self) -> Result<bool, DbErr> {
        Ok(self.backend == Backend::MySql && !self.is_mariadb().await?)
    }

    /// What was sent while a future ran.
    pub async fn sent<F: Future>(&self, future: F) -> (F::Output, Vec<String>) {
        let _before = self.statements.take();
        let output = future.await;
        (output, self.statements.take())
    }

    /// Closes the pool and removes the database.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn remove(self) -> Result<(), DbErr> {
        self.db.close().await?;
        self.isolated.remove().await
    }
}

/// Makes an entity's table, with its indexes.
///
/// # Errors
/// What the database reports.
pub async fn create_table<E: EntityTrait>(db: &DatabaseConnection, entity: E) -> Result<(), DbErr> {
    let schema = Schema::new(db.get_database_backend());
    db.execute(&schema.create_table_from_entity(entity)).await?;
    for index in schema.create_index_from_entity(entity) {
        db.execute(&index).await?;
    }
    Ok(())
}

/// Every record that a connection sees, in the order they were written.
///
/// # Errors
/// What the database reports.
pub async fn records<C: ConnectionTrait>(db: &C) -> Result<Vec<audit_log::Model>, DbErr> {
    audit_log::Entity::find()
        .order_by_asc(audit_log::Column::Id)
        .all(db)
        .await
}
