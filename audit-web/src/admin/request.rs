//! What one request did, or one transaction, as one page.

use askama::Template;
use audit_sea_orm::{
    TrailCursor,
    entity::{
        audit_log::{Column, Entity, Model},
        system_event,
    },
};
use axum::response::Html;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ColumnTrait, DbErr};

use super::{
    admitted::Visit,
    cell::{Cell, Moment, Section},
    entry::Entry,
    failure::Failure,
    layout::Layout,
    listed::Listed,
    page::position,
    params::link,
    position::Position,
    prefix::IndexPrefix,
    range::{Ends, Range},
    scan::Scan,
    shared_context::SharedContext,
    value,
};

/// The most system events that a page shows.
const MOST_EVENTS: u64 = 20;

/// How long after its last record of a page a request may still be at work, and before its first one.
const AROUND: TimeDelta = TimeDelta::minutes(10);

/// What records can have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Request,
    Transaction,
}

impl Unit {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Transaction => "transaction",
        }
    }

    fn column(self) -> Column {
        match self {
            Self::Request => Column::RequestId,
            Self::Transaction => Column::TransactionId,
        }
    }
}

/// The records of one request or transaction, the oldest first.
pub(super) struct Deeds {
    pub(super) id: String,
    pub(super) records: Vec<Model>,
    /// The system events of the same request that were found near its records; on its first page.
    pub(super) events: Vec<system_event::Model>,
    pub(super) newer: Option<TrailCursor>,
    looked_to: Option<DateTime<Utc>>,
    is_first: bool,
}

impl Deeds {
    pub(super) async fn load(unit: Unit, visit: &Visit) -> Result<Self, Failure> {
        let Some(id) = visit.params.get("id") else {
            let text = format!("Which {}? Name its id.", unit.name());
            return Err(Failure::bad_request(text));
        };
        let (from, is_first) = match position(&visit.params)? {
            Position::Newer(cursor) => (cursor, false),
            Position::Newest | Position::Older(_) => (TrailCursor::from(i64::MIN), true),
        };
        let prefix = IndexPrefix::of(vec![(unit.column(), id.into())]);
        let scan = Scan::<Entity>::along(prefix).seen_by(&visit.viewer);
        let size = visit.shared.settings.page_size;
        let found = scan
            .page(&visit.shared.db, Position::Newer(from), size)
            .await?;
        if found.rows.is_empty() && found.next.is_none() && is_first {
            let text = format!("The trail has no record of such a {}.", unit.name());
            return Err(Failure::not_found(text));
        }
        let events = if unit == Unit::Request && is_first {
            events(id, &found.rows, visit).await?
        } else {
            Vec::new()
        };
        let records = found.rows.into_iter().map(Model::with_present_names);
        Ok(Self {
            id: id.to_owned(),
            records: records.collect(),
            events,
            newer: found.next,
            looked_to: found.looked_to,
            is_first,
        })
    }
}

/// The system events of a request: no index knows them, so those are looked at that came near its records.
async fn events(
    id: &str,
    records: &[Model],
    visit: &Visit,
) -> Result<Vec<system_event::Model>, DbErr> {
    if records.is_empty() {
        return Ok(Vec::new());
    }
    let times = || records.iter().map(|record| record.occurred_at);
    let around =
        |time: Option<DateTime<Utc>>, by| time.and_then(|time| time.checked_add_signed(by));
    let range = Range {
        from: around(times().min(), -AROUND),
        until: around(times().max(), AROUND),
    };
    let db = &visit.shared.db;
    let numbers = range
        .numbers::<system_event::Entity>(Ends::Near, db)
        .await?;
    let scan = Scan::<system_event::Entity>::along(IndexPrefix::of(Vec::new()));
    let scan = scan
        .within(numbers)
        .but(range.holds::<system_event::Entity>())
        .but(system_event::Column::RequestId.eq(id))
        .seen_by(&visit.viewer);
    let first = Position::Newer(TrailCursor::from(i64::MIN));
    Ok(scan.page(db, first, MOST_EVENTS).await?.rows)
}

