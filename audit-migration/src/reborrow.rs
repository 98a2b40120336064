use sea_orm_migration::SchemaManagerConnection;

/// A connection to be used once more: a manager takes its own, and SeaORM's cannot be cloned.
pub(crate) fn reborrow<'a>(db: &'a SchemaManagerConnection<'_>) -> SchemaManagerConnection<'a> {
    match db {
        SchemaManagerConnection::Connection(pool) => SchemaManagerConnection::Connection(pool),
        SchemaManagerConnection::Transaction(transaction) => {
            SchemaManagerConnection::Transaction(transaction)
        }
        SchemaManagerConnection::OwnedTransaction(transaction) => {
            SchemaManagerConnection::Transaction(transaction)
        }
    }
}
