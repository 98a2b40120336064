//! The table that the benchmark ends with.

use std::{
    io::{self, Write},
    time::Duration,
};

use crate::{
    arena::Turn,
    backend::Backend,
    operation::{Operation, Shape},
    side::{self, AUDITED, BY_HAND, CAPTURED, HAND_TRIGGERS, PLAIN},
};

/// What was measured of one operation.
pub(crate) struct Measured {
    pub(crate) backend: Backend,
    pub(crate) shape: Shape,
    pub(crate) operation: Operation,
    pub(crate) turns: Vec<Turn>,
}

/// How many times as long as the plain operation the side's may take.
fn bar(side: &str, backend: Backend, shape: Shape, operation: Operation) -> Option<f64> {
    let [create, update, delete] = match (side, backend, shape) {
        (AUDITED, Backend::Sqlite, Shape::One) => [1.4, 2.1, 2.1],
        (AUDITED, Backend::Postgres, Shape::One) => [1.4, 1.6, 1.8],
        (AUDITED, Backend::MySql, Shape::One) => [1.3, 1.9, 1.7],
        (AUDITED, Backend::Sqlite, Shape::Hundred) => [2.2, 3.7, 4.8],
        (AUDITED, Backend::Postgres, Shape::Hundred) => [2.3, 3.0, 3.8],
        (AUDITED, Backend::MySql, Shape::Hundred) => [1.6, 2.2, 3.8],
        (CAPTURED, Backend::Sqlite, Shape::One) => [1.3, 1.35, 1.4],
        (CAPTURED, Backend::Postgres, Shape::One) => [1.2, 1.2, 1.3],
        (CAPTURED, Backend::MySql, Shape::One) => [1.15, 1.4, 1.2],
        (CAPTURED, Backend::Sqlite, Shape::Hundred) => [1.3, 1.4, 1.8],
        (CAPTURED, Backend::Postgres, Shape::Hundred) => [1.3, 1.3, 1.5],
        (CAPTURED, Backend::MySql, Shape::Hundred) => [1.2, 1.2, 1.5],
        (CAPTURED, Backend::Sqlite, Shape::Autocommit) => [2.5; 3],
        (CAPTURED, Backend::Postgres, Shape::Autocommit) => [1.6; 3],
        (CAPTURED, Backend::Sqlite, Shape::Bulk) => [4.0, 2.0, 2.0],
        (CAPTURED, Backend::Postgres, Shape::Bulk) => [1.5, 3.5, 4.0],
        _ => return None,
    };
    Some(match operation {
        Operation::Create => create,
        Operation::Update => update,
        Operation::Delete => delete,
    })
}

/// Prints a line for each side of an operation: medians of a single operation's time, and of the turns' ratios
/// to the plain side and to the one by hand.
pub(crate) fn print(measured: &[Measured]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "\n{:13}  {:9}  {:6}  {:10}  {:>8}  {:>8}  {:>11}  {:>4}  {:4}  {:>10}  {:>5}",
        "backend",
        "per tx",
        "",
        "",
        "µs",
        "to plain",
        "middle half",
        "bar",
        "",
        "to by hand",
        "turns",
    )?;
    let mut measured = measured
        .iter()
        .filter(|measured| !measured.turns.is_empty());
    measured.try_for_each(|measured| write_lines(&mut out, measured))
}

fn write_lines(out: &mut impl Write, measured: &Measured) -> io::Result<()> {
    let Measured {
        backend,
        shape,
        operation,
        turns,
    } = measured;
    let sides = side::all(*shape);
    let position = |name| sides.iter().position(|side| side.name() == name);
    let plain = position(PLAIN);
    for (own, side) in sides.iter().enumerate() {
        let micros = |time: Duration| time.as_secs_f64() * 1e6 / shape.size() as f64;
        let time = Quartiles::of(turns.iter().map(|turn| micros(turn[own])));
        write!(
            out,
            "{:13}  {shape:9}  {operation:6}  {:10}  {:8.1}",
            backend.to_string(),
            side.name(),
            time.median
        )?;
        if let Some(plain) = plain.filter(|plain| *plain != own) {
            let ratio = ratio(turns, own, plain);
            let bar = bar(side.name(), *backend, *shape, *operation);
            let verdict = bar.map_or("", |bar| if ratio.median <= bar { "ok" } else { "OVER" });
            let bar = bar.map(|bar| bar.to_string()).unwrap_or_default();
            write!(
                out,
                "  {:8.2}  {:5.2}-{:5.2}  {bar:>4}  {verdict:4}",
                ratio.median, ratio.lower, ratio.upper
            )?;
        }
        let by_hand = match side.name() {
            AUDITED => position(BY_HAND),
            CAPTURED => position(HAND_TRIGGERS),
            _ => None,
        };
        if let Some(by_hand) = by_hand {
            let ratio = ratio(turns, own, by_hand);
            write!(out, "  {:10.2}  {:5}", ratio.median, turns.len())?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn ratio(turns: &[Turn], of: usize, to: usize) -> Quartiles {
    Quartiles::of(
        turns
            .iter()
            .map(|turn| turn[of].as_secs_f64() / turn[to].as_secs_f64()),
    )
}

struct Quartiles {
    lower: f64,
    median: f64,
    upper: f64,
}

impl Quartiles {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let at = |quarter: usize| values[(values.len() - 1) * quarter / 4];
        Self {
            lower: at(1),
            median: at(2),
            upper: at(3),
        }
    }
}