#[derive(Template)]
#[template(path = "request.html")]
struct RequestPage {
    layout: Layout,
    unit: &'static str,
    title: &'static str,
    id: String,
    notice: String,
    sections: Vec<Section>,
    links: Vec<(String, &'static str)>,
    entries: Vec<Entry>,
    looked_to: Option<Moment>,
    events: Vec<EventView>,
    first: String,
    newer: String,
}

struct EventView {
    id: i64,
    badge: Cell,
    title: String,
    time: Moment,
}

pub(super) async fn request(visit: Visit) -> Result<Html<String>, Failure> {
    page(Unit::Request, &visit).await
}

pub(super) async fn transaction(visit: Visit) -> Result<Html<String>, Failure> {
    page(Unit::Transaction, &visit).await
}

async fn page(unit: Unit, visit: &Visit) -> Result<Html<String>, Failure> {
    let deeds = Deeds::load(unit, visit).await?;
    visit.record_view().await?;
    let layout = visit.layout();
    let shared = SharedContext::of(&deeds.records);
    let of_unit = visit.params.keeping(["id"]);
    let page = RequestPage {
        unit: unit.name(),
        title: match unit {
            Unit::Request => "What a request did",
            Unit::Transaction => "What a transaction did",
        },
        notice: notice(visit),
        sections: sections(unit, &deeds.id, shared.as_ref(), &layout.base),
        links: links(unit, &deeds.id, visit),
        entries: entries(&deeds.records, shared.as_ref(), &layout.base),
        looked_to: deeds.looked_to.map(Moment::from),
        events: deeds
            .events
            .iter()
            .map(|event| view(event, &layout.base))
            .collect(),
        first: if deeds.is_first {
            String::new()
        } else {
            of_unit.to_query()
        },
        newer: deeds.newer.map_or_else(String::new, |cursor| {
            of_unit.with("after", Some(cursor.to_string())).to_query()
        }),
        id: value::cut(&deeds.id, 200),
        layout,
    };
    Ok(Html(page.render()?))
}

fn entries(records: &[Model], shared: Option<&SharedContext>, base: &str) -> Vec<Entry> {
    let entry = |record: &Model| {
        let rest = shared.map(|shared| shared.rest(record, base));
        Entry::new(record, rest.unwrap_or_default(), base)
    };
    records.iter().map(entry).collect()
}

/// Who, where and why, without a link to the page itself.
fn sections(unit: Unit, id: &str, shared: Option<&SharedContext>, base: &str) -> Vec<Section> {
    let own = link(&format!("{base}{}", unit.name()), &[("id", id)]);
    let mut sections = shared.map_or_else(Vec::new, |shared| shared.sections(base));
    for section in &mut sections {
        section.links.retain(|(href, _)| *href != own);
    }
    sections
}

fn links(unit: Unit, id: &str, visit: &Visit) -> Vec<(String, &'static str)> {
    let of = |page, text| (link(page, &[(unit.name(), id)]), text);
    let undo = visit.viewer.may_undo().then(|| of("undo", "Undo …"));
    let list = of("records", "As a list, with filters and files");
    [list].into_iter().chain(undo).collect()
}

/// What an undo before this page did. Only a number comes from the URL.
fn notice(visit: &Visit) -> String {
    let undone = visit.params.get("undone");
    let undone = undone.and_then(|count| count.parse::<u32>().ok());
    undone.map_or_else(String::new, |count| {
        format!("Undone, rows written: {count}. These are the records of it.")
    })
}

fn view(event: &system_event::Model, base: &str) -> EventView {
    let mut cells = system_event::Entity::cells(event, base);
    EventView {
        id: event.id,
        badge: cells.swap_remove(0),
        title: value::cut(&event.title, 200),
        time: event.occurred_at.into(),
    }
}
