//! The table that the benchmark ends with.

use std::{
    io::{self, Write},
    time::Duration,
};

/// What was measured of one page, on the small trail and on the large one.
pub(crate) struct Measured {
    pub(crate) name: &'static str,
    pub(crate) is_list: bool,
    pub(crate) times: [Vec<Duration>; 2],
    /// How long the pages are, in bytes.
    pub(crate) sizes: [usize; 2],
}

/// How long a list may take, in milliseconds.
const BAR: f64 = 20.0;

/// How many times as long as on the small trail, at most, by what 95 of 100 take.
const RATIO_BAR: f64 = 1.5;

/// A page that is longer by this much is not the same page: the small trail has fewer rows to show on it.
const FULLER: f64 = 1.1;

pub(crate) fn print(title: &str, measured: &[Measured]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "\n{title:36}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}",
        "small p50", "p95", "large p50", "p95", "ratio p50", "ratio p95", "size",
    )?;
    for page in measured {
        let [small, large] = &page.times;
        let [small, large] =
            [small, large].map(|times| [percentile(times, 50), percentile(times, 95)]);
        let ratios = [large[0] / small[0], large[1] / small[1]];
        let [short, long] = page.sizes.map(|bytes| bytes as f64);
        let growth = long / short;
        let verdict = match page.is_list {
            false => "",
            true if large[1] > BAR => "SLOW",
            true if ratios[1] <= RATIO_BAR => "ok",
            true if growth > FULLER => "fuller",
            true => "GROWS",
        };
        writeln!(
            out,
            "{:36}  {:9.2}  {:9.2}  {:9.2}  {:9.2}  {:9.2}  {:9.2}  {growth:9.2}  {verdict}",
            page.name, small[0], small[1], large[0], large[1], ratios[0], ratios[1],
        )?;
    }
    Ok(())
}

/// In milliseconds.
fn percentile(times: &[Duration], percent: usize) -> f64 {
    let mut times = times.to_vec();
    times.sort();
    let at = (times.len() - 1) * percent / 100;
    times[at].as_secs_f64() * 1e3
}
