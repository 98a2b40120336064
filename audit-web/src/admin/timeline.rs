//! An object together with its parts, as one timeline.

use askama::Template;
use audit_sea_orm::{
    AnyObject, TrailCursor,
    entity::audit_log::{Entity, Model},
};
use axum::response::Html;

use super::{
    admitted::Visit, cell::Cell, entry::Entry, failure::Failure, history, layout::Layout,
    listed::Listed, page::position, position::Position, value,
};

/// The records of an object and its parts, the newest first.
pub(super) struct PartsTimeline {
    pub(super) object: AnyObject,
    /// The tables of its parts.
    pub(super) parts: Vec<&'static str>,
    pub(super) records: Vec<Model>,
    pub(super) older: Option<TrailCursor>,
}

impl PartsTimeline {
    pub(super) async fn load(visit: &Visit) -> Result<Self, Failure> {
        // A page with some of the records left out would tell that there are others.
        if visit.viewer.tenant.is_some() {
            return Err(Failure::forbidden(
                "Only somebody who sees the whole trail may see an object together with its parts.",
            ));
        }
        let (table, object) = (visit.params.get("table"), visit.params.get("object"));
        let (Some(table), Some(id)) = (table, object) else {
            return Err(Failure::bad_request(
                "Which object? Name its table and its key.",
            ));
        };
        let object = AnyObject::find(table, id).map_err(|_| {
            Failure::not_found(
                "The program knows no such object, so its parts are not known either.",
            )
        })?;
        let parts: Vec<_> = object.parts().collect();
        let timeline = object
            .timeline(parts.iter().copied())
            .map_err(sea_orm::DbErr::from)?;
        let timeline = match position(&visit.params)? {
            Position::Older(cursor) => timeline.older_than(cursor),
            Position::Newest | Position::Newer(_) => timeline,
        };
        let page = timeline
            .page(&visit.shared.db, visit.shared.settings.page_size)
            .await?;
        let records = page.rows.into_iter().map(Model::with_present_names);
        Ok(Self {
            object,
            parts,
            records: records.collect(),
            older: page.next,
        })
    }
}

#[derive(Template)]
#[template(path = "timeline.html")]
struct TimelinePage {
    layout: Layout,
    table: String,
    object_id: String,
    parts: Vec<&'static str>,
    history: String,
    entries: Vec<Entry>,
    older: String,
    newest: String,
}

pub(super) async fn page(visit: Visit) -> Result<Html<String>, Failure> {
    let timeline = PartsTimeline::load(&visit).await?;
    visit.record_view().await?;
    let (layout, object) = (visit.layout(), &timeline.object);
    let named = visit.params.keeping(["table", "object"]);
    let records = timeline.records.iter();
    let page = TimelinePage {
        table: object.table().to_owned(),
        object_id: value::cut(object.id(), 200),
        parts: timeline.parts,
        history: history::link_to(object.table(), object.id(), &layout.base).unwrap_or_default(),
        entries: records.map(|record| entry(record, &layout.base)).collect(),
        older: timeline.older.map_or_else(String::new, |cursor| {
            named.with("before", Some(cursor.to_string())).to_query()
        }),
        newest: visit
            .params
            .get("before")
            .map_or_else(String::new, |_| named.to_query()),
        layout,
    };
    Ok(Html(page.render()?))
}

/// A record, with who did it and why.
fn entry(record: &Model, base: &str) -> Entry {
    let actor = Entity::cells(record, base).pop().unwrap_or(Cell::Empty);
    let why = Cell::maybe(record.reason.as_ref());
    Entry::new(record, vec![("By", actor), ("Why", why)], base)
}
