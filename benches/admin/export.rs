//! An export of a whole trail, and the memory that it takes.

use std::{
    fs,
    io::{self, Write},
    time::Instant,
};

use crate::trail::Trail;

/// Exports every record in both formats, and prints how long it took, how much it was, and how far the resident
/// memory of this process rose meanwhile.
pub(crate) async fn measure(trail: &Trail) -> io::Result<()> {
    for file in ["records/export.csv", "records/export.jsonl"] {
        let (begin, before) = (Instant::now(), resident());
        let (mut bytes, mut most) = (0, before);
        let mut body = trail.body(file).await;
        while let Some(piece) = Trail::piece(&mut body).await {
            bytes += piece.len();
            most = most.max(resident());
        }
        writeln!(
            io::stdout().lock(),
            "{file}: {} MB in {:.1?}; {:.1} MB of memory more than before",
            bytes / 1_000_000,
            begin.elapsed(),
            most.saturating_sub(before) as f64 / 1e6,
        )?;
    }
    Ok(())
}

/// The bytes of this process that are in memory; none where the system does not tell.
fn resident() -> u64 {
    let told = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = told
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or_default() * 4_096
}
