//! Counts the writes that no hook recorded.

mod targets;

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet, VecDeque},
    sync::{
        Arc, LazyLock, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use audit_core::{Action, AuditConfig, AuditContext};
use sea_orm::metric;

use crate::{Audited, audited::recorded::Recorded, connection::is_own, task::Runner};
use targets::Target;

/// The tables that a tripwire watches, by their bare names in lower case.
static WATCHED: LazyLock<RwLock<HashSet<String>>> = LazyLock::new(RwLock::default);

/// The writes that hooks are about to record, the oldest first.
static EXPECTED: Mutex<VecDeque<Expected>> = Mutex::new(VecDeque::new());

/// The most that are expected at once: those that were cancelled would gather otherwise.
const MOST: usize = 10_000;

#[derive(Debug, PartialEq, Eq)]
struct Expected {
    runner: Runner,
    action: Action,
    table: String,
}

/// Counts and traces the writes of a pool that nothing captured, by SeaORM's metric callback.
///
/// It looks at every statement of the pool and its transactions for one that writes to a [watched](Self::watch) table and
/// was not announced by the entity's hooks: `insert_many`, `update_many`, an upsert, raw SQL. Each is
/// [counted](Self::unaudited_writes) and traced at level `WARN`, with label, table and action, never with values. What a scope
/// or the configuration leaves out is not counted. Clones share one count.
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
/// use audit_sea_orm::Tripwire;
/// # use sea_orm::{ConnectionTrait, Database, EntityTrait};
/// # #[tokio::main]
/// # async fn main() -> Result<(), sea_orm::DbErr> {
/// # let mut db = Database::connect("sqlite::memory:").await?;
/// # db.execute_unprepared("CREATE TABLE cake (id integer)").await?;
/// let tripwire = Tripwire::new().label("orders").watch::<cake::Entity>();
/// db.set_metric_callback(tripwire.callback());
///
/// cake::Entity::delete_many().exec(&db).await?;
/// assert_eq!(tripwire.unaudited_writes(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a tripwire sees the statements of the pool that has its callback"]
pub struct Tripwire {
    label: Cow<'static, str>,
    /// The names that the tables have in records, by their bare names in lower case.
    watched: HashMap<String, &'static str>,
    unaudited: Arc<AtomicU64>,
}

impl Tripwire {
    /// One that watches no table yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the pool in traces. Default: an empty label.
    pub fn label(mut self, label: impl Into<Cow<'static, str>>) -> Self {
        self.label = label.into();
        self
    }

    /// Watches the table of an entity that hooks record.
    ///
    /// Does nothing for an entity of [`Capture::Triggers`](crate::Capture::Triggers): its triggers see every write.
    pub fn watch<E: Audited>(mut self) -> Self {
        let recorded = Recorded::<E>::get();
        if recorded.by_hooks() {
            let table = E::default().table_name().to_lowercase();
            let mut watched = WATCHED.write().unwrap_or_else(PoisonError::into_inner);
            watched.insert(table.clone());
            self.watched.insert(table, recorded.table());
        }
        self
    }

    /// The callback for `DatabaseConnection::set_metric_callback`, of which a pool has one: in yours, call
    /// [`inspect`](Self::inspect).
    pub fn callback(&self) -> impl Fn(&metric::Info<'_>) + Send + Sync + use<> {
        let tripwire = self.clone();
        move |info| tripwire.inspect(info)
    }

    /// Looks at a statement that was sent.
    pub fn inspect(&self, info: &metric::Info<'_>) {
        // A read before a change takes SQLite's write lock by an update of no row.
        if self.watched.is_empty() || is_own() {
            return;
        }
        let statement = info.statement;
        for target in targets::of(&statement.sql, statement.db_backend) {
            let Some(table) = self.watched.get(&target.table) else {
                continue;
            };
            // An update of an active model returns its row wherever that is possible, and is not recorded otherwise.
            let is_mute = target.action == Action::Update
                && statement.db_backend.support_returning()
                && !target.returns;
            let was_expected = take(&target);
            if !info.failed && (!was_expected || is_mute) && is_recorded(&target.action, table) {
                self.count(&target.action, table);
            }
        }
    }

    fn count(&self, action: &Action, table: &str) {
        self.unaudited.fetch_add(1, Ordering::Relaxed);
        let (action, label) = (action.as_str(), self.label.as_ref());
        tracing::warn!(
            table,
            action,
            label,
            "a write to an audited table was not captured"
        );
    }

    /// How many writes it found that nothing captured.
    ///
    /// Watch it: a number that grows is a gap in the trail.
    #[must_use]
    pub fn unaudited_writes(&self) -> u64 {
        self.unaudited.load(Ordering::Relaxed)
    }
}

fn is_watched(table: &str) -> bool {
    let watched = WATCHED.read().unwrap_or_else(PoisonError::into_inner);
    watched.contains(table)
}

/// Announces a write that hooks are going to record.
pub(crate) fn expect(table_name: &str, action: &Action) {
    let table = table_name.to_lowercase();
    if !is_watched(&table) {
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
