//! What the selected records did to one object.

use crate::{
    any_entity::Row,
    entity::audit_log::Model,
    error::undo_conflict::UndoneObject,
    history::state::{Event, Silenced},
};

/// The first state and the last of one object, as far as its selected records tell.
#[derive(Clone, Debug)]
pub(super) struct Deed {
    pub(super) object: UndoneObject,
    /// The numbers of the records.
    pub(super) records: Vec<i64>,
    /// What the object was before: the columns that changed, or all of them where it was deleted.
    pub(super) before: Presence,
    /// What it was after: the columns that changed, or all of them where it was created.
    pub(super) after: Presence,
    /// Whether a context silenced one of the writes.
    pub(super) is_silenced: bool,
    /// The columns whose old values a record does not have.
    pub(super) not_recorded: Vec<String>,
    /// Whose tenant the records are, where all are of one.
    pub(super) tenant: Option<String>,
}

/// An object that was there, or was not.
#[derive(Clone, Debug)]
pub(super) enum Presence {
    Gone,
    /// With the columns that changed.
    Changed(Row),
    /// With all columns.
    Whole(Row),
}

impl Presence {
    pub(super) fn is_there(&self) -> bool {
        !matches!(self, Self::Gone)
    }

    pub(super) fn columns(&self) -> Option<&Row> {
        match self {
            Self::Gone => None,
            Self::Changed(columns) | Self::Whole(columns) => Some(columns),
        }
    }
}

impl Deed {
    /// Of an object's first record.
    pub(super) fn begin(object: UndoneObject, event: Event) -> Self {
        let before = if event.found_it_there() {
            Presence::Changed(Row::new())
        } else {
            Presence::Gone
        };
        Self {
            object,
            records: Vec::new(),
            after: before.clone(),
            before,
            is_silenced: false,
            not_recorded: Vec::new(),
            tenant: None,
        }
    }

    /// Takes the object's next record.
    pub(super) fn take(&mut self, event: Event, record: &Model) {
        if self.records.is_empty() {
            self.tenant.clone_from(&record.tenant_id);
        } else if self.tenant != record.tenant_id {
            self.tenant = None;
        }
        self.records.push(record.id);
        match event {
            Event::Created => {
                let news = record.changes().into_iter();
                let news = news.filter_map(|(column, change)| Some((column, change.new?)));
                self.after = Presence::Whole(news.collect());
            }
            Event::Updated { .. } => self.update(record),
            Event::Deleted => {
                self.delete(record);
                self.after = Presence::Gone;
            }
            Event::Skipped(silenced) => {
                self.is_silenced = true;
                if matches!(silenced, Silenced::Delete | Silenced::Truncate) {
                    self.after = Presence::Gone;
                }
            }
            Event::Truncated | Event::Found => {}
        }
    }

    fn update(&mut self, record: &Model) {
        for (column, change) in record.changes() {
            if let Presence::Changed(before) = &mut self.before
                && !before.contains_key(&column)
            {
                match change.old {
                    Some(old) => drop(before.insert(column.clone(), old)),
                    None => self.not_recorded.push(column.clone()),
                }
            }
            if let Presence::Changed(after) | Presence::Whole(after) = &mut self.after
                && let Some(new) = change.new
            {
                after.insert(column, new);
            }
        }
    }

    /// A deletion ends the first life of the object: its record has the columns that did not change before.
    fn delete(&mut self, record: &Model) {
        let Presence::Changed(before) = &mut self.before else {
            return;
        };
        let mut before = std::mem::take(before);
        for (column, change) in record.changes() {
            if let Some(old) = change.old {
                before.entry(column).or_insert(old);
            }
        }
        self.before = Presence::Whole(before);
    }

    /// The number of its first record.
    pub(super) fn first(&self) -> i64 {
        self.records.first().copied().unwrap_or_default()
    }
}
