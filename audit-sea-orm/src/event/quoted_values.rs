//! Values that databases quote in their errors.
//!
//! An error that an application logs, or panics with, may hold what somebody typed: MariaDB says `Duplicate entry 'x' for key
//! 'k'`. Where the column is masked its values are to be in no table of the trail, so none of what is quoted gets into an
//! event. The texts are those of MySQL 9.7 and MariaDB 11.8 (share/messages), of PostgreSQL 18 (src/backend), of SQLite
//! 3.54, and of serde, in English; the details of PostgreSQL's errors, which only their `Debug` shows, are left out in any
//! language.

use std::borrow::Cow;

use audit_core::MASK;

/// How an error quotes a value.
struct Quote {
    /// What the text begins with,
    start: &'static str,
    /// what comes right before the value, soon after that,
    opening: &'static str,
    /// and what comes right after it.
    closing: &'static str,
    /// Whether the beginning alone tells that a value follows, which may then have been cut.
    is_telling: bool,
}

const fn quote(start: &'static str, opening: &'static str, closing: &'static str) -> Quote {
    Quote {
        start,
        opening,
        closing,
        is_telling: true,
    }
}

const QUOTES: [Quote; 17] = [
    // MySQL and MariaDB.
    quote("Duplicate entry", " '", "' for key"),
    // `Incorrect integer value: 'x' for column`, `Truncated incorrect DOUBLE value: 'x'`.
    quote("ncorrect ", " value: '", "'"),
    quote("value is out of range in", " '", "'"),
    quote("right syntax to use near", " '", "' at line"),
    // PostgreSQL.
    quote("detail: Some(", "\"", "\""),
    quote("where: Some(", "\"", "\""),
    quote("Key (", ")=(", ")"),
    quote("Failing row contains", " (", ")"),
    quote("input syntax for type", ": \"", "\""),
    quote("input value for enum", ": \"", "\""),
    quote("value out of range", ": \"", "\""),
    Quote {
        is_telling: false,
        ..quote("value ", "\"", "\" is out of range for type")
    },
    quote("at or near", " \"", "\""),
    // SQLite.
    quote("unrecognized token", ": \"", "\""),
    // What SeaORM reads JSON with.
    quote("invalid type: string", " \"", "\", expected"),
    quote("invalid value: string", " \"", "\", expected"),
    quote("unknown variant", " `", "`, expected"),
];

/// How far the value may be from the text's beginning: there the name of a type, or of columns, may be between.
const NEAR: usize = 300;

/// The text without the values that a database's error quotes in it. Of two that follow each other, or of one that was cut,
/// rather too much is left out.
pub(super) fn without_quoted_values(text: &str) -> Cow<'_, str> {
    QUOTES.iter().fold(Cow::Borrowed(text), |text, quote| {
        match quote.masked(&text) {
            Some(masked) => Cow::Owned(masked),
            None => text,
        }
    })
}

impl Quote {
    fn masked(&self, text: &str) -> Option<String> {
        let mut from = 0;
        loop {
            let after = from + text[from..].find(self.start)? + self.start.len();
            match self.value(&text[after..]) {
                Some((begins, ends)) => {
                    let (before, value_on) = text.split_at(after + begins);
                    let rest = &value_on[ends - begins..];
                    // What follows is behind the last closing, where no other can be.
                    return Some(format!("{before}{MASK}{rest}"));
                }
                None => from = after,
            }
        }
    }

    /// The end of the opening. `Debug` puts a backslash before a quotation mark, and more where it is nested.
    fn opened(&self, text: &str) -> Option<usize> {
        let Some(before) = self.opening.strip_suffix('"') else {
            return Some(text.find(self.opening)? + self.opening.len());
        };
        text.match_indices(before).find_map(|(at, _)| {
            let rest = &text[at + before.len()..];
            let unescaped = rest.trim_start_matches('\\');
            let quoted = unescaped.strip_prefix('"')?;
            Some(text.len() - quoted.len())
        })
    }

    /// Where the value is in what follows the beginning: up to the last closing, as a value may hold one itself.
    fn value(&self, text: &str) -> Option<(usize, usize)> {
        let begins = self.opened(text).filter(|at| *at <= NEAR)?;
        match text[begins..].rfind(self.closing) {
            Some(closed) => Some((begins, begins + closed)),
            None => self.is_telling.then_some((begins, text.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str, expected: &str) {
        assert_eq!(without_quoted_values(text), expected);
    }

    #[test]
    fn texts_of_each_database_lose_their_values() {
        masked(
            "1062 (23000): Duplicate entry 'it's 'x' for key y' for key 'users.email'",
            "1062 (23000): Duplicate entry '***' for key 'users.email'",
        );
        masked(
            "Incorrect integer value: 'secret' for column `shop`.`t`.`n` at row 1",
            "Incorrect integer value: '***' for column `shop`.`t`.`n` at row 1",
        );
        masked(
            r#"invalid input syntax for type integer: "se"cret""#,
            r#"invalid input syntax for type integer: "***""#,
        );
        masked(
            "Key (email)=(a@example.com) already exists.",
            "Key (email)=(***) already exists.",
        );
        masked(
            "Failing row contains (1, secret, null).",
            "Failing row contains (***).",
        );
        masked(
            r#"value "99999999999" is out of range for type integer"#,
            r#"value "***" is out of range for type integer"#,
        );
        masked(
            r#"Err(PgDatabaseError { message: "invalid input syntax for type integer: \"secret\"" })"#,
            r#"Err(PgDatabaseError { message: "invalid input syntax for type integer: \"***" })"#,
        );
        masked(
            r#"invalid type: string "secret", expected u64 at line 1"#,
            r#"invalid type: string "***", expected u64 at line 1"#,
        );
    }

    #[test]
    fn what_was_cut_within_the_value_loses_it_too() {
        masked("Duplicate entry 'secr", "Duplicate entry '***");
        masked("Failing row contains (1, secr", "Failing row contains (***");
    }

    #[test]
    fn details_are_left_out_in_any_language() {
        let text = r#"PgDatabaseError { code: "23505", detail: Some("Schlüssel »(pin)=(secret)« existiert bereits."), hint: None }"#;
        let masked = without_quoted_values(text);
        assert!(!masked.contains("secret"), "{masked}");
        assert!(masked.starts_with(r#"PgDatabaseError { code: "23505", detail: Some("***"#));
    }

    #[test]
    fn other_texts_stay_as_they_are() {
        for text in [
            "",
            "the oven exploded",
            "UNIQUE constraint failed: cake.name",
            r#"the value "x" is wrong"#,
            "Duplicate entry",
            "Key (email) of nothing",
        ] {
            assert!(matches!(without_quoted_values(text), Cow::Borrowed(same) if same == text));
        }
    }
}
