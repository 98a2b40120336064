//! What questions to the past of one object take on a large audit log.
//!
//! ```sh
//! cargo bench -p audit-benches --bench history                                # SQLite, and each server whose URL is set
//! cargo bench -p audit-benches --bench history -- SQLite --records 10000000   # one of them, larger
//! ```
//!
//! With `--table 100000` a table of so many rows, with ten times as many records among those of the trail, is read as it is and as
//! it was: in its midst, after nine tenths of its records, and now.
//!
//! With `--long 1000000` another object has so many versions, of which the memory is measured that a walk through them takes, on
//! Linux.
//!
//! The trail is that of `seed-trail`. An object with 100 versions lies in its midst: half of the trail was written before its
//! first version and half after its last.

#[path = "../tests/src/backend.rs"]
#[allow(dead_code, unreachable_pub, reason = "it is a module of the tests too")]
mod backend;
#[path = "../tests/src/explained.rs"]
#[allow(dead_code, unreachable_pub, reason = "it is a module of the tests too")]
mod explained;
#[path = "../tests/src/random.rs"]
#[allow(dead_code, unreachable_pub, reason = "it is a module of the tests too")]
mod random;
#[path = "../tests/src/seed.rs"]
#[allow(dead_code, unreachable_pub, reason = "it is a module of the tests too")]
mod seed;

use std::{
    error::Error,
    fs,
    time::{Duration, Instant, SystemTime},
};

use audit_migration::Migrator;
use audit_sea_orm::prelude::*;
use clap::Parser;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, EntityTrait,
    IntoActiveModel, Schema, Set, prelude::DateTimeUtc,
};
use sea_orm_migration::MigratorTrait;
use serde_json::json;

use backend::{Backend, Isolated, Target};
use explained::{Watched, plan};
use seed::{Plan, Sizes};

/// How often each question is asked, after as many times as warm it up.
const ROUNDS: usize = 200;
const WARM_UP: usize = 10;

/// The request that made the object's versions.
const REQUEST: &str = "request-of-the-benchmark";

/// How many versions the object has.
const VERSIONS: i32 = 100;

mod cake {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "bench_cake")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        pub name: String,
        pub price: i32,
        pub note: Option<String>,
        pub baked_at: DateTimeUtc,
        pub is_sold: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
}

/// Measures questions to the past of an object.
#[derive(Parser)]
struct Arguments {
    /// Only databases whose name has this in it.
    #[arg(default_value = "")]
    only: String,
    /// How many records the audit log has.
    #[arg(long, default_value_t = 1_000_000)]
    records: u64,
    /// How many rows a table has, which is read as of some times.
    #[arg(long)]
    table: Option<i32>,
    /// How many versions another object has, through which is walked.
    #[arg(long)]
    long: Option<i32>,
    /// Passed by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    for backend in [Backend::Sqlite, Backend::Postgres, Backend::MySql] {
        if Target::from(backend).is_configured() && backend.to_string().contains(&arguments.only) {
            let name = format!("audit_bench_history_{}", std::process::id());
            let isolated = Isolated::create(backend, &name).await?;
            let db = isolated.connect(1).await?;
            Migrator::up(&db, None).await?;
            let schema = Schema::new(db.get_database_backend());
            db.execute(&schema.create_table_from_entity(cake::Entity))
                .await?;
            fill(&db, arguments.records / 2, 1).await?;
            let cake = live(&db).await?;
            fill(&db, arguments.records / 2, 2).await?;
            measure(backend, &cake, &db).await?;
            assert_indexed(&cake, &db).await?;
            if let Some(rows) = arguments.table {
                as_of(rows, &db).await?;
            }
            if let Some(versions) = arguments.long {
                grow(&db, versions).await?;
                walk(&db).await?;
            }
            db.close().await?;
            isolated.remove().await?;
        }
    }
    Ok(())
}

async fn fill(db: &DatabaseConnection, records: u64, seed: u64) -> Result<(), DbErr> {
    let plan = Plan {
        sizes: Sizes::of(records),
        seed,
        until: now().into(),
    };
    plan.write(db, |_| ()).await
}

#[expect(
    clippy::disallowed_methods,
    reason = "the end of a trail that is made up"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

