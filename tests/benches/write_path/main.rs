//! What auditing adds to a write: the same operation on two equal tables, plain and audited.
//!
//! ```sh
//! cargo bench -p audit-tests --bench write_path                # SQLite, and each server whose URL is set
//! cargo bench -p audit-tests --bench write_path -- SQLite/100  # a part of it
//! ```
//!
//! The two sides take turns, batch by batch on one connection, so that what disturbs the machine disturbs both;
//! the ratio is the median of the turns' ratios. Rows to update or delete, and the active models, are made
//! outside the measured time. SQLite is a file in WAL mode with `synchronous = NORMAL`, the servers are as they
//! were set up. Pools have one connection and are otherwise SeaORM's default, which pings it for each
//! transaction. PostgreSQL's and MariaDB's URLs are those of the tests.

mod arena;
mod item;
mod operation;
mod report;

use std::{error::Error, sync::Arc, time::Duration};

use audit_tests::Backend;
use criterion::{BenchmarkGroup, Criterion, measurement::WallTime};
use tokio::runtime::Runtime;

use arena::{Arena, Pair};
use operation::{Operation, Shape};
use report::Measured;

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    let runtime = Runtime::new()?;
    let mut measured = Vec::new();
    let backends = [Backend::Sqlite, Backend::Postgres, Backend::MySql];
    for backend in backends
        .into_iter()
        .filter(|backend| backend.is_configured())
    {
        for shape in Shape::ALL {
            let mut group = criterion.benchmark_group(format!("{backend}/{shape}"));
            for operation in Operation::ALL {
                // Tables of their own, so that no operation pays for the rows that another left.
                let arena = Arc::new(runtime.block_on(Arena::open(backend))?);
                let pairs = bench(&mut group, &runtime, &arena, shape, operation);
                measured.push(Measured {
                    backend,
                    shape,
                    operation,
                    pairs,
                });
                let arena = Arc::into_inner(arena).expect("no turn is under way");
                runtime.block_on(arena.remove())?;
            }
            group.finish();
        }
    }
    criterion.final_summary();
    report::print(&measured)?;
    Ok(())
}

/// Measures both sides. The one that is not criterion's turn runs all the same, so that each time has its pair.
fn bench(
    group: &mut BenchmarkGroup<'_, WallTime>,
    runtime: &Runtime,
    arena: &Arc<Arena>,
    shape: Shape,
    operation: Operation,
) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let plain: fn(&Pair) -> Duration = |pair| pair.plain;
    let audited: fn(&Pair) -> Duration = |pair| pair.audited;
    for (side, time) in [("plain", plain), ("audited", audited)] {
        group.bench_function(format!("{operation}/{side}"), |bencher| {
            bencher.iter_custom(|count| {
                let new = take_turns(runtime, arena, shape, operation, count);
                let total = new.iter().map(time).sum();
                pairs.extend(new);
                total
            });
        });
    }
    pairs
}

/// In a task of a runtime with many threads, as an application's writes are.
fn take_turns(
    runtime: &Runtime,
    arena: &Arc<Arena>,
    shape: Shape,
    operation: Operation,
    count: u64,
) -> Vec<Pair> {
    let arena = Arc::clone(arena);
    let count = usize::try_from(count).expect("as many iterations as memory holds");
    let turns = runtime.spawn(async move { arena.pairs(shape, operation, count).await });
    let pairs = runtime.block_on(turns).expect("the turns do not panic");
    pairs.expect("every write succeeds")
}
