use audit_sea_orm::{
    __private::{PresentTable, finished_in_a_task, install_capture_if_ready},
    AuditTransactionExt, Audited,
};
use sea_orm_migration::{
    prelude::DbErr,
    sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction},
};

use super::CaptureOptions;

/// A connection that may lock a table of MariaDB or MySQL and take its triggers away.
///
/// Where it is dropped before its end, a task puts the triggers back for the table as it then is, and unlocks it: the pool's next
/// user would have a connection that may use nothing else.
pub(super) struct Lock<E: Audited> {
    /// There until it ends.
    transaction: Option<DatabaseTransaction>,
    entity: E,
    /// What the triggers were installed with, where there are any.
    options: Option<CaptureOptions>,
}

impl<E: Audited> Lock<E> {
    pub(super) async fn new(
        pool: &DatabaseConnection,
        entity: E,
        table: &PresentTable,
    ) -> Result<Self, DbErr> {
        let options = table.installed_options(pool).await?;
        let transaction = Some(pool.begin_write().await?);
        Ok(Self {
            transaction,
            entity,
            options,
        })
    }

    pub(super) fn connection(&self) -> &DatabaseTransaction {
        let transaction = self.transaction.as_ref();
        transaction.expect("only `end` takes it, and it takes the whole")
    }

    /// Gives the connection back, which has unlocked the table.
    pub(super) async fn end(mut self) -> Result<(), DbErr> {
        match self.transaction.take() {
            Some(transaction) => transaction.commit().await,
            None => Ok(()),
        }
    }
}

impl<E: Audited> Drop for Lock<E> {
    fn drop(&mut self) {
        let Some(transaction) = self.transaction.take() else {
            return;
        };
        let (entity, options) = (self.entity, self.options);
        finished_in_a_task(async move {
            // OK to ignore, all of them: nobody is there to be told, and the next installation does it again.
            if options.is_some() {
                let _installed = install_capture_if_ready(&transaction, entity, options).await;
            }
            let _unlocked = transaction.execute_unprepared("UNLOCK TABLES").await;
            let _ended = transaction.rollback().await;
        });
    }
}
