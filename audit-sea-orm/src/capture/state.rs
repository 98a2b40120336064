//! What is there of a table's triggers, against what should be.

use super::{
    catalog::{Dialect, Place},
    installed::Installed,
    table::Table,
    trigger::{self, VERSION},
};

/// The triggers of a table, as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// They record what the entity says.
    UpToDate,
    /// A later release of this library made one.
    Newer,
    /// They are whole, and record these columns too, which the entity does not have: those of a later release of the
    /// application, most likely.
    RecordsMore(Vec<String>),
    /// They are to be made anew.
    Behind,
}

impl State {
    /// Of the triggers that are on the table, whose columns are all in the database.
    pub(super) fn of(table: &Table, place: &Place, here: &[&Installed]) -> Self {
        if here.iter().any(|there| there.is_newer()) {
            return Self::Newer;
        }
        if !is_whole(table, place.dialect, here) {
            return Self::Behind;
        }
        let recipe = trigger::recipe(table, place);
        if here.iter().all(|there| there.mark.recipe == recipe) {
            return Self::UpToDate;
        }
        match more(table, place, here) {
            more if more.is_empty() => Self::Behind,
            more => Self::RecordsMore(more),
        }
    }
}

/// Whether each trigger is there, of this version and as it was made, and no other.
fn is_whole(table: &Table, dialect: Dialect, here: &[&Installed]) -> bool {
    let names = trigger::names(table, dialect);
    let is_there = |name: &String| here.iter().any(|there| there.is_named(name));
    here.len() == names.len()
        && names.iter().all(is_there)
        && here
            .iter()
            .all(|there| there.mark.version == VERSION && there.is_as_made())
        && here.iter().all(|there| there.owner == here[0].owner)
}

/// The columns that the triggers know and the entity does not, where the table has all that they know.
fn more(table: &Table, place: &Place, here: &[&Installed]) -> Vec<String> {
    let known = || here.iter().flat_map(|there| &there.mark.columns);
    if known().any(|column| place.fact(column).is_none()) {
        return Vec::new();
    }
    let mut more: Vec<String> = known()
        .filter(|column| !table.known.contains(column))
        .cloned()
        .collect();
    more.sort();
    more.dedup();
    more
}
