//! An object as it was at a time.

use audit_sea_orm::{AnyObject, AnySnapshot, TrailCursor, entity::audit_log::Model};
use chrono::{DateTime, Days, TimeDelta, Utc};

use super::{compared::Choice, object::Object};
use crate::admin::{
    admitted::Visit,
    change::{self, Side},
    failure::Failure,
    params::Params,
    period::{self, Clock, Day, Period},
    position::Position,
    range::Range,
    state::{self, State},
};

/// A time that somebody picked.
struct Picked {
    time: DateTime<Utc>,
    title: String,
}

impl Picked {
    fn read(params: &Params) -> Result<Option<Self>, Failure> {
        let day = params.read::<Day>("day", "a day such as 2026-11-24")?;
        let clock = params.read::<Clock>("time", "a time of day such as 10:00")?;
        let name = |day| Period::Day(day).title();
        match (day, clock) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(Failure::bad_request("At that time of which day?")),
            (Some(Day(day)), None) => Ok(Some(Self {
                time: period::midnight(day + Days::new(1)) - TimeDelta::microseconds(1),
                title: format!("As it was at the end of {}", name(day)),
            })),
            (Some(Day(day)), Some(Clock(clock))) => Ok(Some(Self {
                time: day.and_time(clock).and_utc(),
                title: format!(
                    "As it was on {} at {}",
                    name(day),
                    clock.format("%H:%M:%S%.f")
                ),
            })),
        }
    }

    /// All time up to it.
    fn range(&self) -> Range {
        Range {
            from: None,
            until: Some(self.time + TimeDelta::microseconds(1)),
        }
    }
}

/// An object as it was.
pub(super) struct Past {
    pub(super) title: String,
    /// The record that left it so.
    pub(super) record: Option<Choice>,
    pub(super) was_there: bool,
    pub(super) values: Vec<(String, Side)>,
    /// The columns that are not known, with the reason of each.
    pub(super) unknown: Vec<(String, String)>,
    /// What else is to be known.
    pub(super) note: &'static str,
}

const OF_RECORDS: &str = "Only the columns that its records name are known.";
const UNREADABLE: &str =
    "The table itself could not be read, so only the columns that its records name are known.";

impl Past {
    pub(super) async fn load(object: &Object, visit: &Visit) -> Result<Option<Self>, Failure> {
        let Some(picked) = Picked::read(&visit.params)? else {
            return Ok(None);
        };
        let page = object
            .records(Position::Newest, picked.range(), visit)
            .await?;
        let mut records = page.rows;
        records.reverse();
        let mut past = Self {
            title: picked.title,
            record: records.last().map(Choice::from),
            was_there: false,
            values: Vec::new(),
            unknown: Vec::new(),
            note: "",
        };
        let Some(known) = object.known(visit) else {
            past.fill_from(&state_at(records, object, visit).await?, OF_RECORDS);
            return Ok(Some(past));
        };
        match known.at(picked.time, &visit.shared.db).await {
            Ok(snapshot) => past.fill(snapshot.as_ref()),
            Err(error) => {
                tracing::warn!(error = %error, "the audit admin could not read the present row");
                past.fill_from(&state_at(records, object, visit).await?, UNREADABLE);
            }
        }
        Ok(Some(past))
    }

    fn fill(&mut self, snapshot: Option<&AnySnapshot>) {
        self.was_there = snapshot.is_some();
        for (column, value) in snapshot.into_iter().flat_map(AnySnapshot::columns) {
            let column = column.to_owned();
            match value {
                Ok(value) => self.values.push((column, change::side(Some(value)))),
                Err(why) => self.unknown.push((column, why.to_string())),
            }
        }
    }

    fn fill_from(&mut self, state: &State, why_incomplete: &'static str) {
        self.was_there = state.exists;
        let held = state.values.iter();
        self.values = held
            .map(|(column, value)| (column.clone(), change::side(Some(value))))
            .collect();
        if state.exists && !state.is_complete {
            self.note = why_incomplete;
        }
    }
}

/// The state after the last of these records; before the first of all, what later ones tell of it.
async fn state_at(records: Vec<Model>, object: &Object, visit: &Visit) -> Result<State, Failure> {
    if let Some(state) = state::states(&records).pop() {
        return Ok(state);
    }
    let first = Position::Newer(TrailCursor::from(i64::MIN));
    let later = object.records(first, Range::default(), visit).await?;
    Ok(state::before(&later.rows))
}

impl Object {
    /// The object of an entity that the program registered, where it is seen by somebody who sees all rows.
    pub(super) fn known(&self, visit: &Visit) -> Option<AnyObject> {
        if visit.viewer.tenant.is_some() {
            return None;
        }
        AnyObject::find(&self.table, &self.id).ok()
    }
}
