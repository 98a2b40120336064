//! A baseline: one record for each row without one, beside writers, dropped and killed.

use std::{
    collections::BTreeMap,
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use audit_sea_orm::{
    AuditTransactionExt, baseline::Baseline, capture, history::Unknown, prelude::*,
};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, IntoActiveModel,
    QueryOrder, Set,
};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::{
    Outcome, Test,
    cancelled::Point,
    child,
    entity::{cake, keyed::by_number_and_text, ledger::account, tart},
    random::{Random, scaled},
};

/// More than two batches hold.
const ROWS: i32 = 1_203;

/// Tarts that are older than the log and their triggers.
async fn old_tarts(t: &Test, rows: i32) -> Result<(), DbErr> {
    t.create_table(tart::Entity).await?;
    let tarts: Vec<_> = (1..=rows).map(|id| tart::priced(id, id)).collect();
    for tarts in tarts.chunks(500) {
        tart::Entity::insert_many(tarts.to_vec())
            .exec(&t.db)
            .await?;
    }
    capture::install(&t.db, tart::Entity).await.map(drop)
}

/// How many records of that action each object has.
async fn records(t: &Test, action: &str) -> Result<BTreeMap<String, usize>, DbErr> {
    let mut records = BTreeMap::new();
    for record in t.records().await? {
        if record.action == action {
            *records
                .entry(record.object_id.unwrap_or_default())
                .or_default() += 1;
        }
    }
    Ok(records)
}

/// Hooks: rows without a record get one, as a creation would have it but for its action, and who has one gets none.
pub async fn rows_without_a_record_get_one(t: &mut Test) -> Outcome {
    t.create_table(cake::Entity).await?;
    let old =
        AuditContext::unaudited("before auditing", cake::named("Sacher").insert(&t.db)).await?;
    let changed =
        AuditContext::unaudited("before auditing", cake::named("Linzer").insert(&t.db)).await?;
    let mut edit = changed.clone().into_active_model();
    edit.price = Set(300);
    edit.audited_update(&t.db).await?;
    cake::named("Dobos").audited_insert(&t.db).await?;
    let context = AuditContext::new()
        .actor("deployment")
        .reason("auditing begins");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&seen);
    let baseline = Baseline::of::<cake::Entity>().on_progress(move |count| {
        note.lock()
            .expect("nobody panics")
            .push((count.rows, count.recorded));
    });
    let count = context.scope(baseline.clone().run(&t.db)).await?;
    assert_eq!((count.rows, count.recorded), (3, 1));
    assert_eq!(*seen.lock().map_err(|_| "nobody panics")?, [(3, 1)]);
    let records = t.records().await?;
    let made = records.last().ok_or("there is one")?;
    assert_eq!(made.action, "BASELINE");
    assert_eq!(
        (made.table_name.as_deref(), made.object_repr.as_deref()),
        (Some("cake"), Some("Sacher"))
    );
    assert_eq!(
        (made.actor_id.as_deref(), made.reason.as_deref()),
        (Some("deployment"), Some("auditing begins"))
    );
    let values = serde_json::json!({
        "id": old.id, "name": "Sacher", "price": 250, "note": null, "secret_recipe": "***"
    });
    assert_eq!((&made.old_values, &made.new_values), (&None, &Some(values)));
    let again = baseline.clone().run(&t.db).await?;
    assert_eq!((again.rows, again.recorded), (3, 0));
    let skipped = AuditConfig::new().skip_models(["cake"])?;
    assert_eq!(skipped.scope(baseline.clone().run(&t.db)).await?.rows, 0);
    Ok(())
}

