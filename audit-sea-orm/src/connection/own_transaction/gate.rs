//! As many may wait for a connection to begin on as the pool has; the others wait here.

use std::{
    any::Any,
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::Duration,
};

use sea_orm::{ConnAcquireErr, DatabaseConnection, DbErr};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// A pool, as far as its gate needs to know it.
#[derive(Clone, Copy)]
struct Seen {
    /// Where its options are, which no other pool has while it lives. A gate that was another's at the same address, of
    /// as many connections, is as good as a new one.
    address: usize,
    connections: u32,
    patience: Duration,
}

type Gates = HashMap<(usize, u32), Arc<Semaphore>>;

static GATES: LazyLock<Mutex<Gates>> = LazyLock::new(Mutex::default);

/// Waits for a place among those that take a connection and begin, no longer than the pool would have them wait; `None`
/// where the pool's size is not known.
///
/// What waits in the pool cannot be dropped, as nothing tells whether `BEGIN` went already. Without the gate thousands
/// of callers who gave up would each take a connection later.
pub(super) async fn enter<C: Sync + 'static>(
    pool: &C,
) -> Result<Option<OwnedSemaphorePermit>, DbErr> {
    let seen = <dyn Any>::downcast_ref::<DatabaseConnection>(pool).and_then(see);
    let Some(seen) = seen.filter(|_| Handle::try_current().is_ok()) else {
        return Ok(None);
    };
    let gate = gate(seen);
    if let Ok(permit) = Arc::clone(&gate).try_acquire_owned() {
        return Ok(Some(permit));
    }
    match timeout(seen.patience, gate.acquire_owned()).await {
        // No gate is ever closed.
        Ok(permit) => Ok(permit.ok()),
        Err(_elapsed) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
    }
}

fn gate(seen: Seen) -> Arc<Semaphore> {
    let mut gates = GATES.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (seen.address, seen.connections);
    if let Some(gate) = gates.get(&key) {
        return Arc::clone(gate);
    }
    // Those that nobody is at are made anew where they are needed.
    gates.retain(|_, gate| Arc::strong_count(gate) > 1);
    let permits = usize::try_from(seen.connections).unwrap_or(Semaphore::MAX_PERMITS);
    let gate = Arc::new(Semaphore::new(permits.clamp(1, Semaphore::MAX_PERMITS)));
    gates.insert(key, Arc::clone(&gate));
    gate
}

fn see(pool: &DatabaseConnection) -> Option<Seen> {
    match &pool.inner {
        #[cfg(feature = "sqlx-mysql")]
        sea_orm::DatabaseConnectionType::SqlxMySqlPoolConnection(_) => {
            Some(Seen::of(pool.get_mysql_connection_pool()))
        }
        #[cfg(feature = "sqlx-postgres")]
        sea_orm::DatabaseConnectionType::SqlxPostgresPoolConnection(_) => {
            Some(Seen::of(pool.get_postgres_connection_pool()))
        }
        #[cfg(feature = "sqlx-sqlite")]
        sea_orm::DatabaseConnectionType::SqlxSqlitePoolConnection(_) => {
            Some(Seen::of(pool.get_sqlite_connection_pool()))
        }
        // A mock, a proxy, or a driver whose feature this crate does not have.
        _ => None,
    }
}

#[cfg(any(
    feature = "sqlx-mysql",
    feature = "sqlx-postgres",
    feature = "sqlx-sqlite"
))]
impl Seen {
    fn of<D: sea_orm::sqlx::Database>(pool: &sea_orm::sqlx::Pool<D>) -> Self {
        let options = pool.options();
        Self {
            address: std::ptr::from_ref(options).addr(),
            connections: options.get_max_connections(),
            patience: options.get_acquire_timeout(),
        }
    }
}
