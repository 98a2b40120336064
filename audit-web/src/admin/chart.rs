//! Bars of counts over time, drawn as SVG by the template.

use super::value;

/// A chart.
#[derive(Clone, Debug)]
pub(super) struct Chart {
    pub(super) bars: Vec<Bar>,
    /// The highest count, at the top of the scale.
    pub(super) top: String,
    pub(super) first: String,
    pub(super) last: String,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// A bar, in the units of the drawing.
#[derive(Clone, Debug)]
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) count: String,
    pub(super) href: String,
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

const WIDTH: usize = 960;
const HEIGHT: usize = 160;

/// Draws counts, each with its label and link.
pub(super) fn draw(counts: Vec<(String, String, u64)>) -> Chart {
    let top = counts
        .iter()
        .map(|(_, _, count)| *count)
        .max()
        .unwrap_or_default();
    let step = WIDTH / counts.len().max(1);
    let label = |entry: Option<&(String, String, u64)>| {
        entry.map(|(label, _, _)| label.clone()).unwrap_or_default()
    };
    let (first, last) = (label(counts.first()), label(counts.last()));
    let width = step * counts.len();
    let bars = counts
        .into_iter()
        .enumerate()
        .map(|(at, (label, href, count))| {
            let height = height(count, top);
            Bar {
                label,
                href,
                count: value::number(count),
                x: at * step,
                y: HEIGHT - height,
                width: (step * 4 / 5).max(1),
                height,
            }
        });
    Chart {
        bars: bars.collect(),
        top: value::number(top),
        first,
        last,
        width,
        height: HEIGHT,
    }
}

/// A bar's height; what is not nothing can be seen.
fn height(count: u64, top: u64) -> usize {
    if count == 0 {
        return 0;
    }
    let full = u128::try_from(HEIGHT).unwrap_or_default();
    let height = u128::from(count) * full / u128::from(top.max(1));
    usize::try_from(height).unwrap_or(HEIGHT).clamp(2, HEIGHT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_fit_the_drawing_and_what_is_little_is_seen() {
        let chart = draw(vec![
            ("a".to_owned(), String::new(), 0),
            ("b".to_owned(), String::new(), 1),
            ("c".to_owned(), String::new(), u64::MAX),
        ]);
        let heights: Vec<usize> = chart.bars.iter().map(|bar| bar.height).collect();
        assert_eq!(heights, [0, 2, HEIGHT]);
        assert!(chart.bars.iter().all(|bar| bar.y + bar.height == HEIGHT));
        assert!(chart.bars.iter().all(|bar| bar.x + bar.width <= WIDTH));
        assert_eq!(draw(Vec::new()).bars.len(), 0);
    }
}
