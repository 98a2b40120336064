use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction};

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
    /// A type that does not tell: an application's own wrapper, or an executor, whose value does.
    Unknown,
}

impl ConnectionKind {
    /// Of a connection of SeaORM's own.
    ///
    /// Compares types whose lifetimes may differ, in safe code: `C` of a hook need not be `'static`.
    pub(crate) fn of_plain<C: ConnectionTrait>() -> Self {
        let is = |id| typeid::of::<C>() == id;
        if is(typeid::of::<DatabaseTransaction>()) {
            return Self::Transaction;
        }
        if is(typeid::of::<DatabaseConnection>()) {
            return Self::Pool;
        }
        #[cfg(feature = "rbac")]
        if is(typeid::of::<sea_orm::RestrictedTransaction>()) {
            return Self::RestrictedTransaction;
        }
        #[cfg(feature = "rbac")]
        if is(typeid::of::<sea_orm::RestrictedConnection>()) {
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
