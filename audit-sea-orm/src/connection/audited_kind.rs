use std::{
    hash::{DefaultHasher, Hash, Hasher},
    mem,
    sync::LazyLock,
};

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseExecutor};

use super::{AuditedConnection, AuditedTransaction, ConnectionKind};

impl ConnectionKind {
    /// Of any connection.
    pub(crate) fn of<C: ConnectionTrait>() -> Self {
        let is = |id| typeid::of::<C>() == id;
        if is(typeid::of::<AuditedTransaction>()) {
            return Self::Transaction;
        }
        if is(typeid::of::<AuditedConnection>()) {
            return Self::Pool;
        }
        #[cfg(feature = "rbac")]
        if is(typeid::of::<
            AuditedTransaction<sea_orm::RestrictedTransaction>,
        >()) {
            return Self::RestrictedTransaction;
        }
        #[cfg(feature = "rbac")]
        if is(typeid::of::<AuditedConnection<sea_orm::RestrictedConnection>>()) {
            return Self::RestrictedPool;
        }
        Self::of_plain::<C>()
    }

    /// As [`of`](Self::of), and of an executor what stands in it: it may be either.
    ///
    /// Safe code cannot make a `DatabaseExecutor` of a `C` that is one, as its lifetime may be any. But their
    /// discriminants can be compared.
    pub(crate) fn of_value<C: ConnectionTrait>(db: &C) -> Self {
        if typeid::of::<C>() != typeid::of::<DatabaseExecutor<'_>>() {
            Self::of::<C>()
        } else if variant(db) == *EXECUTOR_OF_POOL {
            Self::Pool
        } else {
            Self::Transaction
        }
    }
}

static EXECUTOR_OF_POOL: LazyLock<u64> = LazyLock::new(|| {
    let pool = DatabaseConnection::default();
    variant(&DatabaseExecutor::Connection(&pool))
});

/// A number for the variant that the value of an enum is.
fn variant<T>(value: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    mem::discriminant(value).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AuditConnectionExt;
    use sea_orm::{Database, TransactionTrait};

    #[test]
    fn a_connection_is_recognised_by_its_type_whatever_its_lifetime() {
        fn of<C: ConnectionTrait>(_: &C) -> ConnectionKind {
            ConnectionKind::of::<C>()
        }
        let pool = DatabaseConnection::default();
        assert_eq!(of(&pool), ConnectionKind::Pool);
        assert_eq!(of(&pool.audited()), ConnectionKind::Pool);
        assert_eq!(of(&DatabaseExecutor::from(&pool)), ConnectionKind::Unknown);
    }

    #[tokio::test]
    async fn an_executor_is_what_stands_in_it() {
        let pool = Database::connect("sqlite::memory:").await.unwrap();
        let kind = |executor: &DatabaseExecutor<'_>| ConnectionKind::of_value(executor);
        assert_eq!(kind(&DatabaseExecutor::from(&pool)), ConnectionKind::Pool);
        let transaction = pool.begin().await.unwrap();
        let borrowed = DatabaseExecutor::from(&transaction);
        assert_eq!(kind(&borrowed), ConnectionKind::Transaction);
        let owned = DatabaseExecutor::OwnedTransaction(transaction);
        assert_eq!(kind(&owned), ConnectionKind::Transaction);
        assert_eq!(ConnectionKind::of_value(&pool), ConnectionKind::Pool);
    }
}
