pub(crate) mod undo_conflict;

use std::{fmt, sync::Arc};

use audit_core::{ActionError, ConfigError};
use sea_orm::DbErr;
use thiserror::Error;

use crate::record::{encoding::EncodingError, unknown::UnknownColumns};
use undo_conflict::UndoConflicts;

/// What can go wrong in the trail.
///
/// What talks to a database returns [`DbErr`], as SeaORM does. This error travels in it, with the whole chain of causes in its
/// text, and [`audit_err`](AuditDbErrExt::audit_err) finds it there. A `DbErr` of the database itself stays as it is.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The database refused something that is not a record.
    #[error(transparent)]
    Db(DbErr),
    /// A record could not be written. Under [`OnFailure::Fail`](crate::OnFailure::Fail) the write it belongs
    /// to reports this; in a transaction, roll back.
    #[error("audit: the record of {event} could not be written")]
    Write {
        /// The event: an action and its object.
        event: String,
        /// What the database reported.
        source: DbErr,
    },
    /// The row's state before a change could not be read.
    #[error("audit: the values before {event} could not be read")]
    Read {
        /// The event: an action and its object.
        event: String,
        /// What the database reported.
        source: DbErr,
    },
    /// A value has no encoding.
    #[error("audit: a value of {event} cannot be recorded")]
    Encoding {
        /// The event: an action and its object.
        event: String,
        /// Which type it is, and what would give it an encoding.
        source: EncodingError,
    },
    /// A transaction is required, and the write was on a bare pool.
    #[error(
        "audit: {event} must be in a transaction: use `audited_insert`, `audited_update` or `audited_delete`, or begin one yourself"
    )]
    TransactionRequired {
        /// The event: an action and its object.
        event: String,
    },
    /// The context of a write could not be handed to the database for its triggers; nothing was written. On
    /// SQLite it needs the table `audit_context` of the migrations.
    #[error("audit: the context of a write could not be handed to the database")]
    Context {
        /// What the database reported.
        source: DbErr,
    },
    /// The plain connections of a pool cannot carry the context: see
    /// [`AuditConnectOptionsExt`](crate::AuditConnectOptionsExt).
    #[error("audit: the context cannot be propagated: {why}")]
    Propagation {
        /// What stands in the way, and what to do.
        why: &'static str,
    },
    /// A restricted connection (SeaORM's RBAC) refused what recording needs. Grant the permission to the user's role,
    /// and call `load_rbac`.
    #[error(
        "audit: {event} cannot be recorded: the user's role needs the permission `{permission}` on `{table}` (grant it, then call `load_rbac`)"
    )]
    Permission {
        /// The event: an action and its object.
        event: String,
        /// `select` or `insert`, mostly.
        permission: String,
        /// The table.
        table: String,
        /// What SeaORM reported.
        source: Box<DbErr>,
    },
    /// The configuration could not be read.
    #[error("audit: the configuration cannot be used")]
    Config(#[from] ConfigError),
    /// The name of an action does not fit.
    #[error(transparent)]
    Action(#[from] ActionError),
    /// A value could not be read back from a record.
    #[error(transparent)]
    Decoding(#[from] EncodingError),
    /// The past of an object is not known whole: see [`history::Snapshot`](crate::history::Snapshot).
    #[error("audit: the object as it was is not known whole: {0}")]
    Incomplete(UnknownColumns),
    /// An undo was refused, and nothing was written: see [`undo`](crate::undo).
    #[error("audit: the undo of {origin} is refused: {conflicts}")]
    Undo {
        /// What was to be undone.
        origin: String,
        /// All that stands in the way.
        conflicts: UndoConflicts,
    },
    /// A table of the audit log cannot be followed: see [`tail`](crate::tail).
    #[error("audit: the tail of `{table}` stops: {why}")]
    Tail {
        /// The table.
        table: String,
        /// What stands in the way, and what to do.
        why: String,
    },
    /// The task that opens a transaction was stopped with its runtime.
    #[error("audit: the runtime stopped while a transaction was being opened")]
    RuntimeStopped,
}

impl Error {
    /// A record could not be written.
    pub(crate) fn writing(event: String, source: DbErr) -> Self {
        let failed = |event, source| Self::Write { event, source };
        Self::permission(event, "insert", "audit_log", source, failed)
    }

    /// A row's state could not be read.
    pub(crate) fn reading(event: String, table: &str, source: DbErr) -> Self {
        let failed = |event, source| Self::Read { event, source };
        Self::permission(event, "select", table, source, failed)
    }

    /// The context could not be handed over.
    pub(crate) fn handing_over(source: DbErr) -> Self {
        let failed = |_, source| Self::Context { source };
        let event = "the context of a write".to_owned();
        Self::permission(event, "insert", "audit_context", source, failed)
    }

    /// Names the permission and the table, which SeaORM does not where it knows no such table.
    fn permission(
        event: String,
        permission: &str,
        table: &str,
        source: DbErr,
        otherwise: impl FnOnce(String, DbErr) -> Self,
    ) -> Self {
        let (permission, table) = match &source {
            DbErr::AccessDenied {
                permission,
                resource,
            } => (permission.clone(), resource.clone()),
            DbErr::RbacError(_) => (permission.to_owned(), table.to_owned()),
            _ => return otherwise(event, source),
        };
        Self::Permission {
            event,
            permission,
            table,
            source: Box::new(source),
        }
    }
}

/// The result of most functions of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        Self::Db(error)
    }
}

