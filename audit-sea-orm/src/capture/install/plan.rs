//! The statements that make a table's triggers what they should be.

use crate::{
    capture::{
        catalog::{Dialect, Place},
        installed::{self, Installed},
        table::Table,
        trigger::{self, Trigger},
    },
    quoted,
};

/// What `CREATE OR REPLACE FUNCTION` of PostgreSQL makes anew.
const OF_FUNCTION: [&str; 3] = ["language", "security", "settings"];

/// What is to be done.
struct Plan<'a> {
    dialect: Dialect,
    /// Every trigger that there should be.
    wanted: Vec<Trigger>,
    /// Triggers on the table that are not as they should be.
    removed: Vec<&'a Installed>,
    /// Triggers on other tables that have names of these.
    in_the_way: Vec<&'a Installed>,
    /// Every trigger there is.
    installed: &'a [Installed],
    /// Those on the table.
    here: Vec<&'a Installed>,
}

/// All of them, in their order.
pub(super) fn statements(table: &Table, place: &Place, installed: &[Installed]) -> Vec<String> {
    let plan = Plan::new(table, place, installed);
    match place.dialect {
        Dialect::Sqlite | Dialect::Postgres => plan.removing_first(),
        Dialect::MySql | Dialect::MariaDb => plan.one_after_another(),
    }
}

/// Triggers on other tables that have names which a table's own are to have: those of a table that was renamed, whose old name
/// this one has, keep theirs.
pub(super) fn in_the_way<'a>(
    table: &Table,
    place: &Place,
    installed: &'a [Installed],
) -> Vec<&'a Installed> {
    let names = trigger::names(table, place.dialect);
    let others = installed.iter().filter(|there| {
        there.is_in(&place.table_schema) && !there.is_on(&place.table_schema, &table.name)
    });
    others
        .filter(|there| names.iter().any(|name| there.is_named(name)))
        .collect()
}

/// What keeps two installations on PostgreSQL from making the same at the same time. The table comes first, as in a migration
/// that alters it and then installs: so neither waits for the other. One that makes triggers lets others read, one that drops
/// some does not.
pub(super) fn locks(table: &Table, place: &Place, installed: &[Installed]) -> Vec<String> {
    let plan = Plan::new(table, place, installed);
    let on = format!(
        "{}.{}",
        quoted::name(&place.table_schema),
        quoted::name(&table.name)
    );
    let mode = match (!plan.removed.is_empty(), plan.made().next().is_some()) {
        (true, _) => Some("ACCESS EXCLUSIVE"),
        (false, true) => Some("SHARE ROW EXCLUSIVE"),
        (false, false) => None,
    };
    let lock = mode.map(|mode| format!("LOCK TABLE ONLY {on} IN {mode} MODE"));
    lock.into_iter()
        .chain([installed::lock_beside(&on)])
        .collect()
}

impl<'a> Plan<'a> {
    fn new(table: &Table, place: &Place, installed: &'a [Installed]) -> Self {
        let dialect = place.dialect;
        let wanted = trigger::all(table, place);
        let here = installed::on(installed, &place.table_schema, &table.name);
        let is_kept = |there: &&&Installed| {
            let mut wanted = wanted.iter();
            wanted.any(|trigger| stays(there, trigger, dialect, &here))
        };
        let removed = here.iter().filter(|there| !is_kept(there));
        Self {
            dialect,
            removed: removed.copied().collect(),
            in_the_way: in_the_way(table, place, installed),
            installed,
            wanted,
            here,
        }
    }

    /// The triggers to be made: MariaDB makes each in the place of its own.
    fn made(&self) -> impl Iterator<Item = &Trigger> {
        self.wanted.iter().filter(|trigger| {
            let mut here = self.here.iter();
            self.dialect == Dialect::MariaDb
                || !here.any(|there| stays(there, trigger, self.dialect, &self.here))
        })
    }

    /// Where a transaction holds it all together.
    fn removing_first(&self) -> Vec<String> {
        let removed: Vec<&Installed> = self
            .in_the_way
            .iter()
            .chain(&self.removed)
            .copied()
            .collect();
        let mut statements = installed::drops(&removed, self.dialect, self.installed);
        let functions = self
            .wanted
            .iter()
            .flat_map(|trigger| trigger.function.clone());
        statements.extend(functions);
        statements.extend(self.made().flat_map(|trigger| trigger.create.clone()));
        statements
    }

    /// Where nothing does: each trigger is removed just before its successor is made.
    fn one_after_another(&self) -> Vec<String> {
        let mut removed = self.removed.clone();
        let mut statements = installed::drops(&self.in_the_way, self.dialect, self.installed);
        for trigger in self.made() {
            let predecessors: Vec<&Installed> = removed
                .extract_if(.., |there| there.is_of_event(trigger))
                .collect();
            statements.extend(installed::drops(
                &predecessors,
                self.dialect,
                self.installed,
            ));
            statements.extend(trigger.create.clone());
        }
        statements.extend(installed::drops(&removed, self.dialect, self.installed));
        statements
    }
}

/// Whether a trigger need not be dropped: PostgreSQL's where its function alone is another one, as that is replaced without
/// a lock on the table; MariaDB's always, as it replaces a trigger of the same name without a moment between.
fn stays(there: &Installed, wanted: &Trigger, dialect: Dialect, here: &[&Installed]) -> bool {
    let is_same = there.is_named(&wanted.name);
    match dialect {
        Dialect::MariaDb => is_same,
        Dialect::Sqlite | Dialect::MySql => false,
        Dialect::Postgres => {
            let differences = there.shape.differences(&wanted.shape);
            is_same
                && there.is_enabled
                && there.executors.is_empty()
                && here.iter().all(|other| other.owner == there.owner)
                && differences
                    .iter()
                    .all(|different| OF_FUNCTION.contains(&different.part.as_str()))
        }
    }
}
