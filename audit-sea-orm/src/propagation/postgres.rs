use sea_orm::{
    ConnectOptions, DbBackend,
    sqlx::{self, AssertSqlSafe, Executor, PgConnection, Postgres},
};

use super::{
    driver::{AuditSqlxConnectionExt, Carried, Session, propagate, propagating, sealed::Sealed},
    search_path,
};
use crate::Result;

/// The second is what an audited transaction goes back to: see `connection::session`.
const HOLD: &str =
    "SELECT set_config('audit.context', $1, false), set_config('audit.pool_context', $1, false)";

pub(super) fn install(options: &mut ConnectOptions) -> Result<()> {
    let set_path = search_path::statement(options)?;
    options.map_sqlx_postgres_pool_opts(move |pool| {
        let pool = propagating::<Postgres>(pool);
        let Some(set_path) = set_path.clone() else {
            return pool;
        };
        pool.after_connect(move |connection, _| {
            let set_path = AssertSqlSafe(set_path.clone());
            Box::pin(async move {
                connection.execute(set_path).await?;
                propagate(connection).await
            })
        })
    });
    Ok(())
}

impl Session for PgConnection {
    const BACKEND: DbBackend = DbBackend::Postgres;

    async fn hold(&mut self, carried: Option<&Carried>) -> std::result::Result<(), sqlx::Error> {
        let hold = sqlx::query(HOLD).bind(carried.map_or("", |carried| &*carried.payload));
        hold.execute(self).await.map(drop)
    }
}

impl Sealed for PgConnection {}

impl AuditSqlxConnectionExt for PgConnection {
    async fn propagate_audit_context(&mut self) -> std::result::Result<(), sqlx::Error> {
        propagate(self).await
    }
}
