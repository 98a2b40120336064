//! A statement on its way to a database, and the three ways to be answered.

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement, StatementBuilder,
    prelude::async_trait::async_trait,
    sea_query::{DeleteStatement, InsertStatement, SelectStatement, UpdateStatement},
};

use super::{
    hits, own, rules,
    sql::{self, Kind},
};

/// What the protocol of PostgreSQL counts the parameters of a statement in is an unsigned number of 16 bits.
const MOST_PARAMETERS: usize = 65_535;

/// A statement as it came.
pub(super) enum Command<'s, S> {
    Typed(&'s S),
    Raw(Statement),
}

/// A raw one.
impl Command<'static, SelectStatement> {
    pub(super) fn raw(statement: Statement) -> Self {
        Self::Raw(statement)
    }
}

/// What is returned: of `execute`, `query_one` and `query_all`.
#[async_trait]
pub(super) trait Reply: Sized + Send {
    async fn of_typed<C: ConnectionTrait, S: StatementBuilder>(
        db: &C,
        statement: &S,
    ) -> Result<Self, DbErr>;

    async fn of_raw<C: ConnectionTrait>(db: &C, statement: Statement) -> Result<Self, DbErr>;

    /// Whether a row was written, as far as the answer tells.
    fn wrote(&self) -> bool;
}

#[async_trait]
impl Reply for ExecResult {
    async fn of_typed<C: ConnectionTrait, S: StatementBuilder>(
        db: &C,
        statement: &S,
    ) -> Result<Self, DbErr> {
        db.execute(statement).await
    }

    async fn of_raw<C: ConnectionTrait>(db: &C, statement: Statement) -> Result<Self, DbErr> {
        db.execute_raw(statement).await
    }

    fn wrote(&self) -> bool {
        self.rows_affected() > 0
    }
}

#[async_trait]
impl Reply for Option<QueryResult> {
    async fn of_typed<C: ConnectionTrait, S: StatementBuilder>(
        db: &C,
        statement: &S,
    ) -> Result<Self, DbErr> {
        db.query_one(statement).await
    }

    async fn of_raw<C: ConnectionTrait>(db: &C, statement: Statement) -> Result<Self, DbErr> {
        db.query_one_raw(statement).await
    }

    fn wrote(&self) -> bool {
        self.is_some()
    }
}

#[async_trait]
impl Reply for Vec<QueryResult> {
    async fn of_typed<C: ConnectionTrait, S: StatementBuilder>(
        db: &C,
        statement: &S,
    ) -> Result<Self, DbErr> {
        db.query_all(statement).await
    }

    async fn of_raw<C: ConnectionTrait>(db: &C, statement: Statement) -> Result<Self, DbErr> {
        db.query_all_raw(statement).await
    }

    fn wrote(&self) -> bool {
        !self.is_empty()
    }
}

impl<S: StatementBuilder> Command<'_, S> {
    pub(super) async fn send<A: Reply, C: ConnectionTrait>(self, db: &C) -> Result<A, DbErr> {
        match self {
            Self::Typed(statement) => A::of_typed(db, statement).await,
            Self::Raw(statement) => A::of_raw(db, statement).await,
        }
    }

    /// What the statement does; a statement of the library's own counts as a read, as no trigger sees it.
    pub(super) fn kind(&self, backend: DbBackend) -> Kind {
        if own::is_own() {
            return Kind::Read;
        }
        match self {
            Self::Raw(statement) => sql::kind(&statement.sql, backend),
            Self::Typed(_) if is_type::<S, SelectStatement>() => Kind::Read,
            Self::Typed(_) if is_change::<S>() => Kind::Write,
            Self::Typed(statement) => sql::kind(&statement.build(&backend).sql, backend),
        }
    }

    /// Whether the statement may undo a part of the transaction it runs in.
    pub(super) fn rolls_back(&self, backend: DbBackend) -> bool {
        match self {
            Self::Typed(_) => false,
            Self::Raw(statement) => sql::rolls_back(&statement.sql, backend),
        }
    }

    /// Whether the statement may end the transaction it runs in, or refuse to run in one.
    pub(super) fn may_end_transactions(&self, backend: DbBackend) -> bool {
        match self {
            Self::Typed(_) => false,
            Self::Raw(statement) => sql::may_end_transactions(&statement.sql, backend),
        }
    }

    /// The statement with the context in it, where it can carry one: on PostgreSQL, where SeaORM built it.
    pub(super) fn carrying(&self, backend: DbBackend, payload: &str) -> Option<Statement> {
        let Self::Typed(statement) = self else {
            return None;
        };
        if backend != DbBackend::Postgres || !is_change::<S>() {
            return None;
        }
        let mut statement = statement.build(&backend);
        let values = &mut statement
            .values
            .get_or_insert_with(|| sea_orm::Values(Vec::new()))
            .0;
        if values.len() >= MOST_PARAMETERS {
            return None;
        }
        values.push(payload.into());
        statement.sql = sql::with_context(&statement.sql, values.len())?;
        Some(statement)
    }
}

/// Why a statement that carries the context was not carried out.
pub(super) enum Refused {
    /// A rule may have refused its `RETURNING`: then a transaction is over, and without one nothing was done.
    ByRule(DbErr),
    Otherwise(DbErr),
}

impl From<Refused> for DbErr {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::ByRule(error) | Refused::Otherwise(error) => error,
        }
    }
}

/// Sends a statement that carries the context.
pub(super) async fn carried<A: Reply, C: ConnectionTrait>(
    db: &C,
    statement: Statement,
) -> Result<A, Refused> {
    let sql = statement.sql.clone();
    let answer = A::of_raw(db, statement).await;
    answer.map_err(|error| match rules::doubts(&sql, &error) {
        true => Refused::ByRule(error),
        false => Refused::Otherwise(error),
    })
}

/// Tells the hooks how many rows a delete hit, which SeaORM does not.
pub(super) fn note_delete<C: ConnectionTrait, S: StatementBuilder>(
    db: &C,
    statement: &S,
    done: &ExecResult,
) {
    if !is_type::<S, DeleteStatement>() || own::is_own() || !hits::is_awaited(db) {
        return;
    }
    let Statement { sql, values, .. } = statement.build(&db.get_database_backend());
    let key = values.map(|values| values.0).unwrap_or_default();
    hits::note(db, &sql, &key, done.rows_affected());
}

/// Compares types whose lifetimes may differ, in safe code: `S` need not be `'static`.
fn is_type<S, T>() -> bool {
    typeid::of::<S>() == typeid::of::<T>()
}

fn is_change<S>() -> bool {
    is_type::<S, InsertStatement>()
        || is_type::<S, UpdateStatement>()
        || is_type::<S, DeleteStatement>()
}
