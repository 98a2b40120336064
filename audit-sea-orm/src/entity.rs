//! The tables of the trail, as ordinary SeaORM entities.
//!
//! Read them with any SeaORM query. They are written by this library alone: a record that an application
//! changes proves nothing.
//!
//! One row never hides the others: they are read whatever they hold. Of JSON that `serde_json` cannot hold, such as
//! `1e400`, each value that it can is read, and `{"$unreadable": "<its text>"}` stands for the others
//! ([`UNREADABLE_JSON`]); so it does for the whole of what is no JSON. [`UNREADABLE_TIME`] stands for a time that no
//! program could read. Kinds that a newer version wrote are read as `Other`, and written back unchanged.
//!
//! # Backends
//! On PostgreSQL times are read so with the feature `sqlx-postgres` of this crate alone: without it, the driver
//! panics on `infinity`, which the migration's table refuses.
//!
//! JSON is `json` on PostgreSQL, which keeps the text as written, and `longtext` on MySQL and MariaDB, whose
//! `json` refuses documents that nest deeply. The JSON operators of all three databases work on them.
//! Times are UTC with microseconds everywhere (`datetime(6)` on MySQL, whose `timestamp` ends in 2038).

pub mod audit_log;
pub mod data_export;
pub mod login_attempt;
mod open_enum;
pub(crate) mod reading;
pub mod system_event;
mod trail;

pub use reading::{RecordedTime, UNREADABLE_JSON, UNREADABLE_TIME};
pub use trail::{TrailCursor, TrailEntity};

use audit_core::text;
use sea_orm::{ColumnTrait, ColumnType, sea_query::StringLen};

/// The names of the trail's tables. They are never audited themselves.
pub const TABLES: [&str; 4] = [
    "audit_log",
    "audit_login_attempt",
    "audit_data_export",
    "audit_system_event",
];

/// The most characters that a column holds.
pub(crate) fn width(column: impl ColumnTrait) -> usize {
    match column.def().get_column_type() {
        ColumnType::String(StringLen::N(most)) => usize::try_from(*most).unwrap_or(usize::MAX),
        _ => usize::MAX,
    }
}

/// A line of text as a column holds it: cleaned, and cut to fit.
pub(crate) fn line(column: impl ColumnTrait, text: &str) -> String {
    text::line(text, width(column)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_as_long_as_its_column() {
        let long = "x".repeat(5000);
        let kept = [
            line(audit_log::Column::TenantId, &long).len(),
            line(audit_log::Column::Reason, &long).len(),
            line(audit_log::Column::ObjectId, &long).len(),
        ];
        assert_eq!(kept, [128, 1000, 5000]);
    }
}
