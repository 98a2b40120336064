use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
    vec,
};

use futures_util::{FutureExt as _, Stream};
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, StatementBuilder, StreamTrait,
    TransactionSession,
};

use super::{
    AuditedConnection, AuditedTransaction, Pool, command::Command, own, payload, sql::Kind,
};

/// The stream of an audited connection.
///
/// What is read streams as it does on the connection that is wrapped. Where a statement writes and returns
/// rows, it is executed to its end, with the context, before the first of them comes.
pub struct AuditedStream<S>(Rows<S>);

enum Rows<S> {
    /// Boxed, as SeaORM's streams may refer to themselves.
    Streamed(Pin<Box<S>>),
    Written(vec::IntoIter<QueryResult>),
}

impl<S> AuditedStream<S> {
    fn streamed(stream: S) -> Self {
        Self(Rows::Streamed(Box::pin(stream)))
    }

    fn written(rows: Vec<QueryResult>) -> Self {
        Self(Rows::Written(rows.into_iter()))
    }
}

impl<S: Stream<Item = Result<QueryResult, DbErr>>> Stream for AuditedStream<S> {
    type Item = Result<QueryResult, DbErr>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match &mut self.0 {
            Rows::Streamed(stream) => stream.as_mut().poll_next(cx),
            Rows::Written(rows) => Poll::Ready(rows.next().map(Ok)),
        }
    }
}

impl<S> fmt::Debug for AuditedStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the rows: they are the application's data.
        f.debug_struct("AuditedStream").finish_non_exhaustive()
    }
}

type Streaming<'a, S> = Pin<Box<dyn Future<Output = Result<AuditedStream<S>, DbErr>> + 'a + Send>>;

impl<C: Pool + StreamTrait> StreamTrait for AuditedConnection<C> {
    type Stream<'a>
        = AuditedStream<C::Stream<'a>>
    where
        Self: 'a;

    fn get_database_backend(&self) -> DbBackend {
        own::answer(self.context.as_ref(), None);
        ConnectionTrait::get_database_backend(&self.connection)
    }

    fn stream_raw<'a>(&'a self, stmt: Statement) -> Streaming<'a, C::Stream<'a>> {
        async move {
            let backend = ConnectionTrait::get_database_backend(&self.connection);
            let command = Command::raw(stmt.clone());
            if command.kind(backend) == Kind::Write
                && payload::now(self.context.as_deref(), None)?.is_some()
            {
                return Ok(AuditedStream::written(self.send(command).await?));
            }
            let stream = self.connection.stream_raw(stmt).await?;
            Ok(AuditedStream::streamed(stream))
        }
        .boxed()
    }

    fn stream<'a, S: StatementBuilder + Sync>(&'a self, stmt: &S) -> Streaming<'a, C::Stream<'a>> {
        // The statement does not live as long as the future: it is built here.
        let backend = ConnectionTrait::get_database_backend(&self.connection);
        if Command::Typed(stmt).kind(backend) == Kind::Write {
            return self.stream_raw(backend.build(stmt));
        }
        let stream = self.connection.stream(stmt);
        async move { stream.await.map(AuditedStream::streamed) }.boxed()
    }
}

impl<T> StreamTrait for AuditedTransaction<T>
where
    T: ConnectionTrait + StreamTrait + TransactionSession + Send + 'static,
{
    type Stream<'a>
        = AuditedStream<T::Stream<'a>>
    where
        Self: 'a;

    fn get_database_backend(&self) -> DbBackend {
        ConnectionTrait::get_database_backend(self)
    }

    fn stream_raw<'a>(&'a self, stmt: Statement) -> Streaming<'a, T::Stream<'a>> {
        async move {
            let command = Command::raw(stmt.clone());
            if command.kind(stmt.db_backend) == Kind::Write {
                return Ok(AuditedStream::written(self.send(command).await?));
            }
            let stream = self.plain().stream_raw(stmt).await?;
            Ok(AuditedStream::streamed(stream))
        }
        .boxed()
    }

    fn stream<'a, S: StatementBuilder + Sync>(&'a self, stmt: &S) -> Streaming<'a, T::Stream<'a>> {
        let backend = ConnectionTrait::get_database_backend(self);
        if Command::Typed(stmt).kind(backend) == Kind::Write {
            return self.stream_raw(backend.build(stmt));
        }
        let stream = self.plain().stream(stmt);
        async move { stream.await.map(AuditedStream::streamed) }.boxed()
    }
}
