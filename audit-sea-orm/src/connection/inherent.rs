//! What SeaORM's connections have as methods of their own, beside those of its traits.

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, TransactionSession,
    schema::SchemaBuilder,
};

use super::{AuditedConnection, AuditedTransaction};

impl<C> AuditedConnection<C> {
    /// The connection that this one wraps.
    #[must_use]
    pub fn into_inner(self) -> C {
        self.connection
    }
}

impl<C: ConnectionTrait> AuditedConnection<C> {
    /// Which database it is. As the trait has it, for code that imports all traits of SeaORM.
    ///
    /// # Panics
    /// Where the connection is [`DatabaseConnection::default`], which is none.
    #[must_use]
    pub fn get_database_backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }
}

/// As on the [`DatabaseConnection`] that it wraps.
///
/// [`SchemaBuilder::sync`](https://docs.rs/sea-orm/2.0.4/sea_orm/schema/struct.SchemaBuilder.html) takes SeaORM's own
/// connections alone, so pass it [`unaudited`](AuditedConnection::unaudited): what defines tables has no context.
/// A [`DatabaseExecutor`](sea_orm::DatabaseExecutor) cannot hold an audited connection: let a function that takes one take a
/// `&impl ConnectionTrait` instead, or have the pool [propagate](crate::AuditConnectOptionsExt) the context.
impl AuditedConnection<DatabaseConnection> {
    /// A builder of tables for this database.
    ///
    /// # Example
    /// ```
    /// # use sea_orm::Database;
    /// use audit_sea_orm::{AuditConnectionExt, entity::audit_log};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), sea_orm::DbErr> {
    /// # let db = Database::connect("sqlite::memory:").await?;
    /// let audited = db.audited();
    /// let schema = audited.get_schema_builder().register(audit_log::Entity);
    /// schema.apply(&audited).await?;
    /// audited.ping().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn get_schema_builder(&self) -> SchemaBuilder {
        self.connection.get_schema_builder()
    }

    /// Has a function called with each statement, for this connection and the clones that are made of it from now on.
    pub fn set_metric_callback<F>(&mut self, callback: F)
    where
        F: Fn(&sea_orm::metric::Info<'_>) + Send + Sync + 'static,
    {
        self.connection.set_metric_callback(callback);
    }

    /// Asks whether the database answers.
    ///
    /// # Errors
    /// What the database reports, or the pool where it has no connection in time.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.connection.ping().await
    }

    /// Closes the pool, of which there may be clones, once what is under way has ended.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn close(self) -> Result<(), DbErr> {
        self.connection.close().await
    }

    /// As [`close`](Self::close), by reference.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn close_by_ref(&self) -> Result<(), DbErr> {
        self.connection.close_by_ref().await
    }

    /// The pool of sqlx. What is written through it has no context, unless the pool
    /// [propagates](crate::AuditConnectOptionsExt) it.
    ///
    /// # Panics
    /// Where the database is another.
    #[cfg(feature = "sqlx-mysql")]
    #[must_use]
    pub fn get_mysql_connection_pool(&self) -> &sea_orm::sqlx::MySqlPool {
        self.connection.get_mysql_connection_pool()
    }

    /// The pool of sqlx. What is written through it has no context, unless the pool
    /// [propagates](crate::AuditConnectOptionsExt) it.
    ///
    /// # Panics
    /// Where the database is another.
    #[cfg(feature = "sqlx-postgres")]
    #[must_use]
    pub fn get_postgres_connection_pool(&self) -> &sea_orm::sqlx::PgPool {
        self.connection.get_postgres_connection_pool()
    }

    /// The pool of sqlx. What is written through it has no context, unless the pool
    /// [propagates](crate::AuditConnectOptionsExt) it.
    ///
    /// # Panics
    /// Where the database is another.
    #[cfg(feature = "sqlx-sqlite")]
    #[must_use]
    pub fn get_sqlite_connection_pool(&self) -> &sea_orm::sqlx::SqlitePool {
        self.connection.get_sqlite_connection_pool()
    }
}

/// Role-based access control, as on the [`DatabaseConnection`] that it wraps.
#[cfg(feature = "rbac")]
impl AuditedConnection<DatabaseConnection> {
    /// Loads roles and permissions from this database.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn load_rbac(&self) -> Result<(), DbErr> {
        self.connection.load_rbac().await
    }

    /// Loads roles and permissions from another database.
    ///
    /// # Errors
    /// What that database reports.
    pub async fn load_rbac_from(&self, db: &DatabaseConnection) -> Result<(), DbErr> {
        self.connection.load_rbac_from(db).await
    }

    /// Takes these roles and permissions instead.
    pub fn replace_rbac(&self, engine: sea_orm::rbac::RbacEngine) {
        self.connection.replace_rbac(engine);
    }

    /// A connection with the permissions of that user, audited with the same context.
    ///
    /// # Errors
    /// Where no roles are loaded.
    pub fn restricted_for(
        &self,
        user_id: sea_orm::rbac::RbacUserId,
    ) -> Result<AuditedConnection<sea_orm::RestrictedConnection>, DbErr> {
        let restricted = self.connection.restricted_for(user_id)?;
        Ok(AuditedConnection::new(restricted, self.context.clone()))
    }
}

impl<T> AuditedTransaction<T>
where
    T: ConnectionTrait + TransactionSession + Send + 'static,
{
    /// Which database it is. As the trait has it, for code that imports all traits of SeaORM.
    #[must_use]
    pub fn get_database_backend(&self) -> DbBackend {
        ConnectionTrait::get_database_backend(self)
    }

    /// Commits it. As [`TransactionSession`] has it, which need not be imported.
    ///
    /// # Errors
    /// What the database reports: nothing is committed then.
    pub async fn commit(self) -> Result<(), DbErr> {
        TransactionSession::commit(self).await
    }

    /// Rolls it back. As [`TransactionSession`] has it, which need not be imported.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn rollback(self) -> Result<(), DbErr> {
        TransactionSession::rollback(self).await
    }
}
