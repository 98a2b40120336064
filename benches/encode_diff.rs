//! What the hooks compute between reading a row and writing its record, without a database: take both states of
//! a row of twelve columns, find the columns that differ, write their JSON. And the memory that this allocates,
//! where a reallocation counts as an allocation. The time is with that counting, a little above an application's.
//!
//! ```sh
//! cargo bench -p audit-benches --bench encode_diff
//! ```

#[path = "write_path/item.rs"]
mod item;

use std::{
    hint::black_box,
    io::{self, Write},
    time::{Duration, Instant},
};

use audit_sea_orm::__private::update_record_json;
use criterion::Criterion;
use sea_orm::TryIntoModel;

use item::{Item, item};

item!(audited, "audited_item", derive(audit_sea_orm::Audited));

/// How long the update of two columns may take.
const BAR: Duration = Duration::from_micros(5);

struct Case {
    name: &'static str,
    before: audited::Model,
    after: audited::Model,
}

fn main() -> io::Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    let mut out = io::stdout();
    let mut lines = Vec::new();
    for case in cases() {
        let mut times = Vec::new();
        criterion.bench_function(&format!("encode_diff/{}", case.name), |bencher| {
            bencher.iter_custom(|count| {
                let total = time(&case, count);
                times.push(total.as_secs_f64() * 1e6 / count as f64);
                total
            });
        });
        times.sort_by(f64::total_cmp);
        let median = times.get(times.len() / 2).copied().unwrap_or(f64::NAN);
        lines.push((case, median));
    }
    criterion.final_summary();
    writeln!(
        out,
        "\n{:10}  {:>8}  {:>11}  {:>5}  {:>10}",
        "changed", "µs", "allocations", "bytes", "JSON bytes"
    )?;
    for (case, median) in lines {
        let memory = allocation_counter::measure(|| drop(black_box(record(&case))));
        let json = record(&case).map_or(0, |(old, new)| old.len() + new.len());
        let verdict = if median <= BAR.as_secs_f64() * 1e6 {
            "ok"
        } else {
            "OVER"
        };
        let verdict = if case.name == "two" { verdict } else { "" };
        writeln!(
            out,
            "{:10}  {median:8.2}  {:11}  {:5}  {json:10}  {verdict}",
            case.name, memory.count_total, memory.bytes_total,
        )?;
    }
    Ok(())
}

fn cases() -> [Case; 3] {
    let before = row(audited::ActiveModel::numbered(1_000));
    let two = row(audited::ActiveModel::numbered(1_000).revise(2_000));
    let twelve = audited::Model {
        id: 2,
        quantity: 13,
        is_active: false,
        ..row(audited::ActiveModel::numbered(2_001))
    };
    let case = |name, after| Case {
        name,
        before: before.clone(),
        after,
    };
    [
        case("none", before.clone()),
        case("two", two),
        case("nearly all", twelve),
    ]
}

fn row(mut item: audited::ActiveModel) -> audited::Model {
    item.id = sea_orm::Set(1);
    item.try_into_model().expect("every column is set")
}

fn time(case: &Case, count: u64) -> Duration {
    let start = Instant::now();
    for _ in 0..count {
        black_box(record(case));
    }
    start.elapsed()
}

fn record(case: &Case) -> Option<(String, String)> {
    update_record_json::<audited::Entity>(black_box(&case.before), black_box(&case.after))
}
