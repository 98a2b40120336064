//! The timeline of one object.

mod compared;
mod object;
mod past;

use askama::Template;
use audit_sea_orm::{TrailCursor, entity::audit_log, renames};
use axum::response::Html;

use super::{
    admitted::Visit,
    cell::{Cell, Moment},
    change::{self, ChangeView, Side},
    failure::Failure,
    layout::Layout,
    listed::Listed,
    page::position,
    params::link,
    position::Position,
    range::Range,
    state::{self, State},
    value,
};
use compared::Compared;
use object::Object;
use past::Past;

/// The most records whose states one page rebuilds.
const MOST: u64 = 200;

/// The longest key that is put into a URL. A longer one may be stored as its digest.
const LONGEST: usize = 300;

/// The link to the history of a record's object, where it is about one.
pub(super) fn link_of(record: &audit_log::Model, base: &str) -> Option<String> {
    let (table, id) = (record.table()?, record.object_id.as_deref()?);
    // A key that no URL holds is found by way of the record.
    let by_record = || {
        link(
            &format!("{base}history"),
            &[("record", &record.id.to_string())],
        )
    };
    Some(link_to(table, id, base).unwrap_or_else(by_record))
}

/// The link to the history of an object, where a URL can hold its key.
pub(super) fn link_to(table: &str, id: &str, base: &str) -> Option<String> {
    fits(id).then(|| {
        link(
            &format!("{base}history"),
            &[("table", table), ("object", id)],
        )
    })
}

/// Whether a URL can hold a key.
fn fits(id: &str) -> bool {
    id.len() <= LONGEST && !id.contains('\0') && !id.is_empty()
}

/// The records of one object, the oldest first, with the state after each.
pub(super) struct History {
    pub(super) object: Object,
    pub(super) records: Vec<audit_log::Model>,
    pub(super) states: Vec<State>,
    pub(super) older: Option<TrailCursor>,
}

impl History {
    pub(super) async fn load(visit: &Visit) -> Result<Self, Failure> {
        let object = Object::read(visit).await?;
        let position = match position(&visit.params)? {
            Position::Older(cursor) => Position::Older(cursor),
            Position::Newest | Position::Newer(_) => Position::Newest,
        };
        let page = object.records(position, Range::default(), visit).await?;
        let mut records = page.rows;
        if records.is_empty() {
            return Err(Failure::not_found(
                "The trail has no record of such an object.",
            ));
        }
        records.reverse();
        Ok(Self {
            object,
            states: state::states(&records),
            records,
            older: page.next,
        })
    }

    /// The present name of the object's table.
    pub(super) fn table(&self) -> &str {
        renames::table(&self.object.table)
    }

    /// The object in words.
    fn title(&self) -> String {
        let mut texts = self
            .records
            .iter()
            .rev()
            .filter_map(|record| record.object_repr.clone());
        let text = texts.next().filter(|text| !text.is_empty());
        text.unwrap_or_else(|| format!("{} {}", self.table(), value::cut(&self.object.id, 60)))
    }
}

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    layout: Layout,
    title: String,
    table: String,
    object_id: String,
    /// The parameters that name the object and the page, to keep in the forms.
    kept: Vec<(&'static str, String)>,
    points: Vec<Point>,
    compared: Compared,
    /// The picked day and the time of it, as they were typed.
    day: String,
    time: String,
    past: Option<Past>,
    /// Where its parts are beside it, if there can be any.
    timeline: String,
    older: String,
    newest: String,
}

/// A record in the timeline.
struct Point {
    id: i64,
    time: Moment,
    badge: Cell,
    actor: Cell,
    reason: String,
    changes: Vec<ChangeView>,
    state: Vec<(String, Side)>,
    exists: bool,
    is_complete: bool,
}

pub(super) async fn page(visit: Visit) -> Result<Html<String>, Failure> {
    let history = History::load(&visit).await?;
    let compared = Compared::load(&history, &visit).await?;
    let past = Past::load(&history.object, &visit).await?;
    visit.record_view().await?;
    let layout = visit.layout();
    let kept = visit
        .params
        .keeping(["table", "object", "record", "from", "to", "day", "time"]);
    let points = history.records.iter().zip(&history.states).rev();
    let page = HistoryPage {
        title: history.title(),
        table: history.table().to_owned(),
        object_id: value::cut(&history.object.id, 200),
        points: points
            .map(|(record, state)| point(record, state, &layout.base))
            .collect(),
        compared,
        day: visit.params.get("day").unwrap_or_default().to_owned(),
        time: visit.params.get("time").unwrap_or_default().to_owned(),
        past,
        timeline: timeline(&history.object, &visit, &layout.base),
        older: history.older.map_or_else(String::new, |cursor| {
            kept.with("before", Some(cursor.to_string())).to_query()
        }),
        newest: visit
            .params
            .get("before")
            .map_or_else(String::new, |_| kept.to_query()),
        kept: ["table", "object", "record", "before"]
            .into_iter()
            .filter_map(|name| Some((name, visit.params.get(name)?.to_owned())))
            .collect(),
        layout,
    };
    Ok(Html(page.render()?))
}

/// The link to the object together with its parts.
fn timeline(object: &Object, visit: &Visit, base: &str) -> String {
    let known = object.known(visit);
    let whole = known.filter(|known| known.parts().next().is_some() && fits(known.id()));
    let page = format!("{base}timeline");
    whole.map_or_else(String::new, |whole| {
        link(&page, &[("table", whole.table()), ("object", whole.id())])
    })
}

fn point(record: &audit_log::Model, state: &State, base: &str) -> Point {
    let cells = audit_log::Entity::cells(record, base);
    let [badge, _, _, actor] = <[Cell; 4]>::try_from(cells).expect("a record has four cells");
    let held = state.values.iter();
    Point {
        id: record.id,
        time: audit_log::Entity::time(record).into(),
        badge,
        actor,
        reason: record.reason.clone().unwrap_or_default(),
        changes: change::views(&record.changes()),
        state: held
            .map(|(column, value)| (column.clone(), change::side(Some(value))))
            .collect(),
        exists: state.exists,
        is_complete: state.is_complete,
    }
}
