//! Counts the writes that no hook recorded.

mod targets;

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        LazyLock, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use audit_core::{Action, AuditConfig, AuditContext};
use sea_orm::{EntityTrait, metric};

use crate::{Audited, audited::recorded::Recorded, connection::is_own, task::Runner};
use targets::Target;

/// The tables that are watched, by their bare names in lower case, each with its name in records.
static WATCHED: LazyLock<RwLock<HashMap<String, &'static str>>> = LazyLock::new(RwLock::default);

/// The writes that hooks are about to record, the oldest first.
static EXPECTED: Mutex<VecDeque<Expected>> = Mutex::new(VecDeque::new());

/// The most that are expected at once: those that were cancelled would gather otherwise.
const MOST: usize = 10_000;

static UNAUDITED: AtomicU64 = AtomicU64::new(0);

#[derive(Debug, PartialEq, Eq)]
struct Expected {
    runner: Runner,
    action: Action,
    table: String,
}

/// Has [`metric_callback`] watch the table of an entity that hooks record.
///
/// Does nothing for an entity of [`Capture::Triggers`](crate::Capture::Triggers): its triggers see every write.
pub fn watch<E: Audited>() {
    let recorded = Recorded::<E>::get();
    if recorded.by_hooks() {
        let table = E::default().table_name().to_lowercase();
        let mut watched = WATCHED.write().unwrap_or_else(PoisonError::into_inner);
        watched.insert(table, recorded.table());
    }
}

/// Counts and traces a write that nothing captured, for SeaORM's metric callback.
///
/// It looks at every statement of a pool and its transactions for one that writes to a [watched](watch) table and
/// was not announced by the entity's hooks: `insert_many`, `update_many`, an upsert, raw SQL. Each is counted in
/// [`unaudited_writes`] and traced at level `WARN`, with table and action, never with values. What a scope or the
/// configuration leaves out is not counted. There is one callback to a pool: call this in yours.
///
/// It tells what slipped through, it prevents nothing: for a table where such writes must be recorded, choose triggers.
///
/// Not seen: scripts of `execute_unprepared`, which SeaORM does not report, and cascades. A migration's writes are
/// seen: set the callback after migrating. A write that hooks announced and that was cancelled before it was sent
/// hides one later write of the same kind in the same task.
///
/// # Backends
/// `update_without_returning` is seen where SeaORM returns what it updates, so not on MySQL and MariaDB.
///
/// # Example
/// ```
/// # mod cake {
/// #     use sea_orm::entity::prelude::*;
/// #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
/// #     #[sea_orm(table_name = "cake")]
/// #     pub struct Model {
/// #         #[sea_orm(primary_key)]
/// #         pub id: i32,
/// #     }
/// #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
/// #     pub enum Relation {}
/// # }
/// # use sea_orm::{ConnectionTrait, Database, EntityTrait};
/// # #[tokio::main]
/// # async fn main() -> Result<(), sea_orm::DbErr> {
/// # let mut db = Database::connect("sqlite::memory:").await?;
/// # db.execute_unprepared("CREATE TABLE cake (id integer)").await?;
/// audit_sea_orm::tripwire::watch::<cake::Entity>();
/// db.set_metric_callback(|info| audit_sea_orm::tripwire::metric_callback(info));
///
/// cake::Entity::delete_many().exec(&db).await?;
/// assert_eq!(audit_sea_orm::tripwire::unaudited_writes(), 1);
/// # Ok(())
/// # }
/// ```
pub fn metric_callback(info: &metric::Info<'_>) {
    let is_watching = !WATCHED
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .is_empty();
    // A read before a change takes SQLite's write lock by an update of no row.
    if !is_watching || is_own() {
        return;
    }
    let statement = info.statement;
    for target in targets::of(&statement.sql, statement.db_backend) {
        let Some(table) = recorded_name(&target.table) else {
            continue;
        };
        // An update of an active model returns its row wherever that is possible, and is not recorded otherwise.
        let is_mute = target.action == Action::Update
            && statement.db_backend.support_returning()
            && !target.returns;
        let was_expected = take(&target);
        if !info.failed && (!was_expected || is_mute) && is_recorded(&target.action, table) {
            UNAUDITED.fetch_add(1, Ordering::Relaxed);
            let action = target.action.as_str();
            tracing::warn!(
                table,
                action,
                "a write to an audited table was not captured"
            );
        }
    }
}

/// How many writes [`metric_callback`] found that nothing captured, since the process began.
///
/// Watch it: a number that grows is a gap in the trail.
#[must_use]
pub fn unaudited_writes() -> u64 {
    UNAUDITED.load(Ordering::Relaxed)
}

/// The name in records of a watched table.
fn recorded_name(table: &str) -> Option<&'static str> {
    let watched = WATCHED.read().unwrap_or_else(PoisonError::into_inner);
    watched.get(table).copied()
}

/// Announces a write that hooks are going to record.
pub(crate) fn expect<E: EntityTrait>(action: &Action) {
    let table = E::default().table_name().to_lowercase();
    if recorded_name(&table).is_none() {
        return;
    }
    let mut expected = EXPECTED.lock().unwrap_or_else(PoisonError::into_inner);
    if expected.len() == MOST {
        expected.pop_front();
    }
    expected.push_back(Expected {
        runner: Runner::current(),
        action: action.clone(),
        table,
    });
}

/// Takes what announced such a write of this task.
fn take(target: &Target) -> bool {
    let runner = Runner::current();
    let mut expected = EXPECTED.lock().unwrap_or_else(PoisonError::into_inner);
    let position = expected.iter().rposition(|expected| {
        expected.runner == runner
            && expected.action == target.action
            && expected.table == target.table
    });
    position.is_some_and(|position| expected.remove(position).is_some())
}

/// Whether such a change is to be recorded at all, here and now.
fn is_recorded(action: &Action, table: &str) -> bool {
    !AuditContext::is_unaudited()
        // OK to count where the configuration cannot be read: then no hook can record.
        && AuditConfig::current().map_or(true, |config| {
            config.get_enabled() && !config.skips_action(action.as_str()) && !config.skips_model(table)
        })
}
