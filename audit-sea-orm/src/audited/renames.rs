#![doc = include_str!("../docs/renames.md")]

mod known;
mod record;

use std::sync::LazyLock;

use super::entity_names;
pub(crate) use known::Renames;

/// The renames of the program, asked of its audited entities once.
static ALL: LazyLock<Renames> = LazyLock::new(|| Renames::of(entity_names::all()));

pub(crate) fn all() -> &'static Renames {
    &ALL
}

/// The present name of a table that has this name in a record; the name itself, where it is no former one.
///
/// # Example
/// See the [module docs](self).
#[must_use]
pub fn table(recorded: &str) -> &str {
    ALL.table(recorded)
}

/// Every name under which records of a table stand, the present one first. The table may be named by any of them.
///
/// # Example
/// See the [module docs](self).
#[must_use]
pub fn tables(table: &str) -> Vec<&str> {
    ALL.tables(table)
}

/// Every table of the program that was renamed: each former name, with the present one.
///
/// For statements that group by table. A name that is not here stands for itself.
///
/// # Example
/// See the [module docs](self).
pub fn former_tables() -> impl Iterator<Item = (&'static str, &'static str)> {
    ALL.former_tables()
}
