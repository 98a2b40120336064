//! What the program says.

use std::{borrow::Cow, io::Write, process::ExitCode};

use audit_sea_orm::{
    Changes,
    serde_json::{self, Value},
};
use comfy_table::{Table, presets::UTF8_FULL_CONDENSED};
use sea_orm_migration::{DbErr, sea_orm::prelude::DateTimeUtc};
use serde::Serialize;

/// How many characters of a value are shown.
const LONGEST: usize = 80;

/// A line, or several. A reader that closed its end wants no more, which is no error.
pub(super) fn say(text: &str) {
    drop(writeln!(std::io::stdout(), "{text}"));
}

/// A text of several lines that may have what records hold.
pub(super) fn say_lines(text: &str) {
    let lines: Vec<_> = text.trim_end().lines().map(printable).collect();
    say(&lines.join("\n"));
}

/// As one JSON document.
pub(super) fn say_json(value: &impl Serialize) -> Result<(), DbErr> {
    let text = serde_json::to_string_pretty(value);
    let text = text.map_err(|error| DbErr::Json(error.to_string()))?;
    say(&escaped(&text));
    Ok(())
}

/// JSON without what JSON allows and a terminal takes for a command.
fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for char in json.chars() {
        if char != '\n' && is_hidden(char) {
            // OK because none of them is beyond the first plane.
            escaped += &format!("\\u{:04x}", u32::from(char));
        } else {
            escaped.push(char);
        }
    }
    escaped
}

pub(super) fn say_error(error: &str) {
    let lines: Vec<_> = error.lines().map(printable).collect();
    drop(writeln!(
        std::io::stderr(),
        "audit-migration: {}",
        lines.join("\n")
    ));
}

/// The help or the version that was asked for, or why the arguments are wrong.
pub(super) fn say_usage(error: &clap::Error) -> ExitCode {
    drop(error.print());
    let code = u8::try_from(error.exit_code());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}

/// A table with that head.
pub(super) fn table<const N: usize>(head: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(head);
    table
}

pub(super) fn time(time: DateTimeUtc) -> String {
    time.format("%Y-%m-%d %H:%M:%S%.3fZ").to_string()
}

/// A line for each column.
pub(super) fn changes(changes: &Changes) -> String {
    let lines = changes.iter().map(|(column, change)| {
        let column = printable(column);
        match (&change.old, &change.new) {
            (Some(old), Some(new)) => format!("{column}: {} -> {}", value(old), value(new)),
            (Some(only), None) | (None, Some(only)) => format!("{column}: {}", value(only)),
            (None, None) => column.into_owned(),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A value, cut where it is long.
pub(super) fn value(value: &Value) -> String {
    let text = value.to_string();
    let mut cut = text.char_indices().skip(LONGEST);
    match cut.next() {
        Some((end, _)) => format!("{}…", printable(&text[..end])),
        None => printable(&text).into_owned(),
    }
}

/// A text without what a terminal takes for a command, or shows in another order.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        if is_hidden(char) {
            shown.extend(char.escape_unicode());
        } else {
            shown.push(char);
        }
    }
    Cow::Owned(shown)
}

fn is_hidden(char: char) -> bool {
    let turns = matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    char.is_control() || turns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_given_no_command() {
        assert_eq!(printable("Crème brûlée"), "Crème brûlée");
        assert_eq!(printable("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(printable("\u{9b}2J\u{202e}"), "\\u{9b}2J\\u{202e}");
        assert_eq!(value(&"\u{7f}".into()), "\"\\u{7f}\"");
    }

    #[test]
    fn json_stays_what_it_was() {
        let hostile = "\u{7f}\u{9b}2J\u{202e}\n";
        let json = serde_json::to_string_pretty(&[hostile]).unwrap();
        let escaped = escaped(&json);
        assert!(
            !escaped.contains(|char| char != '\n' && is_hidden(char)),
            "{escaped:?}"
        );
        let read: Vec<String> = serde_json::from_str(&escaped).unwrap();
        assert_eq!(read, [hostile]);
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        let long = value(&"é".repeat(200).into());
        assert_eq!(long.chars().count(), LONGEST + 1);
        assert!(long.ends_with("é…"));
    }
}
