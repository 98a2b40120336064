//! The one rule for text that comes from outside: cut to its column, and cleaned.
//!
//! User names, user agents, titles and the like are chosen by strangers. Some databases refuse a NUL,
//! some cut silently, and control or bidirectional-override characters can make a log read as what it is
//! not. So each such character becomes U+FFFD (�), and the text is cut on a character boundary.

use std::borrow::Cow;

/// One line of text: control and invisible direction characters become `�`, the rest is cut to `max_chars`.
///
/// # Example
/// ```
/// use audit_core::text;
///
/// assert_eq!(text::line("a\0b\nc", 10), "a�b�c");
/// assert_eq!(text::line("żółć", 2), "żó");
/// ```
#[must_use]
pub fn line(text: &str, max_chars: usize) -> Cow<'_, str> {
    clean(text, max_chars, |c| c.is_control() || is_direction_mark(c))
}

/// Text of several lines, as [`line()`], but line breaks and tabs stay.
///
/// # Example
/// ```
/// use audit_core::text;
///
/// assert_eq!(text::block("a\r\n\tb\0", 10), "a\r\n\tb�");
/// ```
#[must_use]
pub fn block(text: &str, max_chars: usize) -> Cow<'_, str> {
    clean(text, max_chars, |c| {
        (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || is_direction_mark(c)
    })
}

fn clean(text: &str, max_chars: usize, is_unfit: impl Fn(char) -> bool) -> Cow<'_, str> {
    let end = text
        .char_indices()
        .nth(max_chars)
        .map_or(text.len(), |(at, _)| at);
    let kept = &text[..end];
    if kept.contains(&is_unfit) {
        let fit = |c| {
            if is_unfit(c) {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        };
        Cow::Owned(kept.chars().map(fit).collect())
    } else {
        Cow::Borrowed(kept)
    }
}

/// The characters of UAX #9 that set a direction, which reorder what follows them on a screen.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cleaned_line_fits_and_is_clean(text in any::<String>(), max in 0_usize..40) {
            let line = line(&text, max);
            prop_assert!(line.chars().count() <= max);
            prop_assert!(!line.chars().any(|c| c.is_control() || is_direction_mark(c)));
        }
    }

    #[test]
    fn clean_text_is_not_copied() {
        assert!(matches!(line("plain", 10), Cow::Borrowed("plain")));
    }

    #[test]
    fn direction_overrides_become_visible() {
        assert_eq!(line("ada\u{202E}nimda", 255), "ada\u{FFFD}nimda");
    }
}
