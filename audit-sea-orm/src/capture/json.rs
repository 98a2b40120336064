//! What `check` found, as JSON for other programs.

use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::{
    check::{CheckReport, TableReport},
    drift::Drift,
};

/// A drift with what a person would read of it.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    drift: &'a Drift,
    warning: bool,
    message: String,
}

fn told(drifts: &[Drift]) -> Vec<Told<'_>> {
    let told = drifts.iter().map(|drift| Told {
        drift,
        warning: drift.is_warning(),
        message: drift.to_string(),
    });
    told.collect()
}

impl Serialize for CheckReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut report = serializer.serialize_struct("CheckReport", 3)?;
        report.serialize_field("clean", &self.is_clean())?;
        report.serialize_field("trail", &told(&self.trail))?;
        report.serialize_field("tables", &self.tables)?;
        report.end()
    }
}

impl Serialize for TableReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut report = serializer.serialize_struct("TableReport", 3)?;
        report.serialize_field("table", &self.table)?;
        report.serialize_field("capture", &self.capture)?;
        report.serialize_field("drifts", &told(&self.drifts))?;
        report.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Capture;

    #[test]
    fn a_report_keeps_its_fields() {
        let table = |table: &str, capture, drifts| TableReport {
            table: table.to_owned(),
            capture,
            drifts,
        };
        let report = CheckReport {
            trail: vec![
                Drift::NoColumn {
                    table: "audit_log".to_owned(),
                    column: "reason".to_owned(),
                },
                Drift::Intercepted("trigger `swallow`".to_owned()),
            ],
            tables: vec![
                table("cake", Some(Capture::Hooks), vec![Drift::RecordedTwice]),
                table("shop.cart", Some(Capture::Triggers), vec![]),
                table("pie", None, vec![Drift::UnknownColumn("size".to_owned())]),
            ],
        };
        let wanted = serde_json::json!({
            "clean": false,
            "trail": [
                {
                    "kind": "no_column", "about": {"table": "audit_log", "column": "reason"}, "warning": false,
                    "message": "column `reason` of `audit_log` is missing: run the migrations"
                },
                {
                    "kind": "intercepted", "about": "trigger `swallow`", "warning": true,
                    "message": "trigger `swallow` runs for each record, and may change or remove it"
                }
            ],
            "tables": [
                {"table": "cake", "capture": "hooks", "drifts": [
                    {
                        "kind": "recorded_twice", "warning": false,
                        "message": "hooks and triggers both record it: put `capture = \"triggers\"` on the entity, \
                                    or remove the triggers"
                    }
                ]},
                {"table": "shop.cart", "capture": "triggers", "drifts": []},
                {"table": "pie", "capture": null, "drifts": [
                    {
                        "kind": "unknown_column", "about": "size", "warning": false,
                        "message": "column `size` is not known to the triggers"
                    }
                ]}
            ]
        });
        let written = serde_json::to_value(&report).expect("no value of it fails");
        assert_eq!(written, wanted);
    }
}
