//! The fields of an event as text.

use std::{
    error::Error,
    fmt::{self, Write},
};

use tracing::{
    Metadata,
    field::{Field, Visit},
};

/// The most bytes of text that an event's fields, or its message, keep in memory; the columns take fewer.
const MOST: usize = 16 * 1024;

#[derive(Debug, Default)]
pub(super) struct Fields {
    message: Bounded,
    others: Bounded,
}

impl Fields {
    pub(super) fn into_title_and_description(
        mut self,
        metadata: &Metadata<'_>,
    ) -> (String, String) {
        if let Some(file) = metadata.file() {
            self.write("file", format_args!("{file}"));
        }
        let message = self.message.text;
        let title = if message.is_empty() {
            metadata.name().to_owned()
        } else {
            message
        };
        (title, self.others.text)
    }

    /// OK to ignore a failure: the text is full, or a value failed to show itself, and the rest stands.
    fn write(&mut self, name: &str, value: fmt::Arguments<'_>) {
        if name == "message" {
            let _full = self.message.write_fmt(value);
            return;
        }
        let separator = if self.others.text.is_empty() {
            ""
        } else {
            "\n"
        };
        let _full = write!(self.others, "{separator}{name}: {value}");
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.write(field.name(), format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.write(field.name(), format_args!("{value}"));
    }

    fn record_error(&mut self, field: &Field, error: &(dyn Error + 'static)) {
        self.write(field.name(), format_args!("{}", Chain(error)));
    }
}

/// An error with its causes.
struct Chain<'e>(&'e (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        // An error may be its own cause by mistake.
        for _ in 0..32 {
            let Some(error) = cause else { break };
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// Text that refuses more when it is full, so that what writes to it stops.
#[derive(Debug, Default)]
struct Bounded {
    text: String,
}

impl Write for Bounded {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let room = MOST - self.text.len();
        let end = more.floor_char_boundary(room);
        self.text.push_str(&more[..end]);
        if end < more.len() {
            Err(fmt::Error)
        } else {
            Ok(())
        }
    }
}
