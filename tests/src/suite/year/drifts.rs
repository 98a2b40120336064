//! What `check` says of Sakila.

use audit_sea_orm::{CheckReport, capture::Drift};

/// What is wrong with the tables of Sakila that are there. Of the suite's other entities none has a table here, and
/// neither has what a release will make, or had: both releases are in this program.
pub(super) fn drifts(report: &CheckReport) -> Vec<(String, String)> {
    let of_another_release =
        |drift: &Drift| matches!(drift, Drift::NoTable(_) | Drift::AbsentColumn(_));
    let mut drifts = Vec::new();
    for table in &report.tables {
        for drift in &table.drifts {
            if !drift.is_warning() && !of_another_release(drift) {
                drifts.push((table.table.clone(), drift.to_string()));
            }
        }
    }
    drifts
}