/// Triggers: what a baseline found is a version, and the state before; an undo does not touch it, and what is gone comes back by it.
pub async fn a_baseline_is_a_part_of_the_history(t: &mut Test) -> Outcome {
    t.create_table(account::Entity).await?;
    let old = account::numbered(1).insert(&t.db).await?;
    capture::install(&t.db, account::Entity).await?;
    let before = sea_orm::prelude::DateTimeUtc::UNIX_EPOCH;
    let db = t.db.audited();
    let request = AuditContext::new().request_id("r");
    let made = request
        .scope(Baseline::of::<account::Entity>().run(&db))
        .await?;
    assert_eq!(made.recorded, 1);
    let mut edit = account::numbered(1).reset_all();
    edit.balance = Set(7);
    edit.update(&db).await?;
    let history = History::<account::Entity>::find(1);
    let versions = history.versions(&t.db).await?;
    let actions: Vec<_> = versions
        .iter()
        .map(|version| version.record.action.as_str())
        .collect();
    assert_eq!(actions, ["BASELINE", "UPDATE"]);
    assert!(versions.iter().all(|version| version.unrecorded.is_empty()));
    let found = versions[0].snapshot.as_ref().ok_or("it was there")?;
    assert_eq!(found.get(account::Column::Balance), Ok(&old.balance.into()));
    assert_eq!(found.get(account::Column::Pin), Err(&Unknown::Masked));
    assert_eq!(history.at(before, &t.db).await?.as_ref(), Some(found));
    let all = AsOf::<account::Entity>::at(before).all(&t.db).await?;
    assert_eq!(all.first(), Some(found));
    let last = history.last_change(account::Column::Balance, &t.db).await?;
    assert_eq!(
        last.map(|last| last.record.action).as_deref(),
        Some("UPDATE")
    );
    assert_eq!(
        history.last_change(account::Column::Name, &t.db).await?,
        None
    );
    let plan = UndoPlan::for_request("r").plan(&db).await?;
    assert!(
        plan.steps().is_empty() && plan.conflicts().is_empty(),
        "{plan}"
    );
    Ok(())
}

/// More rows than a batch holds, of keys of two columns, with few statements, and not in a transaction of the caller's.
pub async fn a_large_table_is_recorded_in_batches(t: &mut Test) -> Outcome {
    t.create_table(by_number_and_text::Entity).await?;
    let rows: Vec<_> = (0..ROWS)
        .map(|number| by_number_and_text::ActiveModel {
            number: Set(number / 100),
            text: Set(format!("{:02}", number % 100)),
            value: Set(number),
        })
        .collect();
    for rows in rows.chunks(500) {
        by_number_and_text::Entity::insert_many(rows.to_vec())
            .exec(&t.db)
            .await?;
    }
    let transaction = t.db.begin_write().await?;
    let refused = Baseline::of::<by_number_and_text::Entity>().run(&transaction);
    let error = refused.await.expect_err("it is no pool").to_string();
    assert!(error.contains("pass the pool"), "{error}");
    transaction.rollback().await?;
    assert_eq!(t.records().await?.len(), 0);
    let (count, sent) = t
        .sent(Baseline::of::<by_number_and_text::Entity>().run(&t.db))
        .await;
    assert_eq!(count?.recorded, 1_203);
    let selects = sent
        .iter()
        .filter(|sql| sql.starts_with("SELECT") && sql.contains("FROM"))
        .count();
    // Where the batch ends, its rows, and whose last records are known.
    assert_eq!(selects, 9, "{sent:#?}");
    let records = records(t, "BASELINE").await?;
    assert_eq!(records.len(), 1_203);
    assert!(records.values().all(|count| *count == 1));
    Ok(())
}

