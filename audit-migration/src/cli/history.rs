//! `history`.

use audit_sea_orm::{
    AnyObject, RecordQuery, TrailPage, TrailQuery, entity::audit_log, serde_json::json,
};
use sea_orm_migration::{
    DbErr,
    sea_orm::{DatabaseConnection, EntityTrait},
};

use super::{
    arguments::HistoryOf,
    output::{changes, printable, say, say_error, say_json, table, time},
};

pub(super) async fn history(asked: HistoryOf, db: &DatabaseConnection) -> Result<bool, DbErr> {
    let mut page = page(&asked, db).await?;
    let rows = page.rows.into_iter();
    page.rows = rows.map(audit_log::Model::with_present_names).collect();
    let next = page.next.map(|next| next.id());
    if asked.json {
        say_json(&json!({ "records": page.rows, "next": next }))?;
        return Ok(!page.rows.is_empty());
    }
    if page.rows.is_empty() {
        let (table, key) = (&asked.object.table, &asked.object.key);
        say_error(&format!("there is no record of `{table}` `{key}`"));
        return Ok(false);
    }
    let mut rows = table([
        "record", "time", "action", "object", "by", "changes", "reason",
    ]);
    for record in &page.rows {
        rows.add_row(row(record));
    }
    say(&rows.to_string());
    if let Some(next) = next {
        say(&format!("older ones follow: --before {next}"));
    }
    Ok(true)
}

async fn page(
    asked: &HistoryOf,
    db: &DatabaseConnection,
) -> Result<TrailPage<audit_log::Model>, DbErr> {
    let (table, key) = (&asked.object.table, &asked.object.key);
    let before = asked.before.map(Into::into);
    if asked.parts.is_empty() {
        let mut select = audit_log::Entity::find().for_key(table, key);
        if let Some(before) = before {
            select = select.older_than(before);
        }
        return select.newest_first().page(db, asked.limit).await;
    }
    let mut timeline =
        AnyObject::find(table, key)?.timeline(asked.parts.iter().map(String::as_str))?;
    if let Some(before) = before {
        timeline = timeline.older_than(before);
    }
    timeline.page(db, asked.limit).await
}

fn row(record: &audit_log::Model) -> [String; 7] {
    let shown = |text: Option<&String>| text.map(|text| printable(text).into_owned());
    let object = [record.table_name.as_ref(), record.object_id.as_ref()];
    let actor = record.actor_name.as_ref().or(record.actor_id.as_ref());
    [
        record.id.to_string(),
        time(record.occurred_at),
        printable(&record.action).into_owned(),
        object.map(|part| shown(part).unwrap_or_default()).join(" "),
        shown(actor).unwrap_or_default(),
        changes(&record.changes()),
        shown(record.reason.as_ref()).unwrap_or_default(),
    ]
}
