//! How a side writes.

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, ExprTrait, QueryFilter,
    SqliteTransactionMode, TransactionOptions, TransactionSession, TransactionTrait, Value,
    prelude::async_trait::async_trait,
    sea_query::{Expr, Query, ValueTuple},
};

use crate::{item::Item, operation::Operation};

/// How the items of a side are written.
#[async_trait]
pub(crate) trait Write: Item {
    /// Makes the side's table ready to be recorded.
    async fn install(_db: &DatabaseConnection) -> Result<(), DbErr> {
        Ok(())
    }

    /// Runs the operation through a connection.
    async fn write<C: ConnectionTrait>(self, operation: Operation, db: &C) -> Result<(), DbErr> {
        match operation {
            Operation::Create => self.insert(db).await.map(drop),
            Operation::Update => self.update(db).await.map(drop),
            Operation::Delete => self.delete(db).await.map(drop),
        }
    }

    /// Runs the operation on all items in a transaction.
    async fn write_in_transaction(
        items: Vec<Self>,
        operation: Operation,
        db: &DatabaseConnection,
    ) -> Result<(), DbErr> {
        write_all(items, operation, db).await
    }

    /// Runs the operation by the method of the side's own that opens a transaction, where it has one.
    async fn write_alone(self, operation: Operation, db: &DatabaseConnection) -> Result<(), DbErr> {
        Self::write_in_transaction(vec![self], operation, db).await
    }

    /// Runs the operation so that it commits by itself.
    async fn write_bare(self, operation: Operation, db: &DatabaseConnection) -> Result<(), DbErr> {
        self.write(operation, db).await
    }

    /// Runs the operation on all items by one statement.
    async fn write_bulk(
        items: Vec<Self>,
        operation: Operation,
        db: &DatabaseConnection,
    ) -> Result<(), DbErr> {
        bulk(items, operation, db).await
    }
}

pub(crate) async fn write_all<A: Write, C: TransactionTrait>(
    items: Vec<A>,
    operation: Operation,
    db: &C,
) -> Result<(), DbErr> {
    let transaction = begin(db).await?;
    write_each(items, operation, &transaction).await?;
    transaction.commit().await
}

pub(crate) async fn write_each<A: Write, C: ConnectionTrait>(
    items: Vec<A>,
    operation: Operation,
    db: &C,
) -> Result<(), DbErr> {
    for item in items {
        item.write(operation, db).await?;
    }
    Ok(())
}

/// The items of a batch follow each other.
pub(crate) async fn bulk<A: Write, C: ConnectionTrait>(
    items: Vec<A>,
    operation: Operation,
    db: &C,
) -> Result<(), DbErr> {
    if operation == Operation::Create {
        let insert = A::Entity::insert_many(items);
        return insert.exec_without_returning(db).await.map(drop);
    }
    let ids: Vec<i64> = items.iter().filter_map(id).collect();
    let first = Expr::col("id").gte(ids.iter().min().copied());
    let of_batch = first.and(Expr::col("id").lte(ids.iter().max().copied()));
    if operation == Operation::Update {
        let mut update = Query::update();
        let price = Expr::col("price").add(1);
        update.table(A::Entity::default()).value("price", price);
        update.and_where(of_batch);
        db.execute(&update).await.map(drop)
    } else {
        let delete = A::Entity::delete_many().filter(of_batch);
        delete.exec(db).await.map(drop)
    }
}

fn id<A: Item>(item: &A) -> Option<i64> {
    match item.get_primary_key_value()? {
        ValueTuple::One(Value::BigInt(id)) => id,
        _ => None,
    }
}

/// As `begin_write` begins, without what shields it, so that the sides differ in auditing alone.
pub(crate) async fn begin<C: TransactionTrait>(db: &C) -> Result<C::Transaction, DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    db.begin_with_options(options).await
}
