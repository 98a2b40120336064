use sea_orm::{IdenStatic, Iterable};
use serde_json::{Map, Value};

use crate::admin::listed::Listed;

/// A format of files.
#[derive(Clone, Copy, Debug)]
pub(super) enum Format {
    Csv,
    JsonLines,
}

impl Format {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::JsonLines => "JSON Lines",
        }
    }

    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::JsonLines => "application/x-ndjson",
        }
    }

    /// What stands before the rows.
    pub(super) fn head<E: Listed>(self) -> Vec<u8> {
        match self {
            Self::Csv => {
                let names = E::Column::iter().map(|column| column.as_str().to_owned());
                lines([names.collect()])
            }
            Self::JsonLines => Vec::new(),
        }
    }

    pub(super) fn rows<E: Listed>(self, rows: &[E::Model]) -> Vec<u8> {
        let objects = rows.iter().map(object::<E>);
        match self {
            Self::Csv => lines(objects.map(|object| cells::<E>(&object))),
            Self::JsonLines => {
                let lines = objects.map(|object| format!("{}\n", Value::Object(object)));
                lines.collect::<String>().into_bytes()
            }
        }
    }
}

fn object<E: Listed>(row: &E::Model) -> Map<String, Value> {
    match serde_json::to_value(row) {
        Ok(Value::Object(object)) => object,
        other => unreachable!("a row is an object, not {other:?}"),
    }
}

fn cells<E: Listed>(object: &Map<String, Value>) -> Vec<String> {
    let text = |value: Option<&Value>| match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => harmless(text),
        Some(other) => other.to_string(),
    };
    let columns = E::Column::iter();
    columns
        .map(|column| text(object.get(column.as_str())))
        .collect()
}

/// A text that no spreadsheet takes for a formula: one that begins like one gets a `'` before it, as OWASP advises.
fn harmless(text: &str) -> String {
    const BEGINNINGS: [char; 12] = [
        '=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠',
    ];
    if text.starts_with(BEGINNINGS) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn lines(lines: impl IntoIterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for line in lines {
        writer
            .write_record(line)
            .expect("lines of one length go into memory");
    }
    writer.into_inner().expect("memory takes everything")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_begins_like_a_formula() {
        for formula in [
            "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1",
        ] {
            assert_eq!(harmless(formula), format!("'{formula}"));
        }
        for text in ["", "a=1", "1-1", " =1", "'=1"] {
            assert_eq!(harmless(text), text);
        }
    }

    #[test]
    fn a_line_keeps_its_cells_apart() {
        let line = lines([vec![
            "a,b".to_owned(),
            "c\"d".to_owned(),
            "e\r\nf".to_owned(),
        ]]);
        assert_eq!(
            String::from_utf8(line).unwrap(),
            "\"a,b\",\"c\"\"d\",\"e\r\nf\"\r\n"
        );
    }
}
