use super::{Kind, MOST_BRACKETS, SHORT_JSON, Spell};
use crate::quoted;

/// MariaDB and MySQL, which differ in what they offer for JSON.
pub(in super::super) struct MySql {
    pub(in super::super) is_mariadb: bool,
}

impl Spell for MySql {
    fn name(&self, name: &str) -> String {
        quoted::mysql_name(name)
    }

    /// With backslashes as hexadecimal digits, as whether they escape depends on the session.
    fn text(&self, text: &str) -> String {
        if text.contains('\\') {
            format!("CONVERT(X'{}' USING utf8mb4)", hex::encode_upper(text))
        } else {
            quoted::text(text)
        }
    }

    fn json(&self, kind: &Kind, x: &str) -> String {
        let json = match kind {
            Kind::Bool => format!("IF({x}, 'true', 'false')"),
            Kind::Integer => integer(x),
            // A single's own text has six digits only; as a double it has all.
            Kind::Float if self.is_mariadb => format!("CONCAT({x} + 0e0)"),
            // As text, MySQL cuts the digits of a double at 22 characters, and of a single at six.
            Kind::Float => format!("CONCAT(CAST({x} AS JSON))"),
            Kind::Json => self.json_column(x),
            Kind::Text | Kind::Enum | Kind::Network | Kind::Vector | Kind::Array(_) => quote(x),
            Kind::Uuid => format!(
                "IF(LENGTH({x}) = 16, CONCAT('\"', {}, '\"'), {})",
                uuid(x),
                quote(x)
            ),
            _ => format!("CONCAT('\"', {}, '\"')", self.plain(kind, x)),
        };
        let null = format!("IF({x} IS NULL, 'null', {json})");
        match kind {
            Kind::Bool | Kind::Json => null,
            _ => format!("COALESCE({json}, 'null')"),
        }
    }

    fn plain(&self, kind: &Kind, x: &str) -> String {
        match kind {
            // Reckoned, as the column's own text may begin with zeros.
            Kind::Decimal => format!(
                "IF(LOCATE('.', {x}), TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM {x} + 0)), CONCAT({x} + 0))"
            ),
            // The digits of a number would be those of no whole bytes.
            Kind::Bits => format!("LOWER(HEX(CONCAT({x})))"),
            Kind::Bytes => format!("LOWER(HEX({x}))"),
            Kind::Uuid => format!("IF(LENGTH({x}) = 16, {}, {x})", uuid(x)),
            // SeaORM reads the date of zeros as NULL.
            Kind::Date => format!("NULLIF(DATE_FORMAT({x}, '%Y-%m-%d'), '0000-00-00')"),
            Kind::Time => format!("TIME_FORMAT({x}, '%H:%i:%s.%f')"),
            Kind::DateTime => date_time(x, ""),
            Kind::Zoned => date_time(x, "Z"),
            Kind::Instant { zoned } => date_time(&in_utc(x), if *zoned { "Z" } else { "" }),
            Kind::Bool | Kind::Float | Kind::Json => {
                format!("IF({x} IS NULL, NULL, {})", self.json(kind, x))
            }
            Kind::Integer => integer(x),
            _ => format!("CONVERT({x} USING utf8mb4)"),
        }
    }

    fn differ(&self, kind: &Kind, old: &str, new: &str) -> String {
        match kind {
            // The column's collation takes different texts for equal.
            // What differs in blanks alone is recorded alike. What is no JSON has no compact form.
            Kind::Json if self.is_mariadb => {
                let compact = |x: &str| format!("COALESCE(JSON_COMPACT({x}), {x})");
                let (as_it_is, as_recorded) = (
                    differ_as_bytes(old, new),
                    differ_as_bytes(&compact(old), &compact(new)),
                );
                format!("({as_it_is} AND {as_recorded})")
            }
            Kind::Text | Kind::Enum | Kind::Json => differ_as_bytes(old, new),
            Kind::Date | Kind::DateTime | Kind::Zoned | Kind::Instant { .. } => format!(
                "(NOT ({old} <=> {new}) AND NOT (({old} IS NULL OR {old} = 0) AND ({new} IS NULL OR {new} = 0)))"
            ),
            _ => format!("NOT ({old} <=> {new})"),
        }
    }

    fn concat(&self, parts: &[String]) -> String {
        match parts {
            [only] => only.clone(),
            parts => format!("CONCAT({})", parts.join(", ")),
        }
    }

