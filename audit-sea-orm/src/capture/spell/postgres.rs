use super::{Column, Kind, MOST_BRACKETS, SHORT_JSON, Spell};
use crate::quoted;

/// PostgreSQL, inside a function that runs with `search_path = pg_catalog, pg_temp`.
pub(in super::super) enum Postgres {
    /// The row is in the variables `OLD` and `NEW`.
    Row,
    /// The rows are in the transition tables `audit_old` and `audit_new`.
    Rows,
}

impl Spell for Postgres {
    fn name(&self, name: &str) -> String {
        quoted::name(name)
    }

    fn column(&self, row: &str, column: &Column) -> String {
        let row = match (self, row) {
            (Self::Row, row) => row,
            (Self::Rows, "OLD") => "audit_old",
            (Self::Rows, _) => "audit_new",
        };
        let value = format!("{row}.{}", self.name(&column.name));
        match &column.read_as {
            Some(read_as) => read_as.of(&value),
            None => value,
        }
    }

    /// With backslashes as an escape string, which every session reads the same.
    fn text(&self, text: &str) -> String {
        let quoted = quoted::text(text);
        if quoted.contains('\\') {
            format!("E{}", quoted.replace('\\', "\\\\"))
        } else {
            quoted
        }
    }

    fn json(&self, kind: &Kind, x: &str) -> String {
        let json = match kind {
            Kind::Bool | Kind::Integer | Kind::Vector => format!("{x}::text"),
            Kind::Text | Kind::Enum => format!("to_json({x}::text)::text"),
            Kind::Padded => format!("to_json({x})::text"),
            Kind::Float => format!(
                "CASE WHEN {x} BETWEEN '-1.7976931348623157e308'::float8 AND '1.7976931348623157e308'::float8 \
                 THEN {x}::text \
                 ELSE '\"' || {x}::text || '\"' END"
            ),
            Kind::Json => json(x),
            Kind::Array(element) => {
                let items = format!(
                    "SELECT string_agg({}, ',' ORDER BY i) FROM unnest({x}) WITH ORDINALITY AS e(v, i)",
                    self.json(element, "e.v")
                );
                format!("CASE WHEN {x} IS NOT NULL THEN '[' || COALESCE(({items}), '') || ']' END")
            }
            _ => format!("'\"' || {} || '\"'", self.plain(kind, x)),
        };
        format!("COALESCE({json}, 'null')")
    }

