//! The pages that are measured.

use audit_sea_orm::{
    TrailCursor, TrailEntity,
    entity::{data_export, login_attempt, system_event},
    prelude::*,
};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use crate::trail::Trail;

pub(crate) struct Page {
    pub(crate) name: &'static str,
    pub(crate) path: String,
    /// Whether it must answer within the bars; the overview counts a period, which grows with the trail.
    pub(crate) is_list: bool,
}

/// Lists by their names, and their filters.
const LISTS: [(&str, &str); 46] = [
    ("records", "records"),
    ("records: action", "records?action=UPDATE"),
    ("records: rare action", "records?action=PUBLISH"),
    ("records: table", "records?table=order"),
    ("records: rare table", "records?table=role"),
    ("records: object", "records?table=setting&object=1"),
    ("records: object of any table", "records?object=1"),
    ("records: actor", "records?actor=1"),
    ("records: actor who left", "records?actor=import-service"),
    ("records: search", "records?q=walnut"),
    ("records: search without result", "records?q=zzzz"),
    ("records: year", "records?date=2026"),
    ("records: month", "records?date=2026-03"),
    ("records: day", "records?date=2026-03-10"),
    ("records: actor, action", "records?actor=1&action=DELETE"),
    (
        "records: actor who left, rare table",
        "records?actor=import-service&table=role",
    ),
    ("records: actor, day", "records?actor=1&date=2026-03-10"),
    (
        "records: table, action, month",
        "records?table=order&action=DELETE&date=2026-03",
    ),
    (
        "records: action, days",
        "records?action=CREATE&from=2026-01-01&until=2026-02-15",
    ),
    ("records: actor, search", "records?actor=1&q=walnut"),
    ("records: month, search", "records?date=2026-03&q=walnut"),
    ("records: JSON", "api/records"),
    ("records: JSON, actor", "api/records?actor=1"),
    ("history", "history?table=setting&object=1"),
    ("logins", "logins"),
    ("logins: status", "logins?status=FAILED"),
    ("logins: user name", "logins?username=grace.miller"),
    ("logins: address", "logins?ip=203.0.113.7"),
    (
        "logins: address, status",
        "logins?ip=203.0.113.7&status=FAILED",
    ),
    ("logins: search", "logins?q=wien"),
    ("logins: month", "logins?date=2026-03"),
    ("logins: JSON", "api/logins"),
    ("exports", "exports"),
    ("exports: format", "exports?format=CSV"),
    ("exports: actor", "exports?actor=1"),
    ("exports: search", "exports?q=orders"),
    ("exports: month", "exports?date=2026-03"),
    ("exports: JSON", "api/exports"),
    ("events", "events"),
    ("events: type", "events?type=ERROR"),
    ("events: open", "events?resolved=no"),
    ("events: open errors", "events?resolved=no&type=ERROR"),
    ("events: actor", "events?actor=1"),
    ("events: search", "events?q=walnut"),
    ("events: month", "events?date=2026-03"),
    ("events: JSON", "api/events"),
];

/// The overviews, by their days.
const OVERVIEWS: [(&str, &str); 4] = [
    ("overview: 24 hours", "dashboard?days=1"),
    ("overview: 7 days", "dashboard?days=7"),
    ("overview: 30 days", "dashboard"),
    ("overview: a year", "dashboard?days=365"),
];

/// Every page of a trail.
pub(crate) async fn all(trail: &Trail) -> Result<Vec<Page>, DbErr> {
    let mut pages: Vec<Page> = LISTS.map(|(name, path)| page(name, path, true)).into();
    pages.extend(deep(trail).await?);
    pages.extend(OVERVIEWS.map(|(name, path)| page(name, path, false)));
    Ok(pages)
}

fn page(name: &'static str, path: &str, is_list: bool) -> Page {
    Page {
        name,
        path: format!("/{path}"),
        is_list,
    }
}

/// The pages in the middle of each list, back and forth, with a filter, and the details there.
async fn deep(trail: &Trail) -> Result<Vec<Page>, DbErr> {
    let (id, place) = middle::<audit_log::Entity>(trail).await?;
    let request = audit_log::Entity::find()
        .filter(audit_log::Column::Id.gte(id))
        .filter(audit_log::Column::RequestId.is_not_null())
        .order_by_asc(audit_log::Column::Id)
        .limit(1)
        .one(&trail.db)
        .await?;
    let request = request
        .and_then(|record| record.request_id)
        .unwrap_or_default();
    let (login, login_place) = middle::<login_attempt::Entity>(trail).await?;
    let (export, export_place) = middle::<data_export::Entity>(trail).await?;
    let (event, event_place) = middle::<system_event::Entity>(trail).await?;
    let pages = [
        ("records: request", format!("records?request={request}")),
        ("records: deep", format!("records?before={place}")),
        ("records: deep, forth", format!("records?after={place}")),
        (
            "records: deep, actor",
            format!("records?actor=1&before={place}"),
        ),
        (
            "records: deep, object",
            format!("records?table=setting&object=1&before={place}"),
        ),
        (
            "records: deep, search",
            format!("records?q=walnut&before={place}"),
        ),
        ("records: deep, JSON", format!("api/records?before={place}")),
        ("records: one", format!("records/{id}")),
        ("records: one, JSON", format!("api/records/{id}")),
        ("logins: deep", format!("logins?before={login_place}")),
        ("logins: one", format!("logins/{login}")),
        ("exports: deep", format!("exports?before={export_place}")),
        ("exports: one", format!("exports/{export}")),
        ("events: deep", format!("events?before={event_place}")),
        ("events: one", format!("events/{event}")),
    ];
    Ok(pages.map(|(name, path)| page(name, &path, true)).into())
}

/// The row in the middle of a table.
async fn middle<E: TrailEntity>(trail: &Trail) -> Result<(i64, TrailCursor), DbErr>
where
    E::Model: Send + Sync,
{
    let last: Select<E> = E::find().order_by_desc(E::ID);
    let last = number::<E>(last.one(&trail.db).await?);
    let row = E::find().filter(E::ID.gte(last / 2)).order_by_asc(E::ID);
    let row = row.one(&trail.db).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("a trail has rows".to_owned()))?;
    Ok((number::<E>(Some(row.clone())), E::cursor(&row)))
}

/// The number of a row.
fn number<E: TrailEntity>(row: Option<E::Model>) -> i64 {
    row.map_or(0, |row| E::cursor(&row).id())
}