    fn tail(&self, text: &str) -> String {
        format!("SUBSTR({text}, 2)")
    }

    fn name_of_something(&self, text: &str) -> String {
        format!("IF(CAST({text} AS BINARY) IN ('', 'null'), NULL, {text})")
    }

    fn line(&self, text: &str) -> String {
        const UNFIT: &str =
            r"[\x{0}-\x{1f}\x{7f}-\x{9f}\x{61c}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}]";
        format!(
            "REGEXP_REPLACE(LEFT({text}, 200), {}, CONVERT(X'EFBFBD' USING utf8mb4))",
            self.text(UNFIT)
        )
    }

    /// MariaDB spells control characters in capitals, and two spellings would be two keys.
    fn key_part(&self, kind: &Kind, x: &str) -> String {
        let json = self.json(kind, x);
        if !kind.is_text() || !self.is_mariadb {
            return json;
        }
        let small = ["0B", "0E", "0F", "1A", "1B", "1C", "1D", "1E", "1F"]
            .iter()
            .fold(json.clone(), |text, code| {
                let (from, to) = (
                    format!(r"\u00{code}"),
                    format!(r"\u00{}", code.to_lowercase()),
                );
                format!("REPLACE({text}, {}, {})", self.text(&from), self.text(&to))
            });
        format!(
            "IF({x} REGEXP {}, {small}, {json})",
            self.text(r"[\x{b}\x{e}\x{f}\x{1a}-\x{1f}]")
        )
    }
}

impl MySql {
    /// As it is where that is safe, else wrapped: the JSON functions of both end at few levels, and MySQL compares
    /// JSON otherwise than its text.
    fn json_column(&self, x: &str) -> String {
        let wrapped = format!("CONCAT('{{\"$json\":', {}, '}}')", quote(x));
        if !self.is_mariadb {
            return wrapped;
        }
        let escaped = self.text(r"\u0024");
        format!(
            "CASE WHEN {x} = 'null' OR LOCATE('$json', {x}) OR LOCATE({escaped}, {x}) OR (LENGTH({x}) >= {SHORT_JSON} \
             AND LENGTH({x}) * 2 - LENGTH(REPLACE({x}, '[', '')) - LENGTH(REPLACE({x}, '{{', '')) > {MOST_BRACKETS}) \
             OR NOT JSON_VALID({x}) OR {x} REGEXP {} THEN {wrapped} WHEN LOCATE('\" :', {x}) THEN JSON_COMPACT({x}) ELSE {x} END",
            self.text(HUGE_NUMBER)
        )
    }
}

/// Numbers that may be beyond the doubles, which no reader of JSON takes: of exponents with three digits, or very long.
const HUGE_NUMBER: &str = "(^|[[:space:]:,[])-?[0-9][0-9.]*[eE][+]?[0-9]{3}|[0-9]{200}";

/// Reckoned, as the text of the column itself may begin with zeros, or be bytes.
fn integer(x: &str) -> String {
    format!("CONCAT({x} + 0)")
}

/// The column's collation takes different texts for equal.
fn differ_as_bytes(old: &str, new: &str) -> String {
    format!("NOT (CAST({old} AS BINARY) <=> CAST({new} AS BINARY))")
}

/// A column of the type `timestamp` in UTC, in the hour that comes twice too. Zeros are no instant.
fn in_utc(x: &str) -> String {
    format!("DATE_ADD('1970-01-01', INTERVAL NULLIF(UNIX_TIMESTAMP({x}), 0) SECOND)")
}

/// As text of the character set that holds every other.
fn quote(x: &str) -> String {
    format!("JSON_QUOTE(CONVERT({x} USING utf8mb4))")
}

fn date_time(x: &str, suffix: &str) -> String {
    format!(
        "NULLIF(DATE_FORMAT({x}, '%Y-%m-%dT%H:%i:%s.%f{suffix}'), '0000-00-00T00:00:00.000000{suffix}')"
    )
}

fn uuid(x: &str) -> String {
    let part = |start, length| format!("SUBSTR(HEX({x}), {start}, {length})");
    let parts = [
        part(1, 8),
        part(9, 4),
        part(13, 4),
        part(17, 4),
        part(21, 12),
    ];
    format!("LOWER(CONCAT_WS('-', {}))", parts.join(", "))
}
