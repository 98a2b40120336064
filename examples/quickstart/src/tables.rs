//! How the trail looks in a terminal of 100 columns.

use audit_sea_orm::{AuditSummary, Change, Changes, prelude::*};
use comfy_table::{CellAlignment, ContentArrangement, Row, Table, presets};
use sea_orm::prelude::DateTimeUtc;

use crate::trail::{BusyActor, Events};

pub fn history(records: &[audit_log::Model]) -> Table {
    let rows = records.iter().map(|record| {
        [
            time(record.occurred_at),
            text(record.actor_name.as_ref()),
            record.action.clone(),
            changes(&record.changes()),
            text(record.reason.as_ref()),
        ]
    });
    table(["When (UTC)", "Who", "Action", "What", "Why"], rows)
}

pub fn actors(actors: &[BusyActor]) -> Table {
    let rows = actors.iter().map(|actor| {
        [
            actor.actor_id.clone().unwrap_or("(not logged in)".into()),
            text(actor.actor_name.as_ref()),
            actor.records.to_string(),
            time(actor.last_seen),
        ]
    });
    let mut table = table(["Actor", "Name", "Records", "Last seen (UTC)"], rows);
    align_right(&mut table, 2);
    table
}

pub fn events(events: &Events) -> Table {
    let attempts = events.attempts.iter().map(|attempt| {
        let reason = text(attempt.failure_reason.as_ref());
        let what = format!("{} {} {reason}", attempt.username, attempt.status);
        ["audit_login_attempt", &time(attempt.occurred_at), &what].map(str::to_owned)
    });
    let exports = events.exports.iter().map(|export| {
        let (kind, format, rows) = (
            &export.export_type,
            &export.file_format,
            export.record_count,
        );
        let who = text(export.actor_name.as_ref());
        let what = format!(
            "{rows} {kind} as {format}, {} bytes, by {who}",
            export.file_size
        );
        ["audit_data_export", &time(export.occurred_at), &what].map(str::to_owned)
    });
    let system = events.system.iter().map(|event| {
        let resolved = match &event.resolved_by {
            Some(by) => format!("resolved by {by}"),
            None => "open".to_owned(),
        };
        let what = format!("{}: {} ({resolved})", event.event_type, event.title);
        ["audit_system_event", &time(event.occurred_at), &what].map(str::to_owned)
    });
    let rows = attempts.chain(exports).chain(system);
    table(["Table", "When (UTC)", "What"], rows)
}

pub fn summary(everyone: &AuditSummary, bruno: &AuditSummary) -> Table {
    let rows = [
        ("Records", everyone.total_actions, bruno.total_actions),
        ("Rows created", everyone.creates, bruno.creates),
        ("Rows updated", everyone.updates, bruno.updates),
        ("Rows deleted", everyone.deletes, bruno.deletes),
        ("Rows viewed", everyone.views, bruno.views),
        (
            "Logins",
            everyone.successful_logins,
            bruno.successful_logins,
        ),
        ("Failed logins", everyone.failed_logins, bruno.failed_logins),
        (
            "Open system events",
            everyone.unresolved_events,
            bruno.unresolved_events,
        ),
    ];
    let rows = rows
        .map(|(what, everyone, bruno)| [what.to_owned(), everyone.to_string(), bruno.to_string()]);
    let mut table = table(["What", "Everyone", "Bruno"], rows);
    align_right(&mut table, 1);
    align_right(&mut table, 2);
    table
}

fn table<const N: usize>(
    header: [&str; N],
    rows: impl IntoIterator<Item = impl Into<Row>>,
) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(100)
        .set_header(header)
        .add_rows(rows);
    table
}

fn align_right(table: &mut Table, column: usize) {
    if let Some(column) = table.column_mut(column) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

/// A time to the second; the trail itself has microseconds.
fn time(time: DateTimeUtc) -> String {
    time.format("%Y-%m-%d %H:%M:%S").to_string()
}

fn text(text: Option<&String>) -> String {
    text.cloned().unwrap_or_default()
}

fn changes(changes: &Changes) -> String {
    let lines: Vec<String> = changes.iter().map(change).collect();
    lines.join("\n")
}

fn change((column, Change { old, new }): (&str, &Change)) -> String {
    match (old, new) {
        (Some(old), Some(new)) => format!("{column}: {} → {}", short(old), short(new)),
        (None, Some(new)) => format!("{column}: {}", short(new)),
        (Some(old), None) => format!("{column}: was {}", short(old)),
        (None, None) => column.to_owned(),
    }
}

fn short(value: &serde_json::Value) -> String {
    const LONGEST: usize = 32;
    let text = match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
