use audit_sea_orm::prelude::*;
use sea_orm::{EntityTrait, QueryOrder, Set};

use super::{LISTS, seed};
use crate::{Outcome, Test, site::Site};

/// A file holds every row of its filter once, over many batches; its receipt says what it was.
#[expect(clippy::too_many_lines, reason = "one story, step by step")]
pub async fn exports_hold_every_row_and_are_recorded(t: &mut Test) -> Outcome {
    seed(t, 1_200).await?;
    let hostile = audit_log::ActiveModel {
        object_repr: Set(Some("=cmd|' /C calc'!A0".to_owned())),
        reason: Set(Some("a \"quoted\",\r\nbroken line".to_owned())),
        ..super::record(2_000)
    };
    audit_log::Entity::insert(hostile).exec(&t.db).await?;
    let site = Site::new(&t.db);
    let csv = site.page("/records/export.csv?table=tart").await;
    assert_eq!(
        csv.headers["content-disposition"],
        "attachment; filename=\"audit_log.csv\""
    );
    let mut rows = csv::Reader::from_reader(csv.text.as_bytes());
    let heads = rows.headers()?.clone();
    let rows = rows.records().collect::<Result<Vec<_>, _>>()?;
    assert_eq!(rows.len(), 601);
    let cell = |name: &str| {
        heads
            .iter()
            .position(|head| head == name)
            .and_then(|at| rows[0].get(at))
    };
    assert_eq!(cell("object_repr"), Some("'=cmd|' /C calc'!A0"));
    assert_eq!(cell("reason"), Some("a \"quoted\",\r\nbroken line"));
    assert_eq!(cell("occurred_at"), Some("2026-01-02T09:19:00Z"));

    let lines = site.page("/records/export.jsonl?q=pastry").await;
    let lines: Vec<serde_json::Value> = lines
        .text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    assert_eq!(lines.len(), 1_200);
    assert_eq!(lines[0]["object_repr"], "Pastry 1199");

    let receipts = data_export::Entity::find()
        .order_by_desc(data_export::Column::Id)
        .all(&t.db)
        .await?;
    let csv_receipt = &receipts[1];
    assert_eq!(
        (
            csv_receipt.export_type.as_str(),
            csv_receipt.file_format.as_str()
        ),
        ("audit_log", "CSV")
    );
    assert_eq!(csv_receipt.record_count, 601);
    assert_eq!(usize::try_from(csv_receipt.file_size)?, csv.text.len());
    assert_eq!(csv_receipt.actor_id.as_deref(), Some("vera"));
    assert_eq!(
        csv_receipt.filters_applied,
        Some(serde_json::json!({"table": "tart"}))
    );
    assert_eq!(
        (receipts[0].file_format.as_str(), receipts[0].record_count),
        ("JSON Lines", 1_200)
    );
    assert_eq!(receipts.len(), 202);

    // A question about the file is no export.
    site.send(
        http::Method::HEAD,
        "/records/export.csv",
        &[],
        String::new(),
    )
    .await;
    assert_eq!(data_export::Entity::find().all(&t.db).await?.len(), 202);
    for list in LISTS {
        assert!(
            site.page(&format!("/{list}/export.csv"))
                .await
                .text
                .starts_with("id,occurred_at,")
        );
    }
    Ok(())
}
