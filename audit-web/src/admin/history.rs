//! The timeline of one object.

use askama::Template;
use audit_sea_orm::{TrailCursor, TrailPage, TrailQuery, entity::audit_log, renames};
use axum::response::Html;
use sea_orm::{ColumnTrait, DbErr, QueryFilter};

use super::{
    admitted::Visit,
    cell::{Cell, Moment},
    change::{self, ChangeView, Side},
    detail,
    failure::Failure,
    layout::Layout,
    listed::Listed,
    page::position,
    params::{Params, link},
    position::Position,
    prefix::IndexPrefix,
    scan::Scan,
    state::{self, State},
    value,
};

/// The most records whose states one page rebuilds.
const MOST: u64 = 200;

/// The longest key that is put into a URL. A longer one may be stored as its digest.
const LONGEST: usize = 300;

/// The link to the history of a record's object, where it is about one.
pub(super) fn link_of(record: &audit_log::Model, base: &str) -> Option<String> {
    let (table, id) = (record.table()?, record.object_id.as_deref()?);
    let page = format!("{base}history");
    // A key that no URL holds is found by way of the record.
    if id.len() > LONGEST || id.contains('\0') || id.is_empty() {
        return Some(link(&page, &[("record", &record.id.to_string())]));
    }
    Some(link(&page, &[("table", table), ("object", id)]))
}

/// The records of one object, the oldest first, with the state after each.
pub(super) struct History {
    pub(super) table: String,
    pub(super) object_id: String,
    pub(super) records: Vec<audit_log::Model>,
    pub(super) states: Vec<State>,
    pub(super) older: Option<TrailCursor>,
}

impl History {
    pub(super) async fn load(visit: &Visit) -> Result<Self, Failure> {
        let (table, object_id) = object(visit).await?;
        let position = match position(&visit.params)? {
            Position::Older(cursor) => Position::Older(cursor),
            Position::Newest | Position::Newer(_) => Position::Newest,
        };
        let page = records(&table, &object_id, position, visit).await?;
        let present = page.rows.into_iter();
        let mut records: Vec<_> = present.map(audit_log::Model::with_present_names).collect();
        if records.is_empty() {
            return Err(Failure::not_found(
                "The trail has no record of such an object.",
            ));
        }
        records.reverse();
        Ok(Self {
            table: renames::table(&table).to_owned(),
            object_id,
            states: state::states(&records),
            records,
            older: page.next,
        })
    }

    /// The state after the record of that number.
    fn state(&self, id: i64) -> Result<&State, Failure> {
        let at = self.records.iter().position(|record| record.id == id);
        let state = at.and_then(|at| self.states.get(at));
        state.ok_or_else(|| Failure::bad_request("This history has no such point."))
    }

    /// What differs between the two points that the parameters name, if they do.
    fn difference(&self, params: &Params) -> Result<Option<Vec<ChangeView>>, Failure> {
        let point = |name| params.read::<i64>(name, "the number of a record");
        let (Some(from), Some(to)) = (point("from")?, point("to")?) else {
            return Ok(None);
        };
        let changes = state::difference(self.state(from)?, self.state(to)?);
        Ok(Some(change::views(&changes)))
    }
}

/// The newest records of an object from a place on.
async fn records(
    table: &str,
    object_id: &str,
    position: Position,
    visit: &Visit,
) -> Result<TrailPage<audit_log::Model>, DbErr> {
    use audit_log::Column;
    let db = &visit.shared.db;
    let names = renames::tables(table);
    if names.len() > 1 && object_id.len() <= LONGEST {
        // Of several names at once, no index has the order of the trail.
        let of_name = |name: &&str| {
            let lead = [(Column::TableName, *name), (Column::ObjectId, object_id)];
            IndexPrefix::of(lead.map(|(column, value)| (column, value.into())).into())
        };
        let scan = Scan::<audit_log::Entity>::over(names.iter().map(of_name).collect());
        let scan = match &visit.viewer.tenant {
            Some(tenant) => scan.but(Column::TenantId.eq(tenant.as_str())),
            None => scan,
        };
        let found = scan.page(db, position, MOST).await?;
        return Ok(TrailPage {
            rows: found.rows,
            next: found.next,
        });
    }
    let select = audit_log::Entity::for_key(table, object_id);
    let mut select = select.filter(visit.viewer.sees::<audit_log::Entity>());
    if let Position::Older(cursor) = position {
        select = select.older_than(cursor);
    }
    select.newest_first().page(db, MOST).await
}

