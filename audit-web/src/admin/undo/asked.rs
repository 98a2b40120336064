//! What somebody asks to undo.

use audit_sea_orm::{
    RecordQuery, TrailQuery,
    entity::audit_log::{Column, Entity},
    undo::{UndoPlan, UndoQuery},
};
use sea_orm::{DatabaseConnection, EntityTrait, QuerySelect, QueryTrait};

use crate::admin::{
    count,
    failure::Failure,
    params::{Params, link},
    period::Instant,
    value,
};

/// The most records that an undo here reads: all of them are in memory.
const MOST_RECORDS: u64 = 20_000;

/// What somebody asks to undo, as it stands in an address and in forms.
pub(super) struct Asked {
    pub(super) request: String,
    pub(super) transaction: String,
    pub(super) actor: String,
    pub(super) from: String,
    pub(super) until: String,
    /// Names of columns, with commas between them.
    pub(super) noise: String,
    origin: Option<Origin>,
}

/// Whose writes.
enum Origin {
    Request(String),
    Transaction(String),
    Actor(String, Instant, Instant),
}

impl Asked {
    pub(super) fn read(params: &Params) -> Result<Self, Failure> {
        let text = |name| params.get(name).unwrap_or_default().trim().to_owned();
        Ok(Self {
            request: text("request"),
            transaction: text("transaction"),
            actor: text("actor"),
            from: text("from"),
            until: text("until"),
            noise: text("noise"),
            origin: origin(params)?,
        })
    }

    /// The names and the values that say what it is.
    pub(super) fn named(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("request", &self.request),
            ("transaction", &self.transaction),
            ("actor", &self.actor),
            ("from", &self.from),
            ("until", &self.until),
        ];
        let named = all.into_iter().filter(|(_, value)| !value.is_empty());
        named.map(|(name, value)| (name, value.as_str())).collect()
    }

    /// The question of the plan, where something is asked.
    pub(super) fn query(&self) -> Option<UndoQuery> {
        let query = match self.origin.as_ref()? {
            Origin::Request(id) => UndoPlan::for_request(id),
            Origin::Transaction(id) => UndoPlan::for_transaction(id),
            Origin::Actor(id, Instant(from), Instant(until)) => {
                UndoPlan::for_actor(id, *from, *until)
            }
        };
        let columns = self.noise.split([',', ' ']).filter(|name| !name.is_empty());
        Some(columns.fold(query, UndoQuery::noise))
    }

    /// Refuses what would take too much memory.
    pub(super) async fn refuse_too_many(&self, db: &DatabaseConnection) -> Result<(), Failure> {
        let records = Entity::find();
        let records = match &self.origin {
            None => return Ok(()),
            Some(Origin::Request(id)) => records.by_request(id),
            Some(Origin::Transaction(id)) => records.of_transaction(id),
            Some(Origin::Actor(id, Instant(from), Instant(until))) => {
                records.by_actor(id).between(*from, *until)
            }
        };
        let ids = records.select_only().column(Column::Id);
        let ids = ids.limit(MOST_RECORDS + 1).into_query();
        if count::rows(db, [ids]).await? > vec![MOST_RECORDS] {
            return Err(Failure::bad_request(format!(
                "That is more than {MOST_RECORDS} records, too many for a page. A program can undo them: see `UndoPlan`."
            )));
        }
        Ok(())
    }

    /// The list of the records.
    pub(super) fn records(&self) -> String {
        let day = |time: &str| time.split('T').next().unwrap_or_default().to_owned();
        let (from, until) = (day(&self.from), day(&self.until));
        match &self.origin {
            Some(Origin::Request(id)) => link("request", &[("id", id)]),
            Some(Origin::Transaction(id)) => link("transaction", &[("id", id)]),
            Some(Origin::Actor(id, ..)) => link(
                "records",
                &[("actor", id), ("from", &from), ("until", &until)],
            ),
            None => "records".to_owned(),
        }
    }

    pub(super) fn title(&self) -> String {
        let cut = |id: &str| value::cut(id, 60);
        match &self.origin {
            None => "Undo".to_owned(),
            Some(Origin::Request(id)) => format!("Undo request {}", cut(id)),
            Some(Origin::Transaction(id)) => format!("Undo transaction {}", cut(id)),
            Some(Origin::Actor(id, ..)) => format!(
                "Undo what {} did from {} until {}",
                cut(id),
                self.from,
                self.until
            ),
        }
    }
}

fn origin(params: &Params) -> Result<Option<Origin>, Failure> {
    let text = |name| params.get(name).map(|text| text.trim().to_owned());
    let time = |name| params.read::<Instant>(name, "a time such as 2026-11-24T10:00");
    match (text("request"), text("transaction"), text("actor")) {
        (None, None, None) => Ok(None),
        (Some(id), None, None) => Ok(Some(Origin::Request(id))),
        (None, Some(id), None) => Ok(Some(Origin::Transaction(id))),
        (None, None, Some(id)) => match (time("from")?, time("until")?) {
            (Some(from), Some(until)) => Ok(Some(Origin::Actor(id, from, until))),
            _ => Err(Failure::bad_request(
                "From when until when? What an actor did is undone within a time.",
            )),
        },
        _ => Err(Failure::bad_request(
            "Name one of them: a request, a transaction or an actor.",
        )),
    }
}