/// A row that came back without a record gets one, and so does one that was silenced; the history says that it came so.
pub async fn a_row_that_came_back_gets_one(t: &mut Test) -> Outcome {
    t.create_table(account::Entity).await?;
    capture::install(&t.db, account::Entity).await?;
    let db = t.db.audited();
    let first = account::numbered(1).insert(&db).await?;
    let silent = AuditConfig::new().skip_actions(["UPDATE"])?;
    let second = account::numbered(2).insert(&db).await?;
    let mut edit = second.into_active_model();
    edit.balance = Set(9);
    silent.scope(edit.update(&db)).await?;
    let again = first.clone().into_active_model().reset_all();
    first.audited_delete(&db).await?;
    capture::remove(&t.db, account::Entity).await?;
    again.insert(&t.db).await?;
    capture::install(&t.db, account::Entity).await?;
    let made = Baseline::of::<account::Entity>().run(&t.db).await?;
    assert_eq!((made.rows, made.recorded), (2, 2));
    let versions = History::<account::Entity>::find(1).versions(&t.db).await?;
    let last = versions.last().ok_or("there is one")?;
    assert_eq!(last.record.action, "BASELINE");
    assert!(
        last.unrecorded
            .get("balance")
            .is_some_and(|change| change.old.is_none())
    );
    let came_back = History::<account::Entity>::find(1);
    let change = came_back
        .last_change(account::Column::Balance, &t.db)
        .await?;
    assert_eq!(change.map(|change| change.is_certain), Some(false));
    let later = "2100-01-01T00:00:00Z".parse()?;
    let silenced = History::<account::Entity>::find(2);
    let known = silenced.at(later, &t.db).await?.ok_or("it is there")?;
    assert_eq!(known.get(account::Column::Balance), Ok(&9_i64.into()));
    assert_eq!(
        Baseline::of::<account::Entity>().run(&t.db).await?.recorded,
        0
    );
    Ok(())
}

/// A table as it was before its baseline costs what it does without one.
pub async fn a_table_before_its_baseline_costs_few_statements(t: &mut Test) -> Outcome {
    old_tarts(t, 300).await?;
    Baseline::of::<tart::Entity>().run(&t.db).await?;
    let before = AsOf::<tart::Entity>::at(sea_orm::prelude::DateTimeUtc::UNIX_EPOCH);
    let (all, sent) = t.sent(before.all(&t.db)).await;
    assert_eq!(all?.len(), 300);
    assert!(sent.len() < 12, "{} statements: {sent:#?}", sent.len());
    Ok(())
}

/// Inserts, changes and deletes tarts until it is over, and a few times more.
async fn write_until(
    db: DatabaseConnection,
    seed: u64,
    is_over: Arc<AtomicBool>,
) -> Result<(), DbErr> {
    let (db, mut random) = (db.audited(), Random::new(seed));
    let mut written = 0;
    while !is_over.load(Ordering::Relaxed) || written < 50 {
        let id = i32::try_from(random.below(1_400)).unwrap_or_default();
        match random.below(4) {
            0 => {
                tart::Entity::delete_by_id(id).exec(&db).await?;
            }
            1 => {
                // OK to ignore: one that is there is refused.
                let _refused = tart::priced(id, 1).insert(&db).await;
            }
            _ => {
                // OK to ignore: one that is not there is refused.
                let _refused = tart::repriced(id, 2).update(&db).await;
            }
        }
        written += 1;
    }
    Ok(())
}

/// Beside writers: no row twice, none missed, and each history is whole, with the baseline before every change.
pub async fn a_baseline_beside_writers_is_whole(t: &mut Test) -> Outcome {
    old_tarts(t, ROWS).await?;
    let is_over = Arc::new(AtomicBool::new(false));
    let writers =
        (0..3).map(|seed| tokio::spawn(write_until(t.db.clone(), seed, Arc::clone(&is_over))));
    let writers: Vec<_> = writers.collect();
    // Two at once: each row has its record once.
    let (one, other) = tokio::join!(
        Baseline::of::<tart::Entity>().run(&t.db),
        Baseline::of::<tart::Entity>().run(&t.db),
    );
    is_over.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.map_err(|error| error.to_string())??;
    }
    let made = records(t, "BASELINE").await?;
    assert!(made.values().all(|count| *count == 1));
    assert_eq!(u64::try_from(made.len())?, one?.recorded + other?.recorded);
    let mut first = BTreeMap::new();
    for record in t.records().await? {
        let id = record.object_id.unwrap_or_default();
        let first = first
            .entry(id.clone())
            .or_insert_with(|| record.action.clone());
        assert!(record.action != "BASELINE" || first == "BASELINE", "{id}");
    }
    for row in tart::Entity::find().all(&t.db).await? {
        let versions = History::of(&row).versions(&t.db).await?;
        let last = versions
            .last()
            .ok_or_else(|| format!("no record of {}", row.id))?;
        assert!(
            versions.iter().all(|version| version.unrecorded.is_empty()),
            "{}",
            row.id
        );
        let model = last.snapshot.as_ref().ok_or("it is there")?.model()?;
        assert_eq!(model, row);
    }
    Ok(())
}

