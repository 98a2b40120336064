//! The one rule for text that comes from outside: cut to its column, and cleaned.
//!
//! User names, user agents, titles and the like are chosen by strangers. Some databases refuse a NUL,
//! some cut silently, and control or bidirectional-override characters can make a log read as what it is
//! not, and invisible ones can make two names look alike. So each such character becomes U+FFFD (�), and the text is cut
//! on a character boundary. Joiners (U+200C, U+200D) stay behind a character that is not ASCII: Persian, the scripts of
//! India and emoji are written with them.
//!
//! Capture triggers clean what they name an object by as the database does it: of control and direction characters only.
//! The rest of the text in their records comes through an audited connection, which has cleaned it here.

use std::borrow::Cow;

/// One line of text: control characters, line breaks and what is invisible become `�`, the rest is cut to `max_chars`.
///
/// # Example
/// ```
/// use audit_core::text;
///
/// assert_eq!(text::line("a\0b\nc", 10), "a�b�c");
/// assert_eq!(text::line("żółć", 2), "żó");
/// assert_eq!(text::line("ad\u{200B}min", 10), "ad�min");
/// ```
#[must_use]
pub fn line(text: &str, max_chars: usize) -> Cow<'_, str> {
    clean(text, max_chars, |before, c| {
        c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || is_unseen(before, c)
    })
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
    clean(text, max_chars, |before, c| {
        (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || is_unseen(before, c)
    })
}

/// Cuts a text, and replaces what is unfit: asked of each character, and of the one before it.
fn clean(
    text: &str,
    max_chars: usize,
    is_unfit: impl Fn(Option<char>, char) -> bool,
) -> Cow<'_, str> {
    let end = text
        .char_indices()
        .nth(max_chars)
        .map_or(text.len(), |(at, _)| at);
    let kept = &text[..end];
    let befores = || std::iter::once(None).chain(kept.chars().map(Some));
    let mut pairs = befores().zip(kept.chars());
    if !pairs.any(|(before, c)| is_unfit(before, c)) {
        return Cow::Borrowed(kept);
    }
    let fit = |(before, c)| {
        if is_unfit(before, c) {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    Cow::Owned(befores().zip(kept.chars()).map(fit).collect())
}

/// What is not seen, or reorders what is.
fn is_unseen(before: Option<char>, c: char) -> bool {
    is_direction_mark(c)
        || match c {
            // Between letters that are joined otherwise they are spelling.
            '\u{200C}' | '\u{200D}' => {
                before.is_none_or(|before| before.is_ascii() || is_blank(before))
            }
            _ => is_blank(c),
        }
}

/// Characters without width: spaces, joiners, the byte-order mark, and tags.
fn is_blank(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
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

        #[test]
        fn cleaning_again_changes_nothing(text in "[a\u{e4}\u{200b}-\u{200f}\u{2028}\u{feff}\u{e0041}\n]{0,12}") {
            let once = line(&text, 12).into_owned();
            prop_assert_eq!(line(&once, 12), once.as_str());
            let once = block(&text, 12).into_owned();
            prop_assert_eq!(block(&once, 12), once.as_str());
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

    #[test]
    fn line_separators_are_line_breaks() {
        for separator in ['\u{2028}', '\u{2029}'] {
            let text = format!("a{separator}b");
            assert_eq!(line(&text, 255), "a\u{FFFD}b");
            assert_eq!(block(&text, 255), text);
        }
    }

    #[test]
    fn what_has_no_width_becomes_visible() {
        for unseen in [
            '\u{200B}',
            '\u{200C}',
            '\u{200D}',
            '\u{2060}',
            '\u{FEFF}',
            '\u{E0001}',
            '\u{E0061}',
        ] {
            let text = format!("ad{unseen}min");
            assert_eq!(line(&text, 255), "ad\u{FFFD}min", "{unseen:?}");
            assert_eq!(block(&text, 255), "ad\u{FFFD}min", "{unseen:?}");
            assert_eq!(line(&unseen.to_string(), 255), "\u{FFFD}", "{unseen:?}");
        }
    }

    #[test]
    fn joiners_stay_where_a_script_needs_them() {
        for text in ["می‌خواهم", "क्‍ष", "👩‍💻"] {
            assert!(text.contains(['\u{200C}', '\u{200D}']));
            assert_eq!(line(text, 255), text);
        }
        assert_eq!(line("ж\u{200D}\u{200D}", 255), "ж\u{200D}\u{FFFD}");
    }
}
