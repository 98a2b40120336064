//! What `check` says of Sakila.

use audit_sea_orm::capture::{CheckReport, Drift};

/// What is wrong with the tables of Sakila. MySQL 9.7 can fire triggers for the cascades of its keys, and nobody here asks it
/// to.
pub(super) fn drifts(report: &CheckReport) -> Vec<(String, String)> {
    let is_known = |drift: &Drift| matches!(drift, Drift::Cascade { .. });
    let mut drifts = Vec::new();
    for table in &report.tables {
        for drift in &table.drifts {
            if !drift.is_warning() && !is_known(drift) {
                drifts.push((table.table.clone(), drift.to_string()));
            }
        }
    }
    drifts
}
