use std::sync::Arc;

use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr, TransactionOptions};

use crate::connection::own_transaction;

/// Reads in a transaction that begins now: on MariaDB and MySQL a connection of the pool may be in an old one, which sees the
/// rows of its beginning. It goes to its end, whoever waits for it.
pub(super) async fn in_fresh_transaction<T, F>(
    db: &DatabaseConnection,
    read: impl FnOnce(Arc<DatabaseTransaction>) -> F + Send + 'static,
) -> Result<T, DbErr>
where
    T: Send + 'static,
    F: Future<Output = Result<T, DbErr>> + Send,
{
    let db = db.clone();
    let work = async move {
        let begun = own_transaction::begin(&db, TransactionOptions::default()).await?;
        let transaction = Arc::new(begun);
        let done = read(Arc::clone(&transaction)).await;
        let ended = match Arc::into_inner(transaction) {
            Some(transaction) => transaction.rollback().await,
            None => Ok(()),
        };
        let done = done?;
        ended.map(|()| done)
    };
    own_transaction::shielded(work, |_| async {}).await
}
