//! What auditing adds to a write: the same operation on equal tables, plain, with a trail that the application writes by
//! hand with SeaORM, audited by hooks, by triggers written by hand, and by capture triggers; and beside them what a row
//! more in `audit_log` costs, of constants.
//!
//! ```sh
//! cargo bench -p audit-benches --bench write_path                # SQLite, and each server whose URL is set
//! cargo bench -p audit-benches --bench write_path -- SQLite/100  # a part of it
//! ```
//!
//! The sides take turns, batch by batch on one connection, so that what disturbs the machine disturbs all; a ratio
//! is the median of the turns' ratios. Rows to update or delete, and the active models, are made outside the
//! measured time. SQLite is a file in WAL mode with `synchronous = NORMAL`, the servers are as they were set up.
//! Pools have one connection and are otherwise SeaORM's default, which pings it for each transaction. PostgreSQL's
//! and MariaDB's URLs are those of the tests.

mod arena;
#[path = "../../tests/src/backend.rs"]
#[allow(dead_code, unreachable_pub, reason = "it is a module of the tests too")]
mod backend;
mod by_hand;
mod hand_triggers;
mod item;
mod one_row;
mod operation;
mod report;
mod side;
mod write;

use std::{error::Error, time::Duration};

use criterion::{BenchmarkGroup, Criterion, measurement::WallTime};
use tokio::runtime::Runtime;

use arena::{Arena, Turn};
use backend::{Backend, Target};
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
        .filter(|backend| Target::from(*backend).is_configured())
    {
        for shape in Shape::ALL {
            let mut group = criterion.benchmark_group(format!("{backend}/{shape}"));
            for operation in Operation::ALL {
                // Tables of their own, so that no operation pays for the rows that another left.
                let mut arena = Some(runtime.block_on(Arena::open(backend, shape))?);
                let turns = bench(&mut group, &runtime, &mut arena, shape, operation);
                measured.push(Measured {
                    backend,
                    shape,
                    operation,
                    turns,
                });
                let arena = arena.expect("no turn is under way");
                runtime.block_on(arena.remove())?;
            }
            group.finish();
        }
    }
    criterion.final_summary();
    report::print(&measured)?;
    Ok(())
}

/// Measures each side. Those that are not criterion's turn run all the same, so that each time has its fellows.
fn bench(
    group: &mut BenchmarkGroup<'_, WallTime>,
    runtime: &Runtime,
    arena: &mut Option<Arena>,
    shape: Shape,
    operation: Operation,
) -> Vec<Turn> {
    let mut turns = Vec::new();
    for (position, side) in side::all(shape).iter().enumerate() {
        group.bench_function(format!("{operation}/{}", side.name()), |bencher| {
            bencher.iter_custom(|count| {
                let new = take_turns(runtime, arena, shape, operation, count);
                let total = new.iter().map(|turn| turn[position]).sum();
                turns.extend(new);
                total
            });
        });
    }
    turns
}

/// In a task of a runtime with many threads, as an application's writes are.
fn take_turns(
    runtime: &Runtime,
    arena: &mut Option<Arena>,
    shape: Shape,
    operation: Operation,
    count: u64,
) -> Vec<Turn> {
    let mut moved = arena.take().expect("no turn is under way");
    let count = usize::try_from(count).expect("as many iterations as memory holds");
    let turns = runtime.spawn(async move {
        let turns = moved.turns(shape, operation, count).await;
        (moved, turns)
    });
    let (moved, turns) = runtime.block_on(turns).expect("the turns do not panic");
    *arena = Some(moved);
    turns.expect("every write succeeds")
}
