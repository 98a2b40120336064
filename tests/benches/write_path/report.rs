//! The table that the benchmark ends with.

use std::{
    io::{self, Write},
    time::Duration,
};

use audit_tests::Backend;

use crate::{
    arena::Pair,
    operation::{Operation, Shape},
};

/// What was measured of one operation.
pub(crate) struct Measured {
    pub(crate) backend: Backend,
    pub(crate) shape: Shape,
    pub(crate) operation: Operation,
    pub(crate) pairs: Vec<Pair>,
}

/// How many times as long as the plain operation the audited one may take.
fn bar(backend: Backend, shape: Shape, operation: Operation) -> Option<f64> {
    let [create, update, delete] = match (backend, shape) {
        (_, Shape::Shortcut) => return None,
        (Backend::Sqlite, Shape::One) => [1.4, 2.1, 2.1],
        (Backend::Postgres, Shape::One) => [1.4, 1.6, 1.8],
        (Backend::MySql, Shape::One) => [1.3, 1.9, 1.7],
        (Backend::Sqlite, Shape::Hundred) => [2.2, 3.7, 4.8],
        (Backend::Postgres, Shape::Hundred) => [2.3, 3.0, 3.8],
        (Backend::MySql, Shape::Hundred) => [1.6, 2.2, 3.8],
    };
    Some(match operation {
        Operation::Create => create,
        Operation::Update => update,
        Operation::Delete => delete,
    })
}

/// Prints a line for each operation: medians of a single operation's time, and of the pairs' ratios.
pub(crate) fn print(measured: &[Measured]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "\n{:13}  {:9}  {:6}  {:>8}  {:>10}  {:>5}  {:>11}  {:>4}  {:>6}",
        "backend", "per tx", "", "plain µs", "audited µs", "ratio", "middle half", "bar", "pairs",
    )?;
    let mut measured = measured
        .iter()
        .filter(|measured| !measured.pairs.is_empty());
    measured.try_for_each(|measured| write_line(&mut out, measured))
}

fn write_line(out: &mut impl Write, measured: &Measured) -> io::Result<()> {
    let Measured {
        backend,
        shape,
        operation,
        pairs,
    } = measured;
    let micros = |time: Duration| time.as_secs_f64() * 1e6 / shape.size() as f64;
    let plain = Quartiles::of(pairs.iter().map(|pair| micros(pair.plain)));
    let audited = Quartiles::of(pairs.iter().map(|pair| micros(pair.audited)));
    let ratio = |pair: &Pair| pair.audited.as_secs_f64() / pair.plain.as_secs_f64();
    let ratio = Quartiles::of(pairs.iter().map(ratio));
    let (bar, verdict) = match bar(*backend, *shape, *operation) {
        Some(bar) if ratio.median <= bar => (bar.to_string(), "ok"),
        Some(bar) => (bar.to_string(), "OVER"),
        None => (String::new(), ""),
    };
    writeln!(
        out,
        "{:13}  {shape:9}  {operation:6}  {:8.1}  {:10.1}  {:5.2}  {:5.2}-{:5.2}  {bar:>4}  {:6}  {verdict}",
        backend.to_string(),
        plain.median,
        audited.median,
        ratio.median,
        ratio.lower,
        ratio.upper,
        pairs.len(),
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
