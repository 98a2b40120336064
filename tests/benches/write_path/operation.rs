//! The operations that are timed.

use std::{
    fmt,
    time::{Duration, Instant},
};

use audit_sea_orm::prelude::*;
use sea_orm::{
    DatabaseConnection, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

use crate::item::{Item, audited};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Create,
    /// Of two columns.
    Update,
    Delete,
}

impl Operation {
    pub(crate) const ALL: [Self; 3] = [Self::Create, Self::Update, Self::Delete];
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        })
    }
}

/// How the operations come in transactions. The plain side always has an explicit one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Each in a transaction of its own, explicit on both sides.
    One,
    /// A hundred to a transaction.
    Hundred,
    /// Each by `audited_insert`, `audited_update` or `audited_delete`: for information.
    Shortcut,
}

impl Shape {
    pub(crate) const ALL: [Self; 3] = [Self::One, Self::Hundred, Self::Shortcut];

    pub(crate) fn size(self) -> usize {
        match self {
            Self::One | Self::Shortcut => 1,
            Self::Hundred => 100,
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::One => "1",
            Self::Hundred => "100",
            Self::Shortcut => "audited_*",
        })
    }
}

/// Runs the operation on each item, all in one transaction, and tells how long that took.
pub(crate) async fn in_transaction<A: Item>(
    db: &DatabaseConnection,
    operation: Operation,
    items: Vec<A>,
) -> Result<Duration, DbErr> {
    // As `begin_write` begins, without the task that shields it, so that both sides differ in auditing alone.
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let start = Instant::now();
    let transaction = db.begin_with_options(options).await?;
    for item in items {
        match operation {
            Operation::Create => {
                item.insert(&transaction).await?;
            }
            Operation::Update => {
                item.update(&transaction).await?;
            }
            Operation::Delete => {
                item.delete(&transaction).await?;
            }
        }
    }
    transaction.commit().await?;
    Ok(start.elapsed())
}

/// Runs the operation on each item with the method that opens the transaction itself.
pub(crate) async fn by_shortcut(
    db: &DatabaseConnection,
    operation: Operation,
    items: Vec<audited::ActiveModel>,
) -> Result<Duration, DbErr> {
    let start = Instant::now();
    for item in items {
        match operation {
            Operation::Create => {
                item.audited_insert(db).await?;
            }
            Operation::Update => {
                item.audited_update(db).await?;
            }
            Operation::Delete => {
                item.audited_delete(db).await?;
            }
        }
    }
    Ok(start.elapsed())
}