/// A cake that is changed until it has its versions, all by one request.
async fn live(db: &DatabaseConnection) -> Result<cake::Model, DbErr> {
    let cake = cake::ActiveModel {
        id: Set(1),
        name: Set("Sachertorte".to_owned()),
        price: Set(0),
        note: Set(None),
        baked_at: Set(now().into()),
        is_sold: Set(false),
    };
    let request = AuditContext::new().request_id(REQUEST);
    let writes = async {
        let mut cake = cake.insert(db).await?;
        for price in 1..VERSIONS {
            let mut edit = cake.into_active_model();
            edit.price = Set(price);
            cake = edit.update(db).await?;
        }
        Ok(cake)
    };
    request.scope(writes).await
}

/// Fails where a question reads the audit log without an index.
async fn assert_indexed(cake: &cake::Model, db: &DatabaseConnection) -> Result<(), Box<dyn Error>> {
    let watched = Watched::new(db);
    let history = History::of(cake);
    let versions = history.versions(&watched.db).await?;
    let middle = &versions[versions.len() / 2].record;
    history.at(middle.occurred_at, &watched.db).await?;
    history.version(middle.id, &watched.db).await?;
    history
        .last_change(cake::Column::Price, &watched.db)
        .await?;
    let request = audit_log::Entity::by_request(REQUEST);
    request.newest_first().page(&watched.db, 50).await?;
    let seen = watched.sent();
    for statement in &seen {
        let plan = plan(statement, db).await?;
        let reads_all = [
            "SCAN audit_log\n",
            "SCAN audit_log ",
            "Seq Scan on audit_log",
        ];
        if reads_all.iter().any(|scan| plan.contains(scan)) {
            return Err(format!("no index serves this:\n{plan}\n{statement:?}").into());
        }
    }
    say(&format!("  {} statements, each by an index", seen.len()));
    Ok(())
}

async fn measure(
    backend: Backend,
    cake: &cake::Model,
    db: &DatabaseConnection,
) -> Result<(), DbErr> {
    let history = History::of(cake);
    let versions = history.versions(db).await?;
    let middle = &versions[versions.len() / 2].record;
    let request = || audit_log::Entity::by_request(REQUEST);
    let questions: [(&str, Vec<Duration>); 5] = [
        (
            "its versions",
            time(async || history.versions(db).await).await?,
        ),
        (
            "its state at a time",
            time(async || history.at(middle.occurred_at, db).await).await?,
        ),
        (
            "one of its versions",
            time(async || history.version(middle.id, db).await).await?,
        ),
        (
            "the last change of a column",
            time(async || history.last_change(cake::Column::Price, db).await).await?,
        ),
        (
            "the records of its request",
            time(async || request().newest_first().page(db, 50).await).await?,
        ),
    ];
    say(&format!(
        "{backend}: milliseconds, median and 95th percentile"
    ));
    for (name, mut times) in questions {
        times.sort();
        let at = |percent: usize| times[times.len() * percent / 100].as_secs_f64() * 1e3;
        say(&format!("  {name}: {:.2} {:.2}", at(50), at(95)));
    }
    Ok(())
}

/// Writes the records of an object that was changed so many times, as hooks would.
async fn grow(db: &DatabaseConnection, versions: i32) -> Result<(), DbErr> {
    const BATCH: usize = 1_000;
    let numbers: Vec<i32> = (1..=versions).collect();
    for batch in numbers.chunks(BATCH) {
        let record = |price: &i32| audit_log::ActiveModel {
            occurred_at: Set(now().into()),
            action: Set("UPDATE".to_owned()),
            table_name: Set(Some("bench_cake".to_owned())),
            object_id: Set(Some("2".to_owned())),
            old_values: Set(Some(json!({ "price": price - 1 }))),
            new_values: Set(Some(json!({ "price": price }))),
            ..Default::default()
        };
        let records = batch.iter().map(record);
        audit_log::Entity::insert_many(records).exec(db).await?;
    }
    Ok(())
}

/// Reads a table as it is, and as it was at some times.
async fn as_of(rows: i32, db: &DatabaseConnection) -> Result<(), Box<dyn Error>> {
    const CHANGES: i32 = 9;
    const ROUNDS: usize = 5;
    let from = DateTimeUtc::from(now());
    let at = |change: i32| from + Duration::from_secs(change.unsigned_abs().into());
    tabulate(db, rows, CHANGES, at).await?;
    let read = async || cake::Entity::find().all(db).await.map(|rows| rows.len());
    let mut questions = vec![("the table as it is", time_of(ROUNDS, read).await?)];
    for (name, change) in [
        ("as it was half way", CHANGES / 2),
        ("as it was one record of ten ago", CHANGES - 1),
        ("as of now", CHANGES),
    ] {
        let asked = AsOf::<cake::Entity>::at(at(change));
        let walk = async || {
            let mut walk = asked.walk(db).await?;
            let mut count = 0_usize;
            while walk.try_next().await?.is_some() {
                count += 1;
            }
            Ok(count)
        };
        // Linux: the peak begins anew.
        fs::write("/proc/self/clear_refs", "5")?;
        let before = peak()?;
        questions.push((name, time_of(ROUNDS, walk).await?));
        let more = peak()? - before;
        say(&format!("  {name}: {more} KiB more at most"));
    }
    for (name, (count, mut times)) in questions {
        times.sort();
        let median = times[times.len() / 2].as_secs_f64() * 1e3;
        say(&format!("  {name}: {count} rows in {median:.0} ms"));
    }
    Ok(())
}