impl From<Error> for DbErr {
    fn from(error: Error) -> Self {
        match error {
            Error::Db(error) => error,
            // The one variant that holds an error of any type.
            other => Self::TryIntoErr {
                from: "a write",
                into: "an audit record",
                source: Arc::new(Inner(other)),
            },
        }
    }
}

/// An error inside a [`DbErr`], which shows its causes in its own text, as `DbErr` shows none; to `Debug` too, as that is what a
/// `main` that returns an error prints.
struct Inner(Error);

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&chain(&self.0), f)
    }
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&chain(&self.0))
    }
}

impl std::error::Error for Inner {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for sea_orm::DbErr {}
}

/// Tells an error of the audit log from those of the application's own writes.
///
/// Beside SeaORM's `sql_err`, which tells what a database reported.
///
/// # Example
/// ```
/// # mod cake {
/// #     use sea_orm::entity::prelude::*;
/// #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
/// #     #[sea_orm(table_name = "cake")]
/// #     pub struct Model { #[sea_orm(primary_key)] pub id: i32, pub name: String }
/// #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
/// #     pub enum Relation {}
/// # }
/// # use sea_orm::{ActiveModelTrait, ConnectionTrait, Database, DbBackend, DbErr, EntityTrait, Schema, Set};
/// use audit_sea_orm::{AuditDbErrExt, Error};
/// # #[tokio::main]
/// # async fn main() -> Result<(), DbErr> {
/// # let db = Database::connect("sqlite::memory:").await?;
/// # let schema = Schema::new(DbBackend::Sqlite);
/// # db.execute(&schema.create_table_from_entity(cake::Entity)).await?;
///
/// // There is a table `cake` here, and no table `audit_log`.
/// let cake = cake::ActiveModel { name: Set("Sachertorte".to_owned()), ..Default::default() };
/// let error = cake.insert(&db).await.expect_err("the record cannot be written");
/// assert!(matches!(error.audit_err(), Some(Error::Write { event, .. }) if event == "CREATE of cake 1"));
///
/// let error = cake::Entity::find_by_id(2).one(&db.audited()).await?.ok_or(DbErr::RecordNotUpdated);
/// assert!(error.expect_err("there is no such cake").audit_err().is_none());
/// # Ok(())
/// # }
/// # use audit_sea_orm::AuditConnectionExt;
/// ```
pub trait AuditDbErrExt: sealed::Sealed {
    /// The error of the audit log that this one is; `None` where it is SeaORM's or the database's.
    fn audit_err(&self) -> Option<&Error>;
}

impl AuditDbErrExt for DbErr {
    fn audit_err(&self) -> Option<&Error> {
        let Self::TryIntoErr { source, .. } = self else {
            return None;
        };
        source.downcast_ref().map(|Inner(error)| error)
    }
}

/// An error with its causes, as `DbErr` shows none.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        let message = source.to_string();
        // SeaORM and sqlx repeat their source in their own message.
        if !text.ends_with(&message) {
            text = format!("{text}: {message}");
        }
        cause = source.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_error_comes_out_as_it_went_in() {
        let error = Error::from(DbErr::RecordNotUpdated);
        assert_eq!(DbErr::from(error), DbErr::RecordNotUpdated);
    }

    #[test]
    fn an_audit_error_is_found_in_what_carries_it() {
        let error = DbErr::from(Error::RuntimeStopped);
        assert!(matches!(error.audit_err(), Some(Error::RuntimeStopped)));
        let again = DbErr::from(Error::from(error));
        assert!(matches!(again.audit_err(), Some(Error::RuntimeStopped)));
        assert!(DbErr::RecordNotUpdated.audit_err().is_none());
        let theirs = DbErr::TryIntoErr {
            from: "u64",
            into: "u8",
            source: Arc::new(std::fmt::Error),
        };
        assert!(theirs.audit_err().is_none());
    }

    #[test]
    fn an_audit_error_names_the_write_and_its_cause_once() {
        let error = Error::Write {
            event: "UPDATE of cake 42".to_owned(),
            source: DbErr::Custom("disk full".to_owned()),
        };
        assert_eq!(
            DbErr::from(error).to_string(),
            "Error converting `a write` into `an audit record`: audit: the record of UPDATE of cake 42 could not be written: Custom Error: disk full"
        );
    }
}
