//! How a record is shown on one line.

use std::fmt;

use serde_json::Value as Json;

pub(super) fn write_columns<'a>(
    f: &mut fmt::Formatter<'_>,
    columns: impl Iterator<Item = (&'a str, Option<&'a Json>, Option<&'a Json>)>,
) -> fmt::Result {
    for (number, (column, old, new)) in columns.enumerate() {
        let between = if number == 0 { ":" } else { "," };
        match (old, new) {
            (Some(old), Some(new)) => write!(f, "{between} {column} {old} -> {new}")?,
            (None, Some(new)) => write!(f, "{between} {column} {new}")?,
            (Some(old), None) => write!(f, "{between} {column} was {old}")?,
            (None, None) => {}
        }
    }
    Ok(())
}

pub(super) fn write_who(
    f: &mut fmt::Formatter<'_>,
    actor: Option<&str>,
    reason: Option<&str>,
) -> fmt::Result {
    if let Some(actor) = actor {
        write!(f, " by {actor}")?;
    }
    if let Some(reason) = reason {
        write!(f, " ({reason})")?;
    }
    Ok(())
}
