//! A process that is killed at any moment never leaves a change without its record, or a record without its
//! change.

use std::{collections::BTreeMap, process::Stdio};

use audit_sea_orm::{capture, prelude::*};
use sea_orm::{EntityTrait, IsolationLevel, TransactionTrait, prelude::Json};
use serde_json::{Map, json};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::{
    Backend, Outcome, Test, child,
    entity::{pie, tart},
    random::{Random, scaled},
};

/// Rows by key, each as its columns.
type Rows = BTreeMap<String, Map<String, Json>>;

/// A row's key and columns.
type Row = (String, Map<String, Json>);

/// A program with several writers, killed again and again; after each time the table is just what its records say.
pub async fn a_kill_never_parts_a_change_from_its_record(t: &mut Test) -> Outcome {
    t.create_table(pie::Entity).await?;
    kill_again_and_again(t, "edit", pie::Entity, |pie| {
        let columns = [("id", pie.id), ("price", pie.price), ("stock", pie.stock)];
        (pie.id.to_string(), row(&columns))
    })
    .await
}

/// The same of the tier of triggers: a change commits with its record in one statement.
pub async fn a_kill_never_parts_a_change_from_what_its_trigger_records(t: &mut Test) -> Outcome {
    t.create_table(tart::Entity).await?;
    capture::install(&t.db, tart::Entity).await?;
    kill_again_and_again(t, "capture", tart::Entity, |tart| {
        let columns = [("id", tart.id), ("price", tart.price)];
        (tart.id.to_string(), row(&columns))
    })
    .await
}

async fn kill_again_and_again<E: EntityTrait>(
    t: &Test,
    task: &str,
    entity: E,
    columns: fn(E::Model) -> Row,
) -> Outcome {
    let mut random = Random::new(11);
    let mut recorded = 0;
    for round in 0..scaled(60).max(4) {
        write_and_kill(t, task, random.below(40), random.below(20_000)).await?;
        let (rows, records) = at_one_moment(t, entity).await?;
        assert!(records.len() > recorded, "round {round} wrote nothing");
        recorded = records.len();
        assert_eq!(
            rebuilt(&records),
            rows.into_iter().map(columns).collect::<Rows>()
        );
    }
    Ok(())
}

fn row(columns: &[(&str, i32)]) -> Map<String, Json> {
    columns
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect()
}

/// Starts the program, lets it write so many times ten, and kills it a moment later.
async fn write_and_kill(t: &Test, task: &str, times: u64, microseconds: u64) -> Outcome {
    let mut child = child::program("child")
        .args([task, &t.isolated.url])
        .stdout(Stdio::piped())
        .spawn()?;
    let said = child.stdout.take().ok_or("it has an output")?;
    let mut lines = BufReader::new(said).lines();
    for _ in 0..=times {
        lines
            .next_line()
            .await?
            .ok_or("it writes until it is killed")?;
    }
    tokio::time::sleep(std::time::Duration::from_micros(microseconds)).await;
    child.kill().await?;
    Ok(())
}

/// The rows and the records in one snapshot: a server may still be ending what the killed program began.
async fn at_one_moment<E: EntityTrait>(
    t: &Test,
    _: E,
) -> Result<(Vec<E::Model>, Vec<audit_log::Model>), sea_orm::DbErr> {
    let level = (t.backend != Backend::Sqlite).then_some(IsolationLevel::RepeatableRead);
    let moment = t.db.begin_with_config(level, None).await?;
    let rows = E::find().all(&moment).await?;
    Ok((rows, crate::test::records(&moment).await?))
}

/// The rows as their records alone tell them; each record must begin with what the one before left.
fn rebuilt(records: &[audit_log::Model]) -> Rows {
    let mut rows = Rows::new();
    for record in records {
        let key = record.object_id.clone().unwrap_or_default();
        let values = |values: &Option<Json>| {
            values
                .as_ref()
                .and_then(Json::as_object)
                .cloned()
                .unwrap_or_default()
        };
        let (old, new) = (values(&record.old_values), values(&record.new_values));
        let mut row = rows.remove(&key).unwrap_or_default();
        for (column, value) in &old {
            assert_eq!(row.get(column), Some(value), "{}", history(records, record));
        }
        match record.action.as_str() {
            "CREATE" => assert!(row.is_empty(), "{}", history(records, record)),
            "DELETE" => assert_eq!(row, old, "{}", history(records, record)),
            _ => assert!(!row.is_empty(), "{}", history(records, record)),
        }
        row.extend(new);
        if record.action != "DELETE" {
            rows.insert(key, row);
        }
    }
    rows
}

/// The records of one object up to that which does not fit, for a person to read.
fn history(records: &[audit_log::Model], last: &audit_log::Model) -> String {
    let of_object = records
        .iter()
        .filter(|record| record.object_id == last.object_id && record.id <= last.id);
    let line = |record: &audit_log::Model| {
        format!(
            "\n{} {} {:?} -> {:?}",
            record.id, record.action, record.old_values, record.new_values
        )
    };
    format!(
        "the last of these does not fit: {}",
        of_object.map(line).collect::<String>()
    )
}
