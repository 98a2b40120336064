use audit_sea_orm::entity::system_event::{Column, Entity, Model};
use chrono::{DateTime, Utc};

use super::badge;
use crate::admin::{
    cell::{Cell, Section},
    field::{Field, Kind},
    listed::Listed,
    params::link,
};

impl Listed for Entity {
    const SLUG: &'static str = "events";
    const TABLE: &'static str = "audit_system_event";
    const NAMES: (&'static str, &'static str) = ("Events", "system event");
    const SEARCHED: &'static [Column] = &[
        Column::Title,
        Column::Description,
        Column::Module,
        Column::ErrorCode,
        Column::ActorName,
        Column::IpAddress,
    ];
    const SEARCHED_WORDS: &'static str = "title, description, module, code or actor";
    const FIELDS: &'static [Field<Column>] = &[
        Field {
            name: "type",
            label: "Type",
            column: Column::EventType,
            kind: Kind::Choice(&[
                "ERROR",
                "WARNING",
                "INFO",
                "SECURITY",
                "PERFORMANCE",
                "MAINTENANCE",
            ]),
        },
        Field {
            name: "resolved",
            label: "Resolved",
            column: Column::Resolved,
            kind: Kind::Flag,
        },
        Field {
            name: "actor",
            label: "Actor id",
            column: Column::ActorId,
            kind: Kind::Typed,
        },
        Field {
            name: "tenant",
            label: "Tenant",
            column: Column::TenantId,
            kind: Kind::Typed,
        },
    ];
    const INDEXES: &'static [&'static [&'static str]] = &[
        &["actor"],
        &["tenant"],
        &["type", "resolved"],
        &["type"],
        &["resolved"],
    ];
    const HEADS: &'static [&'static str] = &["Type", "Title", "Source", "Actor", "State"];

    fn cells(row: &Model, base: &str) -> Vec<Cell> {
        let code = row.error_code.clone().unwrap_or_default();
        let title = Cell::Link {
            href: format!("{base}events/{}", row.id),
            text: row.title.clone(),
            note: code,
        };
        vec![
            badge(row.event_type.as_str()),
            title,
            source(row),
            actor(row, base),
            state(row),
        ]
    }

    fn sections(row: &Model, base: &str) -> Vec<Section> {
        let what = Section::new(
            "What",
            vec![
                ("Type", badge(row.event_type.as_str())),
                ("Title", Cell::text(row.title.as_str())),
                ("Description", Cell::block(row.description.as_ref())),
                ("Code", Cell::code(row.error_code.as_ref())),
                ("Metadata", Cell::json(row.metadata.as_ref())),
                ("When", Cell::Time(row.occurred_at.into())),
            ],
        );
        let resolved = Section::new(
            "Resolution",
            vec![
                ("State", state(row)),
                (
                    "When",
                    row.resolved_at
                        .map_or(Cell::Empty, |at| Cell::Time(at.into())),
                ),
                ("By", Cell::maybe(row.resolved_by.as_ref())),
            ],
        );
        let mut origin = Section::new(
            "Origin",
            vec![
                ("Source", source(row)),
                ("Function", Cell::code(row.function_name.as_ref())),
                ("Address", Cell::code(row.ip_address.as_ref())),
                ("Request", Cell::code(row.request_id.as_ref())),
                ("Stack", Cell::block(row.stack_trace.as_ref())),
            ],
        );
        origin.links.extend(row.request_id.iter().map(|id| {
            let page = link(&format!("{base}records"), &[("request", id)]);
            (page, "Records of this request".to_owned())
        }));
        let on_behalf_of =
            Cell::named(row.on_behalf_of_id.as_ref(), row.on_behalf_of_name.as_ref());
        let tenant = Cell::tenant(&format!("{base}events"), row.tenant_id.as_ref());
        let who = vec![
            ("Actor", actor(row, base)),
            ("On behalf of", on_behalf_of),
            ("Tenant", tenant),
        ];
        vec![what, resolved, Section::new("Who", who), origin]
    }

    fn time(row: &Model) -> DateTime<Utc> {
        row.occurred_at
    }

    fn name(row: &Model) -> String {
        format!("{} {}", row.event_type, row.title)
    }

    fn is_open(row: &Model) -> bool {
        !row.resolved
    }
}

fn state(row: &Model) -> Cell {
    let (text, tone) = if row.resolved {
        ("resolved", "good")
    } else {
        ("open", "warn")
    };
    Cell::Badge {
        text: text.to_owned(),
        tone,
    }
}

fn source(row: &Model) -> Cell {
    match (&row.module, row.line_number) {
        (Some(module), Some(line)) => Cell::Code(format!("{module}:{line}")),
        (module, _) => Cell::code(module.as_ref()),
    }
}

fn actor(row: &Model, base: &str) -> Cell {
    Cell::actor(
        &format!("{base}events"),
        row.actor_id.as_ref(),
        row.actor_name.as_ref(),
    )
}
