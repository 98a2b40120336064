//! What an application's own options and callbacks become, and what an acquire costs.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use audit_sea_orm::{AuditSqlxConnectionExt, prelude::*};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, Database, EntityTrait, Statement, TransactionTrait,
    sqlx::{self, pool::PoolOptions},
};

use super::{because, take_reasons, with_tarts};
use crate::{
    Backend, Outcome, Test,
    entity::tart::{self, priced},
    logged,
};

/// A pool's callbacks as an application has them that also propagates: each counts, and calls the library.
fn counted<D>(pool: PoolOptions<D>, counts: &Arc<[AtomicU32; 2]>) -> PoolOptions<D>
where
    D: sqlx::Database<Connection: AuditSqlxConnectionExt + Send>,
{
    let [connected, acquired] = [Arc::clone(counts), Arc::clone(counts)];
    pool.after_connect(move |connection, _| {
        connected[0].fetch_add(1, Ordering::AcqRel);
        Box::pin(connection.propagate_audit_context())
    })
    .before_acquire(move |connection, _| {
        // Each fourth connection is given up, as the application says.
        let count = acquired[1].fetch_add(1, Ordering::AcqRel);
        Box::pin(async move {
            connection.propagate_audit_context().await?;
            Ok(count % 4 != 3)
        })
    })
}

/// An application that has callbacks calls the library in them: both do their work.
pub async fn callbacks_of_the_application_propagate(t: &mut Test) -> Outcome {
    with_tarts(t).await?;
    let counts: Arc<[AtomicU32; 2]> = Arc::default();
    let mut options = t.isolated.options(1);
    let own = Arc::clone(&counts);
    match t.backend {
        Backend::Sqlite => options.map_sqlx_sqlite_pool_opts(move |pool| counted(pool, &own)),
        Backend::Postgres => options.map_sqlx_postgres_pool_opts(move |pool| counted(pool, &own)),
        Backend::MySql => options.map_sqlx_mysql_pool_opts(move |pool| counted(pool, &own)),
    };
    let db = Database::connect(options).await?;
    for id in 0..12 {
        let name = format!("{id}");
        because(&name).scope(priced(id, 1).insert(&db)).await?;
    }
    let expected: Vec<_> = (0..12).map(|id| Some(id.to_string())).collect();
    assert_eq!(take_reasons(t).await?, expected);
    let [connected, acquired] = [0, 1].map(|place| counts[place].load(Ordering::Acquire));
    assert!(connected > 2 && acquired > 8, "{counts:?}");
    db.close().await?;
    Ok(())
}

/// One call for each acquire, and none for a write, whatever the transaction holds.
pub async fn an_acquire_costs_one_statement(t: &mut Test) -> Outcome {
    with_tarts(t).await?;
    logged::begin();
    let mut options = t.isolated.options(1);
    options.sqlx_logging(true);
    let db = Database::connect(options.propagate_audit_context()?).await?;
    let of_connecting = logged::take();
    let first = ours(&of_connecting).count();
    because("first").scope(priced(1, 1).insert(&db)).await?;
    let of_acquiring = logged::take();
    for scoped in [true, true, false] {
        let read = async { tart::Entity::find_by_id(1).one(&db).await };
        if scoped {
            because("r").scope(read).await?;
        } else {
            read.await?;
        }
        let sent = logged::take();
        assert_eq!((sent.len(), ours(&sent).count()), (2, 1), "{sent:#?}");
    }
    let write = async {
        let transaction = db.begin().await?;
        priced(2, 2).insert(&transaction).await?;
        priced(3, 3).insert(&transaction).await?;
        transaction.commit().await
    };
    because("r").scope(write).await?;
    let sent = logged::take();
    assert_eq!(ours(&sent).count(), 1, "{sent:#?}");
    let expected = match t.backend {
        // As there is no table, it fails, makes it, and writes; SeaORM then asks for the version. The first context has the
        // columns asked for and the two triggers made.
        Backend::Sqlite => [4, 4],
        Backend::Postgres => [1, 1],
        // Where SeaORM reads what it inserted, the second time.
        Backend::MySql => [1, 2],
    };
    assert_eq!(
        [first, ours(&of_acquiring).count()],
        expected,
        "{of_connecting:#?}{of_acquiring:#?}"
    );
    db.close().await?;
    Ok(())
}

/// The statements of the library's.
fn ours(sent: &[String]) -> impl Iterator<Item = &String> {
    let is_ours = |sql: &&String| {
        let marks = [
            "audit_propagat",
            "audit.pool_context",
            "@audit_pool_context",
            "pragma_table_info('audit_log'",
        ];
        marks.iter().any(|mark| sql.contains(mark))
    };
    sent.iter().filter(is_ours)
}

/// The schema search path of the options stays.
pub async fn the_search_path_is_kept(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    let mut options = t.isolated.options(1);
    options.set_schema_search_path("shop,public");
    let db = Database::connect(options.propagate_audit_context()?).await?;
    let path = Statement::from_string(db.get_database_backend(), "SHOW search_path");
    let path = db.query_one_raw(path).await?.ok_or("a row")?;
    assert_eq!(path.try_get_by_index::<String>(0)?, r#"shop, public"#);
    db.close().await?;
    Ok(())
}
