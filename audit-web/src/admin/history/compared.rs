//! Two points of a history, wherever in it they are, and what differs between them.

use audit_sea_orm::entity::audit_log::{Entity, Model};

use super::History;
use crate::admin::{
    admitted::Visit,
    cell::Moment,
    change::{self, ChangeView},
    failure::Failure,
    listed::Listed,
    params::Params,
    state::{self, State},
};

/// A point that can be chosen.
pub(super) struct Choice {
    pub(super) id: i64,
    pub(super) time: Moment,
    pub(super) action: String,
    pub(super) actor: String,
}

impl From<&Model> for Choice {
    fn from(record: &Model) -> Self {
        let actor = record.actor_name.as_ref().or(record.actor_id.as_ref());
        Self {
            id: record.id,
            time: Entity::time(record).into(),
            action: record.action.clone(),
            actor: actor.cloned().unwrap_or_default(),
        }
    }
}

/// The two points.
pub(super) struct Compared {
    pub(super) from: i64,
    pub(super) to: i64,
    /// Those of the page, and those that were chosen elsewhere; the newest first.
    pub(super) choices: Vec<Choice>,
    /// What differs, where both were chosen.
    pub(super) difference: Option<Vec<ChangeView>>,
}

impl Compared {
    pub(super) async fn load(history: &History, visit: &Visit) -> Result<Self, Failure> {
        let from = Point::read("from", &visit.params, history, visit).await?;
        let to = Point::read("to", &visit.params, history, visit).await?;
        let chosen = [&from, &to].into_iter().flatten();
        let mut choices: Vec<Choice> = history.records.iter().map(Choice::from).collect();
        for point in chosen {
            if !choices.iter().any(|choice| choice.id == point.record.id) {
                choices.push(Choice::from(&point.record));
            }
        }
        choices.sort_by_key(|choice| std::cmp::Reverse(choice.id));
        let difference = from.as_ref().zip(to.as_ref()).map(|(from, to)| {
            let changes = state::difference(&from.state, &to.state);
            change::views(&changes)
        });
        let number = |point: Option<Point>, default: Option<&Model>| {
            let chosen = point.map(|point| point.record.id);
            chosen
                .or(default.map(|record| record.id))
                .unwrap_or_default()
        };
        Ok(Self {
            from: number(from, history.records.first()),
            to: number(to, history.records.last()),
            choices,
            difference,
        })
    }
}

/// A record of the object, and the state after it.
struct Point {
    record: Model,
    state: State,
}

impl Point {
    /// The point that a parameter names.
    async fn read(
        name: &str,
        params: &Params,
        history: &History,
        visit: &Visit,
    ) -> Result<Option<Self>, Failure> {
        let Some(id) = params.read::<i64>(name, "the number of a record")? else {
            return Ok(None);
        };
        let mut here = history.records.iter().zip(&history.states);
        if let Some((record, state)) = here.find(|(record, _)| record.id == id) {
            return Ok(Some(Self {
                record: record.clone(),
                state: state.clone(),
            }));
        }
        let mut records = history.object.up_to(id, visit).await?;
        let state = state::states(&records).pop();
        match (records.pop(), state) {
            (Some(record), Some(state)) if record.id == id => Ok(Some(Self { record, state })),
            _ => Err(Failure::bad_request("This history has no such point.")),
        }
    }
}
