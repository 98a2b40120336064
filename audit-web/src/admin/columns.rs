//! The four tables: what stands where.

mod data_export;
mod login_attempt;
mod record;
mod system_event;

use super::cell::Cell;

/// What an action, a status or a type looks like.
fn badge(text: &str) -> Cell {
    let tone = match text {
        "CREATE" | "SUCCESS" | "LOGIN" => "good",
        "DELETE" | "FAILED" | "LOGIN_FAILED" | "ERROR" => "bad",
        "BLOCKED" | "WARNING" | "SECURITY" => "warn",
        "UPDATE" | "EXPORT" | "IMPORT" => "busy",
        _ => "calm",
    };
    Cell::Badge {
        text: text.to_owned(),
        tone,
    }
}
