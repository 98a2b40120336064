//! The tables of the trail, as ordinary SeaORM entities.
//!
//! Read them with any SeaORM query. They are written by this library alone: a record that an application
//! changes proves nothing.
//!
//! # Backends
//! JSON is `json` on PostgreSQL, which keeps the text as written, and `longtext` on MySQL and MariaDB, whose
//! `json` refuses documents that nest deeply. The JSON operators of all three databases work on them.
//! Times are UTC with microseconds everywhere (`datetime(6)` on MySQL, whose `timestamp` ends in 2038).

pub mod audit_log;
pub mod data_export;
pub mod login_attempt;
pub mod system_event;

/// The names of the trail's tables. They are never audited themselves.
pub const TABLES: [&str; 4] = [
    "audit_log",
    "audit_login_attempt",
    "audit_data_export",
    "audit_system_event",
];
