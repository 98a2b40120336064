//! A process that is killed at any moment, and a server that is, never leaves a change without its record, or a
//! record without its change.

use std::{
    collections::{BTreeMap, HashSet},
    process::Stdio,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI32, Ordering},
    },
    time::Duration,
};

use audit_migration::Migrator;
use audit_sea_orm::{capture, prelude::*};
use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DbBackend, IsolationLevel, TransactionTrait,
    prelude::Json,
};
use sea_orm_migration::MigratorTrait;
use serde_json::{Map, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    task::JoinSet,
};

use crate::{
    Outcome, Test, child,
    entity::{pie, tart},
    load::{unless_dropped, write_pie, write_tart},
    random::{Random, scaled},
    server::Server,
    test::create_table,
};

/// Of each tier two.
const WRITERS: u64 = 4;

/// Rows by key, each as its columns.
type Rows = BTreeMap<String, Map<String, Json>>;

/// A row's key and columns.
type Row = (String, Map<String, Json>);

/// A program with several writers, killed again and again; after each time the table is just what its records say.
pub async fn a_kill_never_parts_a_change_from_its_record(t: &mut Test) -> Outcome {
    t.create_table(pie::Entity).await?;
    kill_again_and_again(t, "edit", pie::Entity, of_pie).await
}

/// The same of the tier of triggers: a change commits with its record in one statement.
pub async fn a_kill_never_parts_a_change_from_what_its_trigger_records(t: &mut Test) -> Outcome {
    t.create_table(tart::Entity).await?;
    capture::install(&t.db, tart::Entity).await?;
    kill_again_and_again(t, "capture", tart::Entity, of_tart).await
}

fn of_pie(pie: &pie::Model) -> Row {
    let columns = [("id", pie.id), ("price", pie.price), ("stock", pie.stock)];
    (pie.id.to_string(), row(&columns))
}

fn of_tart(tart: &tart::Model) -> Row {
    let columns = [("id", tart.id), ("price", tart.price)];
    (tart.id.to_string(), row(&columns))
}

async fn kill_again_and_again<E: Audited>(
    t: &Test,
    task: &str,
    entity: E,
    columns: fn(&E::Model) -> Row,
) -> Outcome {
    let mut random = Random::new(11);
    let mut recorded = 0;
    for round in 0..scaled(60).max(4) {
        // As two servers whose clocks differ.
        let clock = if round % 2 == 0 { "+5s" } else { "-5s" };
        write_and_kill(t, (task, clock), random.below(40), random.below(20_000)).await?;
        let records = compare(&t.db, entity, columns).await?;
        assert!(records.len() > recorded, "round {round} wrote nothing");
        recorded = records.len();
    }
    Ok(())
}

fn row(columns: &[(&str, i32)]) -> Map<String, Json> {
    columns
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect()
}

/// Starts the program by that clock, lets it write so many times ten, and kills it a moment later.
async fn write_and_kill(
    t: &Test,
    (task, clock): (&str, &str),
    times: u64,
    microseconds: u64,
) -> Outcome {
    let mut child = child::by_clock("child", clock)
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
    tokio::time::sleep(Duration::from_micros(microseconds)).await;
    child.kill().await?;
    Ok(())
}

/// A table is what its records say, in one snapshot: a server may still be ending what the killed program began, and
/// others may write.
async fn compare<E: Audited>(
    db: &DatabaseConnection,
    _: E,
    columns: fn(&E::Model) -> Row,
) -> Result<Vec<audit_log::Model>, sea_orm::DbErr> {
    let is_sqlite = db.get_database_backend() == DbBackend::Sqlite;
    let level = (!is_sqlite).then_some(IsolationLevel::RepeatableRead);
    let moment = db.begin_with_config(level, None).await?;
    let rows: Vec<E::Model> = E::find().all(&moment).await?;
    let mut records = crate::test::records(&moment).await?;
    records.retain(|record| record.table_name.as_deref() == Some(E::audit_table().as_str()));
    let rows: Rows = rows.iter().map(columns).collect();
    assert_eq!(rebuilt(&records), rows);
    Ok(records)
}

/// A server with several writers, killed and started again under load; after each time each table is just what its
/// records say, and what was acknowledged is there. SQLite has no server but the program.
pub async fn a_killed_server_never_parts_a_change_from_its_record(t: &mut Test) -> Outcome {
    let Some(mut server) = Server::start(t.backend).await? else {
        return Ok(());
    };
    let mut options = ConnectOptions::new(server.url());
    options.max_connections(10).sqlx_logging(false);
    // A pool waits the longer between its attempts, the longer it may take.
    options.acquire_timeout(Duration::from_secs(3));
    let db = Database::connect(options).await?;
    Migrator::up(&db, None).await?;
    create_table(&db, pie::Entity).await?;
    create_table(&db, tart::Entity).await?;
    capture::install(&db, tart::Entity).await?;

    let acknowledged = Acknowledged::default();
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(write_until_aborted(
            db.clone(),
            writer,
            acknowledged.clone(),
        ));
    }
    let mut random = Random::new(13);
    for _ in 0..scaled(60).max(3) {
        acknowledged.wait_for_more(20 + random.below(200)).await;
        tokio::time::sleep(Duration::from_micros(random.below(20_000))).await;
        server.kill().await?;
        let before = acknowledged.all();
        server.restart().await?;
        let mut records = compare(&db, pie::Entity, of_pie).await?;
        records.extend(compare(&db, tart::Entity, of_tart).await?);
        let recorded: HashSet<_> = records.iter().filter_map(price).collect();
        let lost = before.iter().find(|price| !recorded.contains(price));
        assert_eq!(lost, None, "it was acknowledged");
    }
    writers.shutdown().await;
    // With sqlx 0.9.0 a statement of MariaDB that was dropped leaves its connection waiting for an answer, and the pool for the
    // connection, as long as there is a server.
    server.kill().await?;
    db.close().await?;
    Ok(())
}

/// Of pies by hooks, or of tarts by triggers.
async fn write_until_aborted(db: DatabaseConnection, writer: u64, acknowledged: Acknowledged) {
    let (mut random, mut drops) = (Random::new(writer), Random::new(writer));
    loop {
        let price = acknowledged.next_price();
        let written = if writer.is_multiple_of(2) {
            unless_dropped(&db, &mut drops, write_tart(&db, &mut random, price)).await
        } else {
            unless_dropped(&db, &mut drops, write_pie(&db, &mut random, price)).await
        };
        if matches!(written, Ok(true)) {
            acknowledged.add(price);
        }
    }
}

/// The price that a record tells of.
fn price(record: &audit_log::Model) -> Option<i32> {
    let price = record.new_values.as_ref()?.get("price")?.as_i64()?;
    price.try_into().ok()
}

/// The prices that a database said are written, none of which is written twice.
#[derive(Clone, Default)]
struct Acknowledged {
    prices: Arc<Mutex<Vec<i32>>>,
    last: Arc<AtomicI32>,
}

impl Acknowledged {
    fn next_price(&self) -> i32 {
        self.last.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn add(&self, price: i32) {
        self.prices
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(price);
    }

    fn all(&self) -> Vec<i32> {
        let prices = self.prices.lock();
        prices.unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn wait_for_more(&self, more: u64) {
        let wanted = self.all().len() + usize::try_from(more).unwrap_or_default();
        while self.all().len() < wanted {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
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
