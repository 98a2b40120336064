//! A connection of an application's own.

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement, prelude::async_trait,
};

/// Forwards what SeaORM asks of a connection to another one.
#[derive(Clone, Copy, Debug)]
pub struct Wrapped<'c, C> {
    inner: &'c C,
    is_mock: bool,
}

impl<'c, C> Wrapped<'c, C> {
    /// Around that connection.
    pub fn new(inner: &'c C) -> Self {
        Self {
            inner,
            is_mock: false,
        }
    }

    /// One that says that it is a mock, as SeaORM's `MockDatabase` does.
    pub fn mock(inner: &'c C) -> Self {
        Self {
            inner,
            is_mock: true,
        }
    }
}

#[async_trait::async_trait]
impl<C: ConnectionTrait> ConnectionTrait for Wrapped<'_, C> {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.inner.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.inner.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.inner.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.inner.query_all_raw(statement).await
    }

    fn support_returning(&self) -> bool {
        self.inner.support_returning()
    }

    fn is_mock_connection(&self) -> bool {
        self.is_mock
    }
}
