use audit_sea_orm::prelude::*;
use http_body_util::BodyExt;
use sea_orm::{EntityTrait, QueryOrder, Set};

use super::{LISTS, seed};
use crate::{Outcome, Test, site::Site};

/// A file holds every row of its filter once, the newest first, over many batches.
pub async fn an_export_holds_every_row_of_its_filter(t: &mut Test) -> Outcome {
    seed(t, 1_200).await?;
    let site = Site::new(&t.db);
    let csv = site.page("/records/export.csv?table=tart").await;
    assert_eq!(
        csv.headers["content-disposition"],
        "attachment; filename=\"audit_log.csv\""
    );
    let mut rows = csv::Reader::from_reader(csv.text.as_bytes());
    assert_eq!(rows.records().count(), 600);

    let lines = site.page("/records/export.jsonl?q=pastry").await;
    let lines: Vec<serde_json::Value> = lines
        .text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    assert_eq!(lines.len(), 1_200);
    assert_eq!(lines[0]["object_repr"], "Pastry 1199");
    for list in LISTS {
        let file = site.page(&format!("/{list}/export.csv")).await;
        assert!(file.text.starts_with("id,occurred_at,"), "{list}");
    }
    Ok(())
}

/// Cells of a CSV file stay apart whatever they hold, and none is a formula.
pub async fn cells_of_a_file_are_whole_and_harmless(t: &mut Test) -> Outcome {
    let hostile = audit_log::ActiveModel {
        object_repr: Set(Some("=cmd|' /C calc'!A0".to_owned())),
        reason: Set(Some("a \"quoted\",\r\nbroken line".to_owned())),
        ..super::record(2_000)
    };
    audit_log::Entity::insert(hostile).exec(&t.db).await?;
    let csv = Site::new(&t.db).page("/records/export.csv").await;
    let mut rows = csv::Reader::from_reader(csv.text.as_bytes());
    let heads = rows.headers()?.clone();
    let rows = rows.records().collect::<Result<Vec<_>, _>>()?;
    let cell = |name: &str| {
        let at = heads.iter().position(|head| head == name)?;
        rows[0].get(at)
    };
    assert_eq!(rows.len(), 1);
    assert_eq!(cell("object_repr"), Some("'=cmd|' /C calc'!A0"));
    assert_eq!(cell("reason"), Some("a \"quoted\",\r\nbroken line"));
    assert_eq!(cell("occurred_at"), Some("2026-01-02T09:19:00Z"));
    Ok(())
}

async fn receipts(t: &Test) -> Result<Vec<data_export::Model>, sea_orm::DbErr> {
    let receipts = data_export::Entity::find().order_by_asc(data_export::Column::Id);
    receipts.all(&t.db).await
}

/// An export is recorded when it has gone out: what, by whom, how many rows and bytes, of which filter.
pub async fn an_export_is_recorded_as_one(t: &mut Test) -> Outcome {
    let records: Vec<_> = (0..700).map(super::record).collect();
    audit_log::Entity::insert_many(records).exec(&t.db).await?;
    let site = Site::new(&t.db);
    let csv = site.page("/records/export.csv?table=tart").await;
    site.page("/records/export.jsonl").await;
    let receipts = receipts(t).await?;
    assert_eq!(receipts.len(), 2);
    let (first, second) = (&receipts[0], &receipts[1]);
    assert_eq!(
        (first.export_type.as_str(), first.file_format.as_str()),
        ("audit_log", "CSV")
    );
    assert_eq!(first.record_count, 350);
    assert_eq!(usize::try_from(first.file_size)?, csv.text.len());
    assert_eq!(first.actor_id.as_deref(), Some("vera"));
    assert_eq!(
        first.filters_applied,
        Some(serde_json::json!({"table": "tart"}))
    );
    assert_eq!(
        (second.file_format.as_str(), second.record_count),
        ("JSON Lines", 701),
        "the first export's own record is among them"
    );
    Ok(())
}

/// A question about a file is no export.
pub async fn asking_for_the_head_of_a_file_is_no_export(t: &mut Test) -> Outcome {
    let site = Site::new(&t.db);
    let path = "/records/export.csv";
    site.send(http::Method::HEAD, path, &[], String::new())
        .await;
    assert!(receipts(t).await?.is_empty());
    Ok(())
}

/// However large a file is, no more of it is in memory than one batch: rows are read when they are asked for, a batch at
/// a time, and gone when they are sent.
pub async fn an_export_reads_no_further_than_it_is_asked(t: &mut Test) -> Outcome {
    seed(t, 3_000).await?;
    let site = Site::new(&t.db);
    for file in ["export.csv", "export.jsonl"] {
        // The first export left a record too.
        let batches = t.records().await?.len().div_ceil(500);
        let mut body = site.open(&format!("/records/{file}")).await;
        let mut pieces = 0;
        loop {
            let (piece, sent) = t.sent(body.frame()).await;
            let Some(piece) = piece else { break };
            let piece = piece?.into_data().map_err(|_| "a piece of the file")?;
            let rows = piece.iter().filter(|byte| **byte == b'\n').count();
            assert!(rows <= 500, "{file}: {rows} rows at once");
            assert!(sent.len() <= 1, "{file}: {sent:?}");
            pieces += 1;
        }
        assert_eq!(pieces, 1 + batches, "{file}: the head and the batches");
    }
    Ok(())
}
