use sea_orm::{
    ConnectOptions,
    sqlx::{self, MySql, MySqlConnection},
};

use super::driver::{AuditSqlxConnectionExt, Session, propagate, propagating, sealed::Sealed};

/// The second is what an audited transaction goes back to: see `connection::session`.
const HOLD: &str = "SET @audit_context = ?, @audit_pool_context = ?";

pub(super) fn install(options: &mut ConnectOptions) -> crate::Result<()> {
    options.map_sqlx_mysql_pool_opts(propagating::<MySql>);
    Ok(())
}

impl Session for MySqlConnection {
    async fn hold(&mut self, payload: Option<&str>) -> Result<(), sqlx::Error> {
        let hold = sqlx::query(HOLD).bind(payload).bind(payload);
        hold.execute(self).await.map(drop)
    }
}

impl Sealed for MySqlConnection {}

impl AuditSqlxConnectionExt for MySqlConnection {
    async fn propagate_audit_context(&mut self) -> Result<(), sqlx::Error> {
        propagate(self).await
    }
}
