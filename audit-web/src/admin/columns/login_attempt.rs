use audit_sea_orm::entity::login_attempt::{Column, Entity, Model};
use chrono::{DateTime, Utc};

use super::badge;
use crate::admin::{
    cell::{Cell, Section},
    field::{Field, Kind},
    listed::Listed,
    params::link,
};

impl Listed for Entity {
    const SLUG: &'static str = "logins";
    const TABLE: &'static str = "audit_login_attempt";
    const NAMES: (&'static str, &'static str) = ("Logins", "login attempt");
    const SEARCHED: &'static [Column] = &[
        Column::Username,
        Column::IpAddress,
        Column::FailureReason,
        Column::Country,
        Column::City,
    ];
    const SEARCHED_WORDS: &'static str = "user name, address, reason or place";
    const FIELDS: &'static [Field<Column>] = &[
        Field {
            name: "status",
            label: "Status",
            column: Column::Status,
            kind: Kind::Choice(&["SUCCESS", "FAILED", "BLOCKED"]),
        },
        Field {
            name: "username",
            label: "User name",
            column: Column::Username,
            kind: Kind::Typed,
        },
        Field {
            name: "ip",
            label: "Address",
            column: Column::IpAddress,
            kind: Kind::Typed,
        },
        Field {
            name: "tenant",
            label: "Tenant",
            column: Column::TenantId,
            kind: Kind::Typed,
        },
    ];
    const INDEXES: &'static [&'static [&'static str]] =
        &[&["ip"], &["username"], &["tenant"], &["status"]];
    const HEADS: &'static [&'static str] =
        &["Status", "User name", "Address", "Reason", "Attempts"];

    fn cells(row: &Model, base: &str) -> Vec<Cell> {
        vec![
            badge(&row.status.to_string()),
            username(row, base),
            address(row, base),
            Cell::maybe(row.failure_reason.as_ref()),
            Cell::Text(row.attempts.to_string()),
        ]
    }

    fn sections(row: &Model, base: &str) -> Vec<Section> {
        let what = Section::new(
            "What",
            vec![
                ("Status", badge(&row.status.to_string())),
                ("Reason", Cell::maybe(row.failure_reason.as_ref())),
                ("Attempts", Cell::Text(row.attempts.to_string())),
                ("Metadata", Cell::json(row.metadata.as_ref())),
                ("When", Cell::Time(row.occurred_at.into())),
            ],
        );
        let origin = vec![
            ("Address", address(row, base)),
            ("Country", Cell::maybe(row.country.as_ref())),
            ("City", Cell::maybe(row.city.as_ref())),
            ("User agent", Cell::maybe(row.user_agent.as_ref())),
        ];
        let tenant = Cell::tenant(&format!("{base}logins"), row.tenant_id.as_ref());
        let who = vec![("User name", username(row, base)), ("Tenant", tenant)];
        let who = Section::new("Who", who);
        vec![what, who, Section::new("Origin", origin)]
    }

    fn time(row: &Model) -> DateTime<Utc> {
        row.occurred_at
    }

    fn name(row: &Model) -> String {
        format!("{} {}", row.status, row.username)
    }
}

fn username(row: &Model, base: &str) -> Cell {
    if row.username.is_empty() {
        return Cell::Empty;
    }
    Cell::Link {
        href: link(&format!("{base}logins"), &[("username", &row.username)]),
        text: row.username.clone(),
        note: String::new(),
    }
}

fn address(row: &Model, base: &str) -> Cell {
    let Some(ip) = &row.ip_address else {
        return Cell::Empty;
    };
    let place = [row.city.as_deref(), row.country.as_deref()];
    Cell::Link {
        href: link(&format!("{base}logins"), &[("ip", ip)]),
        text: ip.clone(),
        note: place.into_iter().flatten().collect::<Vec<_>>().join(", "),
    }
}
