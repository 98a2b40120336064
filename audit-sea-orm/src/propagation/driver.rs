//! What the drivers have in common: when a connection learns the context, and what happens where it cannot.

use sea_orm::{
    DbBackend,
    sqlx::{self, Database, pool::PoolOptions},
};

use crate::{connection::payload, record::transaction_id::TransactionId};

pub(super) mod sealed {
    pub trait Sealed {}
}

/// Makes one connection of sqlx carry the context.
///
/// For applications with callbacks of their own, which
/// [`ConnectOptions::propagate_audit_context`](crate::AuditConnectOptionsExt::propagate_audit_context) would replace, and for
/// pools that are made by sqlx's `PoolOptions`. Call it in **both** callbacks of the pool: `after_connect` for new
/// connections, `before_acquire` for the others. Without the second, a connection keeps the context of its last user. Set both
/// by `map_sqlx_*_pool_opts`, which replaces `map_sqlx_*_before_acquire`.
///
/// # Example
/// ```
/// # #[cfg(feature = "sqlx-sqlite")]
/// # #[tokio::main]
/// # async fn main() -> Result<(), sea_orm::DbErr> {
/// use audit_sea_orm::AuditSqlxConnectionExt;
/// use sea_orm::{ConnectOptions, Database, sqlx::Executor};
///
/// let mut options = ConnectOptions::new("sqlite::memory:");
/// options.map_sqlx_sqlite_pool_opts(|pool| {
///     pool.after_connect(|connection, _| {
///         Box::pin(async move {
///             connection.execute("PRAGMA foreign_keys = ON").await?; // the application's own
///             connection.propagate_audit_context().await
///         })
///     })
///     .before_acquire(|connection, about| {
///         Box::pin(async move {
///             connection.propagate_audit_context().await?;
///             Ok(about.age.as_secs() < 3_600) // the application's own
///         })
///     })
/// });
/// let db = Database::connect(options).await?;
/// # db.ping().await
/// # }
/// # #[cfg(not(feature = "sqlx-sqlite"))]
/// # fn main() {}
/// ```
pub trait AuditSqlxConnectionExt: sealed::Sealed {
    /// Has the connection carry the context that is current now, or none where there is none, until this is called again.
    ///
    /// See [`AuditConnectOptionsExt`](crate::AuditConnectOptionsExt) for what that means, for what happens where the database
    /// refuses it, and for the statements that it costs.
    ///
    /// # Errors
    /// What sqlx reports where the connection does not answer, or cannot be freed from an earlier context: do not use it.
    /// [`sqlx::Error::Configuration`] where the [configuration](crate::AuditConfig) cannot be used: ask
    /// [`AuditConfig::current`](crate::AuditConfig::current) when the program starts, as sqlx tries again for as long as
    /// `acquire_timeout` says.
    fn propagate_audit_context(&mut self) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
}

/// What a connection carries until it goes back to its pool.
pub(super) struct Carried {
    pub(super) payload: String,
    /// The id of what is written on it until then.
    #[cfg_attr(
        not(feature = "sqlx-mysql"),
        allow(
            dead_code,
            reason = "only MariaDB and MySQL keep it apart from the payload"
        )
    )]
    pub(super) transaction: Option<TransactionId>,
}

impl Carried {
    /// The payload of this moment, with an id of its own; `None` where there is nothing to say.
    fn now(backend: DbBackend) -> crate::Result<Option<Self>> {
        let Some(payload) = payload::now(None, None)? else {
            return Ok(None);
        };
        let transaction = TransactionId::on(backend);
        let payload = match &transaction {
            Some(id) => payload.replacen('{', &format!("{{{},", payload::entry_of(id)), 1),
            None => payload,
        };
        Ok(Some(Self {
            payload,
            transaction,
        }))
    }
}

/// A connection that keeps what it carries where triggers and records find it.
pub(super) trait Session: Send {
    const BACKEND: DbBackend;

    /// Has it hold this, or nothing.
    fn hold(
        &mut self,
        carried: Option<&Carried>,
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
}

const NOT_CARRIED: &str =
    "audit: a connection does not carry the context, and what is written on it has no actor";

/// The most bytes of a payload. MariaDB closes a connection that sends more than its `max_allowed_packet`, by default 16 MB, of
/// which a payload takes two times its length; and so one connection after another.
const MOST: usize = 4 << 20;

/// Has a connection carry the context of this moment.
pub(super) async fn propagate<S: Session>(session: &mut S) -> Result<(), sqlx::Error> {
    let carried = Carried::now(S::BACKEND);
    let carried = carried.map_err(|error| sqlx::Error::Configuration(error.into()))?;
    let bytes = carried.as_ref().map_or(0, |carried| carried.payload.len());
    if bytes > MOST {
        tracing::error!(bytes, "{NOT_CARRIED}: it is too long");
        return session.hold(None).await;
    }
    let Err(error) = session.hold(carried.as_ref()).await else {
        return Ok(());
    };
    if error.as_database_error().is_none() || carried.is_none() {
        return Err(error);
    }
    // The database answers, so the connection is sound: to give it up would end in giving up each, for the same payload. But it
    // must not keep that of its last user.
    session.hold(None).await?;
    tracing::error!(%error, "{NOT_CARRIED}");
    Ok(())
}

/// The options of a pool whose connections hold the payload of the moment at which they are acquired.
pub(super) fn propagating<D>(pool: PoolOptions<D>) -> PoolOptions<D>
where
    D: Database<Connection: Session>,
{
    pool
        // The statement is a test.
        .test_before_acquire(false)
        .after_connect(|connection, _| Box::pin(propagate(connection)))
        .before_acquire(|connection, _| {
            Box::pin(async move { propagate(connection).await.map(|()| true) })
        })
}

#[cfg(test)]
mod tests {
    use audit_core::AuditContext;

    use super::*;

    #[tokio::test]
    async fn a_pool_gives_an_id_to_what_has_a_context() {
        let carried = |backend| Carried::now(backend).unwrap();
        let nothing = async { carried(DbBackend::Sqlite).is_none() };
        assert!(AuditContext::new().scope(nothing).await);
        let because = AuditContext::new().reason("{");
        because
            .scope(async {
                let here = carried(DbBackend::MySql).unwrap();
                let id = here.transaction.unwrap();
                let expected = format!(r#"{{"transaction_id":"{}","reason":"{{"}}"#, id.as_str());
                assert_eq!(here.payload, expected);
                let numbered = carried(DbBackend::Postgres).unwrap();
                assert!(numbered.transaction.is_none());
                assert_eq!(numbered.payload, r#"{"reason":"{"}"#);
            })
            .await;
    }
}
