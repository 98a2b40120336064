use sea_orm::{
    ConnectOptions, DbBackend,
    sqlx::{self, MySql, MySqlConnection},
};

use super::driver::{
    AuditSqlxConnectionExt, Carried, Session, propagate, propagating, sealed::Sealed,
};
use crate::record::transaction_id::{self, TransactionId};

/// The second is what an audited transaction goes back to: see `connection::session`. The third is what the library's own
/// records ask: see [`transaction_id::MYSQL_VARIABLE`].
const HOLD: &str = "SET @audit_context = ?, @audit_pool_context = ?, @audit_transaction = ?";

pub(super) fn install(options: &mut ConnectOptions) -> crate::Result<()> {
    options.map_sqlx_mysql_pool_opts(propagating::<MySql>);
    Ok(())
}

impl Session for MySqlConnection {
    const BACKEND: DbBackend = DbBackend::MySql;

    async fn hold(&mut self, carried: Option<&Carried>) -> Result<(), sqlx::Error> {
        transaction_id::propagate();
        let payload = carried.map(|carried| &*carried.payload);
        let id = carried.and_then(|carried| carried.transaction.as_ref());
        let hold = sqlx::query(HOLD).bind(payload).bind(payload);
        let hold = hold.bind(id.map(TransactionId::as_str));
        hold.execute(self).await.map(drop)
    }
}

impl Sealed for MySqlConnection {}

impl AuditSqlxConnectionExt for MySqlConnection {
    async fn propagate_audit_context(&mut self) -> Result<(), sqlx::Error> {
        propagate(self).await
    }
}
