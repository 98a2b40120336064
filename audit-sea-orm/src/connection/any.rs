//! A connection whose type is forgotten.

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement,
    prelude::async_trait::async_trait,
    sea_query::{InsertStatement, SelectStatement},
};

use super::ConnectionKind;

/// A connection without its type, and what hooks and records ask of it.
///
/// What hooks do is generic over their entity. Were it generic over the connection too, an application would compile it once more
/// for each type of connection that it writes an entity through, which was half of what auditing added to its build.
#[derive(Clone, Copy)]
pub(crate) struct AnyConnection<'c> {
    connection: &'c (dyn Untyped + 'c),
    kind: ConnectionKind,
    address: usize,
}

impl<'c> AnyConnection<'c> {
    pub(crate) fn of<C: ConnectionTrait>(connection: &'c C) -> Self {
        Self {
            connection,
            kind: ConnectionKind::of_value(connection),
            address: std::ptr::from_ref(connection).addr(),
        }
    }

    pub(crate) fn kind(&self) -> ConnectionKind {
        self.kind
    }

    /// Tells one connection from another: compared, never followed.
    pub(crate) fn address(&self) -> usize {
        self.address
    }

    pub(crate) fn get_database_backend(&self) -> DbBackend {
        self.connection.backend()
    }

    pub(crate) fn is_mock_connection(&self) -> bool {
        self.connection.is_mock()
    }

    pub(crate) async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.connection.text(sql).await
    }

    pub(crate) async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.connection.statement(statement).await
    }

    pub(crate) async fn query_one_raw(
        &self,
        statement: Statement,
    ) -> Result<Option<QueryResult>, DbErr> {
        self.connection.row(statement).await
    }

    /// As built: a restricted connection looks at what the statement touches.
    pub(crate) async fn execute(&self, insert: &InsertStatement) -> Result<ExecResult, DbErr> {
        self.connection.insert(insert).await
    }

    /// As built: a restricted connection looks at what the statement touches.
    pub(crate) async fn query_one(
        &self,
        select: &SelectStatement,
    ) -> Result<Option<QueryResult>, DbErr> {
        self.connection.select(select).await
    }
}

/// The part of [`ConnectionTrait`] that can be called without its type.
#[async_trait]
trait Untyped: Sync {
    fn backend(&self) -> DbBackend;
    fn is_mock(&self) -> bool;
    async fn text(&self, sql: &str) -> Result<ExecResult, DbErr>;
    async fn statement(&self, statement: Statement) -> Result<ExecResult, DbErr>;
    async fn row(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr>;
    async fn insert(&self, insert: &InsertStatement) -> Result<ExecResult, DbErr>;
    async fn select(&self, select: &SelectStatement) -> Result<Option<QueryResult>, DbErr>;
}

#[async_trait]
impl<C: ConnectionTrait> Untyped for C {
    fn backend(&self) -> DbBackend {
        self.get_database_backend()
    }

    fn is_mock(&self) -> bool {
        self.is_mock_connection()
    }

    async fn text(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.execute_unprepared(sql).await
    }

    async fn statement(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.execute_raw(statement).await
    }

    async fn row(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.query_one_raw(statement).await
    }

    async fn insert(&self, insert: &InsertStatement) -> Result<ExecResult, DbErr> {
        self.execute(insert).await
    }

    async fn select(&self, select: &SelectStatement) -> Result<Option<QueryResult>, DbErr> {
        self.query_one(select).await
    }
}