/// Writes the rows, and the records of their creation and of so many changes of each, as hooks would.
async fn tabulate(
    db: &DatabaseConnection,
    rows: i32,
    changes: i32,
    at: impl Fn(i32) -> DateTimeUtc + Send + Sync,
) -> Result<(), DbErr> {
    const BATCH: usize = 500;
    let numbers: Vec<i32> = (1..=rows).map(|number| 1_000 + number).collect();
    let row = |id: &i32| cake::ActiveModel {
        id: Set(*id),
        name: Set(format!("cake {id}")),
        price: Set(changes),
        note: Set(None),
        baked_at: Set(at(0)),
        is_sold: Set(false),
    };
    for batch in numbers.chunks(BATCH) {
        cake::Entity::insert_many(batch.iter().map(row))
            .exec_without_returning(db)
            .await?;
    }
    for change in 0..=changes {
        let record = |id: &i32| {
            let (action, old, new) = match change {
                0 => (
                    "CREATE",
                    None,
                    json!({ "id": id, "name": format!("cake {id}"), "price": 0, "note": null, "is_sold": false, "baked_at": at(0) }),
                ),
                _ => (
                    "UPDATE",
                    Some(json!({ "price": change - 1 })),
                    json!({ "price": change }),
                ),
            };
            audit_log::ActiveModel {
                occurred_at: Set(at(change)),
                action: Set(action.to_owned()),
                table_name: Set(Some("bench_cake".to_owned())),
                object_id: Set(Some(id.to_string())),
                old_values: Set(old),
                new_values: Set(Some(new)),
                ..Default::default()
            }
        };
        for batch in numbers.chunks(BATCH) {
            let records = batch.iter().map(record);
            audit_log::Entity::insert_many(records)
                .exec_without_returning(db)
                .await?;
        }
    }
    let analyze = match db.get_database_backend() {
        DbBackend::MySql => "ANALYZE TABLE bench_cake, audit_log",
        _ => "ANALYZE",
    };
    db.execute_unprepared(analyze).await.map(drop)
}

/// How many rows an answer has, and how long it took, some times.
async fn time_of(
    rounds: usize,
    question: impl AsyncFn() -> Result<usize, DbErr>,
) -> Result<(usize, Vec<Duration>), DbErr> {
    let mut times = Vec::with_capacity(rounds);
    let mut count = question().await?;
    for _ in 0..rounds {
        let begin = Instant::now();
        count = question().await?;
        times.push(begin.elapsed());
    }
    Ok((count, times))
}

async fn walk(db: &DatabaseConnection) -> Result<(), Box<dyn Error>> {
    // Linux: the peak begins anew.
    fs::write("/proc/self/clear_refs", "5")?;
    let (before, begin) = (peak()?, Instant::now());
    let mut versions = History::<cake::Entity>::find(2).walk(db).await?;
    let mut count = 0_u64;
    while versions.try_next().await?.is_some() {
        count += 1;
    }
    let (seconds, after) = (begin.elapsed().as_secs_f64(), peak()?);
    say(&format!(
        "  a walk of {count} versions: {seconds:.1} s, the process held {before} KiB before and {after} KiB at most"
    ));
    Ok(())
}

/// The most memory that the process has held, in KiB.
fn peak() -> Result<i64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(kib.ok_or("no VmHWM")?.trim().parse()?)
}

async fn time<T>(question: impl AsyncFn() -> Result<T, DbErr>) -> Result<Vec<Duration>, DbErr> {
    let mut times = Vec::with_capacity(ROUNDS);
    for round in 0..WARM_UP + ROUNDS {
        let begin = Instant::now();
        question().await?;
        if round >= WARM_UP {
            times.push(begin.elapsed());
        }
    }
    Ok(times)
}

#[expect(clippy::print_stdout, reason = "a benchmark's output")]
fn say(line: &str) {
    println!("{line}");
}
