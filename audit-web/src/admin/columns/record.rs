use std::collections::BTreeSet;

use audit_sea_orm::{
    entity::audit_log::{Column, Entity, Model},
    renames,
};
use chrono::{DateTime, Utc};

use super::badge;
use crate::admin::{
    cell::{Cell, Section},
    change,
    field::{Field, Kind},
    history,
    listed::Listed,
    params::link,
};

impl Listed for Entity {
    const SLUG: &'static str = "records";
    const TABLE: &'static str = "audit_log";
    const NAMES: (&'static str, &'static str) = ("Records", "record");
    const SEARCHED: &'static [Column] = &[
        Column::ObjectRepr,
        Column::ObjectId,
        Column::ActorName,
        Column::ActorId,
        Column::IpAddress,
        Column::Reason,
    ];
    const SEARCHED_WORDS: &'static str = "object, actor, address or reason";
    const FIELDS: &'static [Field<Column>] = &[
        Field {
            name: "action",
            label: "Action",
            column: Column::Action,
            kind: Kind::Held,
        },
        Field {
            name: "table",
            label: "Table",
            column: Column::TableName,
            kind: Kind::Held,
        },
        Field {
            name: "object",
            label: "Object key",
            column: Column::ObjectId,
            kind: Kind::Object,
        },
        Field {
            name: "actor",
            label: "Actor id",
            column: Column::ActorId,
            kind: Kind::Typed,
        },
        Field {
            name: "behalf",
            label: "On behalf of",
            column: Column::OnBehalfOfId,
            kind: Kind::Typed,
        },
        Field {
            name: "tenant",
            label: "Tenant",
            column: Column::TenantId,
            kind: Kind::Typed,
        },
        Field {
            name: "request",
            label: "Request id",
            column: Column::RequestId,
            kind: Kind::Typed,
        },
        Field {
            name: "transaction",
            label: "Transaction id",
            column: Column::TransactionId,
            kind: Kind::Typed,
        },
    ];
    const INDEXES: &'static [&'static [&'static str]] = &[
        &["transaction"],
        &["request"],
        &["table", "object"],
        &["behalf"],
        &["actor"],
        &["table"],
        &["tenant"],
        &["action"],
    ];
    const HEADS: &'static [&'static str] = &["Action", "Object", "Changes", "Actor"];

    fn present(field: &str, value: String) -> String {
        match field {
            "table" => renames::table(&value).to_owned(),
            _ => value,
        }
    }

    fn recorded<'a>(field: &str, value: &'a str) -> Vec<&'a str> {
        match field {
            "table" => renames::tables(value),
            _ => vec![value],
        }
    }

    fn with_present_names(row: Model) -> Model {
        row.with_present_names()
    }

    fn cells(row: &Model, base: &str) -> Vec<Cell> {
        let changes = row.changes();
        let changes = if changes.is_empty() {
            Cell::maybe(row.reason.as_ref())
        } else {
            Cell::Changes(change::in_row(&changes))
        };
        vec![
            badge(&row.action),
            object(row, base),
            changes,
            Cell::actor(
                &format!("{base}records"),
                row.actor_id.as_ref(),
                row.actor_name.as_ref(),
            ),
        ]
    }

    fn sections(row: &Model, base: &str) -> Vec<Section> {
        let mut sections = vec![what(row, base), who(row, base), origin(row, base), why(row)];
        let changes = row.changes();
        if !changes.is_empty() {
            sections[0].changes = Some(change::views(&changes));
        }
        sections
    }

    fn time(row: &Model) -> DateTime<Utc> {
        row.occurred_at
    }

    fn name(row: &Model) -> String {
        let table = row.table().unwrap_or_default();
        let object = row.object_repr.as_ref().or(row.object_id.as_ref());
        let object = object.map_or("", String::as_str);
        format!("{} {table} {object}", row.action).trim().to_owned()
    }
}

