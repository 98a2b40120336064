//! The statements that make a table's triggers what they should be.

use crate::capture::{
    catalog::{Dialect, Place},
    installed::{self, Installed, quoted},
    table::Table,
    trigger::{self, Trigger},
};

/// What `CREATE OR REPLACE FUNCTION` of PostgreSQL makes anew.
const OF_FUNCTION: [&str; 3] = ["language", "security", "settings"];

/// All of them, in their order.
pub(super) fn statements(table: &Table, place: &Place, here: &[&Installed]) -> Vec<String> {
    let wanted = trigger::all(table, place);
    let kept = |there: &Installed| {
        let mut wanted = wanted.iter();
        wanted.any(|trigger| stays(there, trigger, place.dialect, here))
    };
    let removed: Vec<&Installed> = here.iter().copied().filter(|there| !kept(there)).collect();
    let is_made = |trigger: &Trigger| {
        place.dialect == Dialect::MariaDb
            || !here
                .iter()
                .any(|there| stays(there, trigger, place.dialect, here))
    };
    let made = || wanted.iter().filter(|trigger| is_made(trigger));
    let mut statements = Vec::new();
    if place.dialect == Dialect::Postgres {
        statements = locks(table, place, !removed.is_empty(), made().next().is_some());
    }
    statements.extend(installed::drops(&removed, place.dialect));
    let functions = wanted.iter().flat_map(|trigger| trigger.function.clone());
    statements.extend(functions);
    statements.extend(made().flat_map(|trigger| trigger.create.clone()));
    statements
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

/// What keeps two installations from making the same at the same time. The table comes first, as in a migration that alters it
/// and then installs: so neither waits for the other. One that makes triggers lets others read, one that drops some does not.
fn locks(table: &Table, place: &Place, drops: bool, makes: bool) -> Vec<String> {
    let on = format!("{}.{}", quoted(&place.table_schema), quoted(&table.name));
    let mode = match (drops, makes) {
        (true, _) => Some("ACCESS EXCLUSIVE"),
        (false, true) => Some("SHARE ROW EXCLUSIVE"),
        (false, false) => None,
    };
    let lock = mode.map(|mode| format!("LOCK TABLE ONLY {on} IN {mode} MODE"));
    let literal = on.replace('\'', "''");
    let beside = format!(
        "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('audit-capture'), \
         '{literal}'::pg_catalog.regclass::pg_catalog.oid::pg_catalog.int4)"
    );
    lock.into_iter().chain([beside]).collect()
}
