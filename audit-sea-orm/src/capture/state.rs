//! What is there of a table's triggers, against what should be.

use super::{
    catalog::Place,
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
    /// They record what the entity says, and these columns too, which it does not have and the table has: those of a later
    /// release of the application, or of an earlier one.
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
        if !is_whole(table, place, here) {
            return Self::Behind;
        }
        let recipe = trigger::recipe(table, place);
        let made = || here.iter().map(|there| there.mark.recipe());
        if made().all(|made| made == recipe) {
            return Self::UpToDate;
        }
        let more: Option<Vec<_>> = made().map(|made| made.more_than(&recipe)).collect();
        match more.map(|lists| one_list(&lists)) {
            Some(more) if more.iter().all(|column| place.fact(column).is_some()) => {
                Self::RecordsMore(more)
            }
            _ => Self::Behind,
        }
    }
}

fn one_list(lists: &[Vec<String>]) -> Vec<String> {
    let mut list = lists.concat();
    list.sort();
    list.dedup();
    list
}

/// Whether each trigger is there, of this version and as it was made, and no other.
fn is_whole(table: &Table, place: &Place, here: &[&Installed]) -> bool {
    let names = trigger::names(table, place.dialect);
    let is_there = |name: &String| here.iter().any(|there| there.is_named(name));
    here.len() == names.len()
        && names.iter().all(is_there)
        && here.iter().all(|there| {
            there.mark.version == VERSION && there.is_as_made() && there.names_trail_of(place)
        })
        && here.iter().all(|there| there.owner == here[0].owner)
}
