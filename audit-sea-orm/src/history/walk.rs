//! Goes through the records of an object, and tells what it was after each.

use audit_core::{Change, Changes};
use sea_orm::{ConnectionTrait, DbErr};
use serde_json::Value as Json;

use super::{
    reader::{Cursor, Reader, Told},
    rebuild,
    state::{Columns, Event, Held, Search, State},
    subject::Subject,
};
use crate::entity::audit_log;

/// A record of an object, and what the object was after it.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) record: audit_log::Model,
    /// `None` where it was gone.
    pub(crate) columns: Option<Columns>,
    /// What changed since the step before, and left no record.
    pub(crate) unrecorded: Changes,
}

/// A walk through the records of an object, the oldest first.
#[derive(Debug)]
pub(crate) struct Walk<'db, C> {
    reader: Reader,
    cursor: Cursor,
    /// The record that was read last, of which no step was made yet.
    next: Option<Told>,
    /// Of the object before that.
    state: State,
    db: &'db C,
}

impl<'db, C: ConnectionTrait> Walk<'db, C> {
    /// From the first record on.
    pub(crate) fn all(reader: Reader, db: &'db C) -> Self {
        Self {
            reader,
            cursor: Cursor::after(i64::MIN),
            next: None,
            state: State::Unrecorded,
            db,
        }
    }

    /// From the record behind that number on.
    pub(super) async fn after(reader: Reader, id: i64, db: &'db C) -> Result<Self, DbErr> {
        Ok(Self {
            cursor: Cursor::after(id),
            state: rebuild::after(&reader, id, db).await?,
            ..Self::all(reader, db)
        })
    }

    /// The next step; `None` at the end. A call that is dropped loses none.
    pub(crate) async fn try_next(&mut self) -> Result<Option<Step>, DbErr> {
        loop {
            if self.next.is_none() {
                self.next = self.cursor.next(&self.reader, self.db).await?;
            }
            let Some(told) = &self.next else {
                return Ok(None);
            };
            if told.event.is_of_table() && !matches!(self.state, State::There(_)) {
                self.next = None;
                continue;
            }
            let searched = self.search(told).await?;
            let told = self.next.take();
            return Ok(told.map(|told| self.step(told, searched)));
        }
    }

    /// The columns that the object is to have by other records than this one and those before, where it needs any.
    async fn search(&self, told: &Told) -> Result<Option<Columns>, DbErr> {
        let (event, id) = (told.event, told.record.id);
        let is_updated = matches!(event, Event::Updated { .. });
        if !event.leaves_it_there() || (is_updated && matches!(self.state, State::There(_))) {
            return Ok(None);
        }
        let mut search = Search::new(self.reader.subject().recorded());
        if is_updated {
            return self.complete(search, id - 1).await.map(Some);
        }
        search.back(event, &told.record);
        self.complete(search, id).await.map(Some)
    }

    fn step(&mut self, told: Told, searched: Option<Columns>) -> Step {
        let unrecorded = unrecorded(self.reader.subject(), &self.state, &told);
        let before = std::mem::replace(&mut self.state, State::Gone);
        if told.event.leaves_it_there() {
            let mut columns = match (searched, before) {
                (Some(columns), _) | (None, State::There(columns)) => columns,
                (None, State::Gone | State::Unrecorded) => Columns::new(),
            };
            update(&mut columns, &told.record);
            self.state = State::There(columns);
        }
        let columns = match &self.state {
            State::There(columns) => Some(columns.clone()),
            State::Gone | State::Unrecorded => None,
        };
        Step {
            record: told.record,
            columns,
            unrecorded,
        }
    }

    /// What a search found, and what the records behind that number tell of the rest.
    async fn complete(&self, search: Search, id: i64) -> Result<Columns, DbErr> {
        rebuild::with_rest(search, &self.reader, id, self.db).await
    }
}

/// Sets the columns that a record changed.
fn update(columns: &mut Columns, record: &audit_log::Model) {
    for (column, change) in record.changes() {
        if let Some(value) = change.new
            && let Some(held) = columns.get_mut(&column)
        {
            *held = Held::Value(value);
        }
    }
}

/// What a record found otherwise than it was left.
fn unrecorded(subject: &dyn Subject, left: &State, told: &Told) -> Changes {
    let mut found = told.record.changes();
    if told.event == Event::Found {
        // What it found are its new values.
        let held = found.into_iter().map(|(column, change)| {
            let old = change.new;
            (column, Change { old, new: None })
        });
        found = held.collect();
    }
    match (left, told.event) {
        (State::Unrecorded, _) => Changes::default(),
        (State::There(left), Event::Created) => {
            let gone = left.iter().filter_map(|(column, held)| {
                let old = Some(known(held)?.clone());
                Some((column.clone(), Change { old, new: None }))
            });
            gone.collect()
        }
        (State::There(left), _) => {
            let differing = found.into_iter().filter_map(|(column, found)| {
                let (old, new) = (known(left.get(&column)?)?, found.old?);
                subject.differ(&column, old, &new).then(|| {
                    let old = Some(old.clone());
                    (
                        column,
                        Change {
                            old,
                            new: Some(new),
                        },
                    )
                })
            });
            differing.collect()
        }
        (State::Gone, _) => {
            let came = found.into_iter().filter_map(|(column, found)| {
                let new = Some(found.old?);
                Some((column, Change { old: None, new }))
            });
            came.collect()
        }
    }
}

fn known(held: &Held) -> Option<&Json> {
    match held {
        Held::Value(value) => Some(value),
        Held::Unknown(_) => None,
    }
}
