//! The table that the benchmark ends with. A ratio is of pages with as many rows: where the small trail has fewer to show,
//! the large one's page was asked for with that many too, or with one.

use std::{
    io::{self, Write},
    time::Duration,
};

/// What was measured of one page, on the small trail and on the large one.
pub(crate) struct Measured {
    pub(crate) name: &'static str,
    pub(crate) is_list: bool,
    pub(crate) times: [Vec<Duration>; 2],
    /// How many rows of a list it shows.
    pub(crate) rows: [u64; 2],
    /// Where the small trail shows fewer: what was measured with that many on both, or one.
    pub(crate) alike: Option<[Vec<Duration>; 2]>,
}

/// How long a list may take, in milliseconds.
const BAR: f64 = 20.0;

/// How many times as long as on the small trail.
const RATIO_BAR: f64 = 1.5;

pub(crate) fn print(title: &str, measured: &[Measured]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "\n{title:36}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}",
        "small p50", "p95", "large p50", "p95", "ratio p50", "ratio p95", "rows",
    )?;
    for page in measured {
        let [small, large] = percentiles(&page.times);
        let alike = page.alike.as_ref().unwrap_or(&page.times);
        let [few, many] = percentiles(alike);
        let ratios = [many[0] / few[0], many[1] / few[1]];
        let verdict = match page.is_list {
            false => "",
            true if large[1] > BAR => "SLOW",
            true if ratios[0] > RATIO_BAR || ratios[1] > RATIO_BAR => "GROWS",
            true => "ok",
        };
        let rows = match page.rows {
            [small, large] if small == large => small.to_string(),
            [small, large] => format!("{small} {large}"),
        };
        writeln!(
            out,
            "{:36}  {:9.2}  {:9.2}  {:9.2}  {:9.2}  {:9.2}  {:9.2}  {rows:>9}  {verdict}",
            page.name, small[0], small[1], large[0], large[1], ratios[0], ratios[1],
        )?;
    }
    Ok(())
}

/// The median, and what 95 of 100 take.
fn percentiles(times: &[Vec<Duration>; 2]) -> [[f64; 2]; 2] {
    times
        .each_ref()
        .map(|times| [percentile(times, 50), percentile(times, 95)])
}

/// In milliseconds.
fn percentile(times: &[Duration], percent: usize) -> f64 {
    let mut times = times.to_vec();
    times.sort();
    let at = (times.len() - 1) * percent / 100;
    times[at].as_secs_f64() * 1e3
}