/// Dropped at any point, and run again: as one that nobody dropped.
pub async fn a_dropped_baseline_goes_on(t: &mut Test) -> Outcome {
    old_tarts(t, 700).await?;
    let baseline = Baseline::of::<tart::Entity>();
    for waits in 0..40 {
        let point = Point {
            waits: waits * 37,
            is_answered: waits % 2 == 0,
        };
        point.cut(baseline.clone().run(&t.db)).await.transpose()?;
        // A batch that nobody waits for goes to its end: whoever locks the rows waits for it.
        settled(t).await?;
        let made = records(t, "BASELINE").await?;
        assert!(
            matches!(made.len(), 0 | 500 | 700),
            "{point:?}: {}",
            made.len()
        );
        assert!(made.values().all(|count| *count == 1), "{point:?}");
    }
    baseline.clone().run(&t.db).await?;
    assert_eq!(records(t, "BASELINE").await?.len(), 700);
    Ok(())
}

async fn settled(t: &Test) -> Result<(), DbErr> {
    use sea_orm::QuerySelect;
    let transaction = t.db.begin_write().await?;
    let rows = tart::Entity::find().order_by_asc(tart::Column::Id);
    rows.lock_exclusive().all(&transaction).await?;
    transaction.commit().await
}

/// Killed at any moment, and begun again: each batch is there as a whole or not at all, and each row has its record once.
pub async fn a_killed_baseline_goes_on(t: &mut Test) -> Outcome {
    old_tarts(t, 10_000).await?;
    let mut random = Random::new(7);
    let mut was_cut = false;
    for round in 0..scaled(60).max(4) {
        let microseconds = random.below(20_000);
        kill_after(t, random.below(4), Duration::from_micros(microseconds)).await?;
        settled(t).await?;
        let made = records(t, "BASELINE").await?;
        assert!(made.values().all(|count| *count == 1), "round {round}");
        assert_eq!(made.len() % 500, 0, "round {round}");
        was_cut |= (1..10_000).contains(&made.len());
        if made.len() == 10_000 {
            // Another one, to be cut off again.
            t.db.execute_unprepared("DELETE FROM audit_log").await?;
        }
    }
    assert!(was_cut, "no kill came in the middle");
    Baseline::of::<tart::Entity>().run(&t.db).await?;
    let made = records(t, "BASELINE").await?;
    assert_eq!((made.len(), made.values().sum::<usize>()), (10_000, 10_000));
    Ok(())
}

/// Starts a program that makes a baseline, and kills it a moment after so many batches and one more.
async fn kill_after(t: &Test, batches: u64, moment: Duration) -> Outcome {
    let mut child = child::program("child")
        .args(["baseline", &t.isolated.url])
        .stdout(Stdio::piped())
        .spawn()?;
    let said = child.stdout.take().ok_or("it has an output")?;
    let mut lines = BufReader::new(said).lines();
    for _ in 0..=batches {
        lines.next_line().await?.ok_or("it says each batch")?;
    }
    tokio::time::sleep(moment).await;
    child.kill().await?;
    Ok(())
}
