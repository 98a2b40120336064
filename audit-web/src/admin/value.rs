//! How a value of the trail is shown.

use serde_json::Value;

/// What is shown of one value: a megabyte would stop the browser, and nobody reads it.
const MOST: usize = 20_000;

/// A value whole: text as it is, JSON over several lines.
pub(super) fn whole(value: &Value) -> String {
    match value {
        Value::String(text) => cut(text, MOST),
        Value::Array(_) | Value::Object(_) => cut(&format!("{value:#}"), MOST),
        other => other.to_string(),
    }
}

/// A value in at most 60 characters of one line.
pub(super) fn short(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    cut(&line, 60)
}

/// The beginning of a text; `…` says that there is more.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// A size in bytes for people.
pub(super) fn bytes(count: i64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    let mut rest = count.unsigned_abs();
    if rest < 1000 {
        return format!("{rest} B");
    }
    for unit in UNITS {
        if rest < 1_000_000 {
            return format!("{}.{} {unit}", rest / 1000, rest % 1000 / 100);
        }
        rest /= 1000;
    }
    format!("{count} B")
}

/// A number with its thousands apart.
pub(super) fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_numbers_are_for_people() {
        let sizes = [0, 999, 1000, 1049, 1_500_000, 2_000_000_000, i64::MAX].map(bytes);
        assert_eq!(
            sizes,
            [
                "0 B", "999 B", "1.0 kB", "1.0 kB", "1.5 MB", "2.0 GB", "9.2 EB"
            ]
        );
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(number),
            ["0", "999", "1,000", "1,234,567"]
        );
    }

    #[test]
    fn a_short_value_is_one_line_cut_on_a_character() {
        assert_eq!(short(&"a\n\t b".into()), "a b");
        assert_eq!(
            short(&"é".repeat(61).into()),
            format!("{}…", "é".repeat(60))
        );
        assert_eq!(short(&Value::Null), "null");
    }
}
