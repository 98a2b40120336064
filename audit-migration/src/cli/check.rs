//! `check`.

use audit_sea_orm::{
    capture::{self, CheckReport, Drift},
    serde_json,
};
use sea_orm_migration::{DbErr, sea_orm::DatabaseConnection};

use super::{
    migrate::pending,
    output::{say_error, say_json, say_lines},
};

pub(super) async fn check(
    json: bool,
    deny_warnings: bool,
    db: &DatabaseConnection,
) -> Result<bool, DbErr> {
    let report = capture::check(db).await?;
    let pending = pending(db).await?;
    let is_clean =
        report.is_clean() && pending.is_empty() && !(deny_warnings && has_warning(&report));
    if json {
        say_json(&with_the_rest(&report, is_clean, &pending)?)?;
    } else {
        say_lines(&report.to_string());
    }
    if !is_clean {
        say_error(&format!(
            "the database is not as it should be; migrations pending: {}",
            pending.len()
        ));
    }
    Ok(is_clean)
}

fn has_warning(report: &CheckReport) -> bool {
    let of_tables = report.tables.iter().flat_map(|table| &table.drifts);
    report.trail.iter().chain(of_tables).any(Drift::is_warning)
}

/// The report, with what this program knows beside it.
fn with_the_rest(
    report: &CheckReport,
    is_clean: bool,
    pending: &[String],
) -> Result<serde_json::Value, DbErr> {
    let json = serde_json::to_value(report);
    let mut json = json.map_err(|error| DbErr::Json(error.to_string()))?;
    json["clean"] = is_clean.into();
    json["pending_migrations"] = pending.into();
    Ok(json)
}