    fn plain(&self, kind: &Kind, x: &str) -> String {
        match kind {
            Kind::Decimal => format!("trim_scale({x})::text"),
            Kind::Bytes => format!("encode({x}, 'hex')"),
            Kind::Padded => format!("textin(bpcharout({x}))"),
            Kind::Date => date(x, "YYYY-MM-DD", &month_and_day(x), x),
            Kind::Time => format!("to_char({x}::interval, 'HH24:MI:SS.US')"),
            Kind::DateTime => time(x, r#"-MM-DD"T"HH24:MI:SS.US"#, x),
            Kind::Zoned => {
                let utc = format!("({x} AT TIME ZONE 'UTC')");
                time(&utc, r#"-MM-DD"T"HH24:MI:SS.US"Z""#, x)
            }
            Kind::Network => format!("host({x}) || '/' || masklen({x})"),
            Kind::Json | Kind::Array(_) | Kind::Vector => {
                format!("CASE WHEN {x} IS NOT NULL THEN {} END", self.json(kind, x))
            }
            _ => format!("{x}::text"),
        }
    }

    fn differ(&self, kind: &Kind, old: &str, new: &str) -> String {
        match kind {
            // The column's own collation may take different texts for equal; `json` has no equality, and that of
            // `jsonb` takes 1 and 1.0 for the same.
            Kind::Text | Kind::Padded | Kind::Array(_) | Kind::Vector => texts_differ(old, new),
            // Blanks between its parts are no change. What differs without any blank, which costs little, needs no other look.
            Kind::Json => {
                let bare = |x| format!(r"translate({x}::text, E' \t\n\r', '')");
                let compact = |x| compact(&format!("{x}::text"));
                format!(
                    "({} AND ({} OR {}))",
                    texts_differ(old, new),
                    texts_differ(&bare(old), &bare(new)),
                    texts_differ(&compact(old), &compact(new))
                )
            }
            _ => format!("{old} IS DISTINCT FROM {new}"),
        }
    }

    fn concat(&self, parts: &[String]) -> String {
        format!("({})", parts.join(" || "))
    }

    fn name_of_something(&self, text: &str) -> String {
        format!("NULLIF(NULLIF(({text}) COLLATE \"C\", ''), 'null')")
    }

    /// By code points: a collation may be one that knows no regular expressions.
    fn line(&self, text: &str) -> String {
        const UNFIT: &str =
            r"[\u0001-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]";
        let text = format!("({text}) COLLATE \"C\"");
        format!(
            "regexp_replace(left({text}, 200), {}, '\u{FFFD}', 'g')",
            self.text(UNFIT)
        )
    }

    fn stored_key(&self, key: String, is_bounded: bool) -> String {
        if is_bounded {
            return key;
        }
        format!(
            "CASE WHEN octet_length({key}) <= {} THEN {key} ELSE 'sha256:' || \
             encode(sha256(convert_to({key}, 'UTF8')), 'hex') END",
            crate::record::object_key::POSTGRES_MAX
        )
    }
}

fn json(x: &str) -> String {
    let text = format!("{x}::text");
    let brackets = format!(
        "length({text}) * 2 - length(replace({text}, '[', '')) - length(replace({text}, '{{', ''))"
    );
    // Neither `jsonb` nor compact JSON has the blanks that in a record stand behind the names of columns alone.
    let compact = compact(&text);
    let is_unsafe = unsafe_json(&text);
    format!(
        "CASE WHEN {text} = 'null' OR strpos({text}, '$json') > 0 OR strpos({text}, E'\\\\u0024') > 0 OR {is_unsafe} OR \
         (length({text}) >= {SHORT_JSON} AND {brackets} > {MOST_BRACKETS}) \
         THEN '{{\"$json\":' || to_json({text})::text || '}}' WHEN strpos({text}, '\" :') = 0 THEN {text} ELSE {compact} END"
    )
}

/// JSON without blanks between its parts.
fn compact(text: &str) -> String {
    format!("regexp_replace({text}, E'(\"(?:[^\"\\\\\\\\]|\\\\\\\\.)*\")|\\\\s+', E'\\\\1', 'g')")
}

/// As texts of any collation.
fn texts_differ(old: &str, new: &str) -> String {
    format!("{old}::text IS DISTINCT FROM {new}::text COLLATE \"C\"")
}

/// Whether JSON may hold what PostgreSQL's `json` does and others refuse: half of a surrogate pair, or a number that no
/// double holds. It may take for such what is none.
pub(in super::super) fn unsafe_json(text: &str) -> String {
    format!("{text} ~ E'\\\\\\\\u[dD][89a-fA-F]|[0-9][eE][-+]?[0-9]{{3}}|[0-9]{{64}}'")
}

/// By `to_char`, whose times end with the year 294276.
fn time(x: &str, rest: &str, raw: &str) -> String {
    date(
        x,
        &format!("YYYY{rest}"),
        &format!("to_char({x}, '{rest}')"),
        raw,
    )
}

/// Without `to_char`, as it makes a time of a date, and dates go further.
fn month_and_day(x: &str) -> String {
    let part = |part: &str| format!("to_char(EXTRACT({part} FROM {x}), 'FM\"-\"00')");
    format!("{} || {}", part("MONTH"), part("DAY"))
}

/// By `to_char` for the years that it spells as ISO 8601 does; by hand, with `rest` behind, for the others.
fn date(x: &str, format: &str, rest: &str, raw: &str) -> String {
    let year = format!(
        "(EXTRACT(YEAR FROM {x}) + CASE WHEN EXTRACT(YEAR FROM {x}) < 0 THEN 1 ELSE 0 END)"
    );
    let odd = format!("to_char({year}, 'FMSG999990000') || {rest}");
    format!(
        "CASE WHEN {x} >= '0001-01-01' AND {x} < '10000-01-01' THEN to_char({x}, '{format}') \
         WHEN isfinite({raw}) THEN {odd} ELSE {raw}::text END"
    )
}