/// The object's table and key, from the URL or from a record that it names.
async fn object(visit: &Visit) -> Result<(String, String), Failure> {
    if let Some(id) = visit.params.get("record") {
        let record = detail::row::<audit_log::Entity>(visit, id).await?;
        if let (Some(table), Some(id)) = (record.table_name, record.object_id) {
            return Ok((table, id));
        }
        return Err(Failure::not_found("That record is not about an object."));
    }
    match (visit.params.get("table"), visit.params.get("object")) {
        (Some(table), Some(id)) => Ok((table.to_owned(), id.to_owned())),
        _ => Err(Failure::bad_request(
            "Which object? Name its table and its key.",
        )),
    }
}

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    layout: Layout,
    title: String,
    table: String,
    object_id: String,
    /// The parameters that name the object, to keep in the form.
    kept: Vec<(&'static str, String)>,
    points: Vec<Point>,
    difference: Option<Vec<ChangeView>>,
    from: i64,
    to: i64,
    older: String,
    newest: String,
}

/// A record in the timeline.
struct Point {
    id: i64,
    time: Moment,
    badge: Cell,
    action: String,
    actor: Cell,
    actor_name: String,
    reason: String,
    changes: Vec<ChangeView>,
    state: Vec<(String, Side)>,
    exists: bool,
    is_complete: bool,
}

pub(super) async fn page(visit: Visit) -> Result<Html<String>, Failure> {
    let history = History::load(&visit).await?;
    let difference = history.difference(&visit.params)?;
    visit.record_view().await?;
    let layout = visit.layout();
    let repr = history
        .records
        .iter()
        .rev()
        .find_map(|record| record.object_repr.clone());
    let kept = visit.params.keeping(["table", "object", "record"]);
    let ids: Vec<i64> = history.records.iter().map(|record| record.id).collect();
    let point = |name, default: Option<&i64>| {
        let chosen = visit.params.get(name).and_then(|id| id.parse().ok());
        chosen.or(default.copied()).unwrap_or_default()
    };
    let points = history.records.iter().zip(&history.states).rev();
    let page = HistoryPage {
        title: repr
            .filter(|repr| !repr.is_empty())
            .unwrap_or_else(|| format!("{} {}", history.table, value::cut(&history.object_id, 60))),
        object_id: value::cut(&history.object_id, 200),
        points: points
            .map(|(record, state)| self::point(record, state, &layout.base))
            .collect(),
        from: point("from", ids.first()),
        to: point("to", ids.last()),
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
        table: history.table,
        difference,
        layout,
    };
    Ok(Html(page.render()?))
}

fn point(record: &audit_log::Model, state: &State, base: &str) -> Point {
    let cells = audit_log::Entity::cells(record, base);
    let [badge, _, _, actor] = <[Cell; 4]>::try_from(cells).expect("a record has four cells");
    let name = record.actor_name.as_ref().or(record.actor_id.as_ref());
    let held = state.values.iter();
    Point {
        id: record.id,
        time: audit_log::Entity::time(record).into(),
        badge,
        action: record.action.clone(),
        actor,
        actor_name: name.cloned().unwrap_or_default(),
        reason: record.reason.clone().unwrap_or_default(),
        changes: change::views(&record.changes()),
        state: held
            .map(|(column, value)| (column.clone(), change::side(Some(value))))
            .collect(),
        exists: state.exists,
        is_complete: state.is_complete,
    }
}
