use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseExecutor, DatabaseTransaction};

use crate::{AuditedConnection, AuditedTransaction};

/// What a hook's generic connection really is; an audited one is what it wraps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConnectionKind {
    /// A bare pool: each statement may run on another connection and commits by itself.
    Pool,
    /// A transaction of SeaORM's.
    Transaction,
    /// A connection that refuses raw statements.
    #[cfg(feature = "rbac")]
    RestrictedPool,
    /// A transaction that refuses raw statements.
    #[cfg(feature = "rbac")]
    RestrictedTransaction,
    /// The connection of a migration.
    Migration,
    /// A type this library does not know: an application's own wrapper.
    Unknown,
}

impl ConnectionKind {
    /// Compares types whose lifetimes may differ, in safe code: `C` of a hook need not be `'static`.
    pub(crate) fn of<C: ConnectionTrait>() -> Self {
        let is = |id| typeid::of::<C>() == id;
        if is(typeid::of::<DatabaseTransaction>()) || is(typeid::of::<AuditedTransaction>()) {
            return Self::Transaction;
        }
        if is(typeid::of::<DatabaseConnection>()) || is(typeid::of::<AuditedConnection>()) {
            return Self::Pool;
        }
        if is(typeid::of::<DatabaseExecutor<'_>>()) {
            return Self::Migration;
        }
        #[cfg(feature = "rbac")]
        if is(typeid::of::<sea_orm::RestrictedTransaction>())
            || is(typeid::of::<
                AuditedTransaction<sea_orm::RestrictedTransaction>,
            >())
        {
            return Self::RestrictedTransaction;
        }
        #[cfg(feature = "rbac")]
        if is(typeid::of::<sea_orm::RestrictedConnection>())
            || is(typeid::of::<AuditedConnection<sea_orm::RestrictedConnection>>())
        {
            return Self::RestrictedPool;
        }
        Self::Unknown
    }

    /// Whether statements surely commit one by one.
    pub(crate) fn is_autocommit(self) -> bool {
        match self {
            Self::Pool => true,
            #[cfg(feature = "rbac")]
            Self::RestrictedPool => true,
            _ => false,
        }
    }

    /// Whether statements surely run one after another in one transaction.
    pub(crate) fn is_transaction(self) -> bool {
        match self {
            Self::Transaction => true,
            #[cfg(feature = "rbac")]
            Self::RestrictedTransaction => true,
            _ => false,
        }
    }

    /// Whether statements made by hand, beside SeaORM's builders, are allowed.
    pub(crate) fn allows_raw(self) -> bool {
        match self {
            #[cfg(feature = "rbac")]
            Self::RestrictedPool | Self::RestrictedTransaction => false,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AuditConnectionExt;

    #[test]
    fn a_connection_is_recognised_by_its_type_whatever_its_lifetime() {
        fn of<C: ConnectionTrait>(_: &C) -> ConnectionKind {
            ConnectionKind::of::<C>()
        }
        let pool = DatabaseConnection::default();
        assert_eq!(of(&pool), ConnectionKind::Pool);
        assert_eq!(of(&pool.audited()), ConnectionKind::Pool);
        assert_eq!(
            of(&DatabaseExecutor::from(&pool)),
            ConnectionKind::Migration
        );
    }
}
