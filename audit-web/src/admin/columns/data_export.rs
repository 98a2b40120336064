use audit_sea_orm::entity::data_export::{Column, Entity, Model};
use chrono::{DateTime, Utc};

use crate::admin::{
    cell::{Cell, Section},
    field::{Field, Kind},
    listed::Listed,
    value,
};

impl Listed for Entity {
    const SLUG: &'static str = "exports";
    const TABLE: &'static str = "audit_data_export";
    const NAMES: (&'static str, &'static str) = ("Exports", "export");
    const SEARCHED: &'static [Column] = &[
        Column::ExportType,
        Column::ActorName,
        Column::ActorId,
        Column::IpAddress,
        Column::FilePath,
    ];
    const SEARCHED_WORDS: &'static str = "kind of data, actor, address or file";
    const FIELDS: &'static [Field<Column>] = &[
        Field {
            name: "format",
            label: "Format",
            column: Column::FileFormat,
            kind: Kind::Typed,
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
    const INDEXES: &'static [&'static [&'static str]] = &[&["actor"], &["tenant"], &["format"]];
    const HEADS: &'static [&'static str] = &["Data", "Format", "Rows", "Size", "Actor"];

    fn cells(row: &Model, base: &str) -> Vec<Cell> {
        vec![
            Cell::text(row.export_type.as_str()),
            Cell::Code(row.file_format.clone()),
            Cell::Code(value::number(row.record_count.unsigned_abs())),
            Cell::Code(value::bytes(row.file_size)),
            actor(row, base),
        ]
    }

    fn sections(row: &Model, base: &str) -> Vec<Section> {
        let what = Section::new(
            "What",
            vec![
                ("Data", Cell::text(row.export_type.as_str())),
                ("Format", Cell::Code(row.file_format.clone())),
                (
                    "Rows",
                    Cell::Code(value::number(row.record_count.unsigned_abs())),
                ),
                ("Size", Cell::Code(value::bytes(row.file_size))),
                ("File", Cell::code(row.file_path.as_ref())),
                (
                    "Downloads",
                    Cell::Code(value::number(row.download_count.unsigned_abs())),
                ),
                ("When", Cell::Time(row.occurred_at.into())),
            ],
        );
        let who = Section::new(
            "Who",
            vec![
                ("Actor", actor(row, base)),
                (
                    "On behalf of",
                    Cell::named(row.on_behalf_of_id.as_ref(), row.on_behalf_of_name.as_ref()),
                ),
                (
                    "Tenant",
                    Cell::tenant(&format!("{base}exports"), row.tenant_id.as_ref()),
                ),
                ("Address", Cell::code(row.ip_address.as_ref())),
            ],
        );
        let filters = vec![("Filters", Cell::json(row.filters_applied.as_ref()))];
        let why = vec![("Metadata", Cell::json(row.metadata.as_ref()))];
        vec![
            what,
            who,
            Section::new("Which rows", filters),
            Section::new("Why", why),
        ]
    }

    fn time(row: &Model) -> DateTime<Utc> {
        row.occurred_at
    }

    fn name(row: &Model) -> String {
        format!("{} ({})", row.export_type, row.file_format)
    }
}

fn actor(row: &Model, base: &str) -> Cell {
    Cell::actor(
        &format!("{base}exports"),
        row.actor_id.as_ref(),
        row.actor_name.as_ref(),
    )
}