/// The object, with a link to its history.
fn object(row: &Model, base: &str) -> Cell {
    let Some(table) = row.table() else {
        return Cell::maybe(row.object_repr.as_ref());
    };
    let id = row.object_id.as_deref().unwrap_or_default();
    let id = crate::admin::value::cut(id, 60);
    let note = format!("{table} {id}").trim().to_owned();
    let (text, note) = match &row.object_repr {
        Some(repr) if !repr.is_empty() => (repr.clone(), note),
        _ => (note, String::new()),
    };
    match history::link_of(row, base) {
        Some(href) => Cell::Link { href, text, note },
        None => Cell::text(text),
    }
}

fn what(row: &Model, base: &str) -> Section {
    let mut section = Section::new(
        "What",
        vec![
            ("Action", badge(&row.action)),
            ("Object", Cell::maybe(row.object_repr.as_ref())),
            (
                "Table",
                row.table()
                    .map_or(Cell::Empty, |name| Cell::Code(name.to_owned())),
            ),
            ("Key", Cell::code(row.object_id.as_ref())),
            ("When", Cell::Time(row.occurred_at.into())),
        ],
    );
    let former = former_names(row);
    if !former.is_empty() {
        let former = Cell::Code(former.join(", "));
        section.items.push(("Recorded as", former));
    }
    let history = history::link_of(row, base);
    section
        .links
        .extend(history.map(|href| (href, "History of this object".to_owned())));
    section
}

/// What stands in the record under another name than it is shown.
fn former_names(row: &Model) -> Vec<String> {
    let present = row.changes();
    let columns = [&row.old_values, &row.new_values].into_iter().flatten();
    let columns = columns.filter_map(serde_json::Value::as_object).flatten();
    let columns: BTreeSet<&String> = columns.map(|(column, _)| column).collect();
    let table = row.table_name.as_ref();
    let table = table.filter(|table| Some(table.as_str()) != row.table());
    let former = columns
        .into_iter()
        .filter(|column| present.get(column).is_none());
    table.into_iter().chain(former).cloned().collect()
}

fn who(row: &Model, base: &str) -> Section {
    let page = format!("{base}records");
    let mut section = Section::new(
        "Who",
        vec![
            ("Name", Cell::maybe(row.actor_name.as_ref())),
            ("Id", Cell::code(row.actor_id.as_ref())),
            ("On behalf of", on_behalf_of(row, base)),
            ("Tenant", Cell::tenant(&page, row.tenant_id.as_ref())),
            ("Session", Cell::code(row.session_id.as_ref())),
        ],
    );
    section.links.extend(row.actor_id.iter().map(|id| {
        (
            link(&page, &[("actor", id)]),
            "Everything by this actor".to_owned(),
        )
    }));
    section
}

/// For whom the actor did it, with a link to all that others did for them.
fn on_behalf_of(row: &Model, base: &str) -> Cell {
    Cell::somebody(
        &format!("{base}records"),
        "behalf",
        row.on_behalf_of_id.as_ref(),
        row.on_behalf_of_name.as_ref(),
    )
}

fn origin(row: &Model, base: &str) -> Section {
    let mut section = Section::new(
        "Origin",
        vec![
            ("Address", Cell::code(row.ip_address.as_ref())),
            ("User agent", Cell::maybe(row.user_agent.as_ref())),
            ("Request", Cell::code(row.request_id.as_ref())),
            ("Transaction", Cell::code(row.transaction_id.as_ref())),
            ("Database user", Cell::code(row.database_user.as_ref())),
            ("Database role", Cell::code(row.database_role.as_ref())),
            ("Module", Cell::maybe(row.module.as_ref())),
        ],
    );
    section.links.extend(row.request_id.iter().map(|id| {
        let page = link(&format!("{base}request"), &[("id", id)]);
        (page, "Everything in this request".to_owned())
    }));
    section.links.extend(row.transaction_id.iter().map(|id| {
        let page = link(&format!("{base}transaction"), &[("id", id)]);
        (page, "Everything in this transaction".to_owned())
    }));
    section
}

fn why(row: &Model) -> Section {
    Section::new(
        "Why",
        vec![
            ("Reason", Cell::maybe(row.reason.as_ref())),
            ("Metadata", Cell::json(row.metadata.as_ref())),
        ],
    )
}
