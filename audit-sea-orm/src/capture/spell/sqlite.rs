mod image;

use super::{Kind, MOST_BRACKETS, SHORT_JSON, Spell, Table};
use crate::quoted;

/// SQLite: types are those of the values, not of the columns, so each expression asks for them.
pub(in super::super) struct Sqlite;

impl Spell for Sqlite {
    fn name(&self, name: &str) -> String {
        quoted::name(name)
    }

    fn text(&self, text: &str) -> String {
        quoted::text(text)
    }

    fn json(&self, kind: &Kind, x: &str) -> String {
        match special(kind, x) {
            Some(special) => format!("COALESCE({special}, {})", any(x)),
            None => any(x),
        }
    }

    fn plain(&self, kind: &Kind, x: &str) -> String {
        match kind {
            Kind::Integer => format!(
                "CASE typeof({x}) WHEN 'integer' THEN CAST({x} AS TEXT) ELSE {} END",
                text_or_bytes(x)
            ),
            Kind::Text | Kind::Enum | Kind::Date => text_or_bytes(x),
            Kind::Bytes => format!("lower(hex({x}))"),
            Kind::Uuid => {
                format!(
                    "CASE WHEN typeof({x}) = 'blob' THEN {} ELSE {x} END",
                    uuid(x)
                )
            }
            _ => {
                let json = self.json(kind, x);
                format!("CASE WHEN {x} IS NOT NULL THEN trim({json}, '\"') END")
            }
        }
    }

    fn differ(&self, kind: &Kind, old: &str, new: &str) -> String {
        // The column's own collation may take different texts for equal.
        let as_it_is = format!("{old} IS NOT {new} COLLATE BINARY");
        if *kind != Kind::Json {
            return as_it_is;
        }
        // What differs in blanks alone is recorded alike.
        format!(
            "({as_it_is} AND CASE WHEN json_valid({old}) AND json_valid({new}) THEN json({old}) <> json({new}) ELSE 1 END)"
        )
    }

    /// As a balanced tree: SQLite's expressions nest 1,000 deep at most, and tables have up to 2,000 columns.
    fn concat(&self, parts: &[String]) -> String {
        const FLAT: usize = 32;
        if parts.len() <= FLAT {
            return parts.join(" || ");
        }
        let (left, right) = parts.split_at(parts.len() / 2);
        format!("({}) || ({})", self.concat(left), self.concat(right))
    }

    fn object(&self, row: &str, table: &Table) -> String {
        image::whole(row, table)
    }

    fn name_of_something(&self, text: &str) -> String {
        format!("NULLIF(NULLIF(({text}) COLLATE BINARY, ''), 'null')")
    }

    fn line(&self, text: &str) -> String {
        // Character by character, but only where there is one that may be unfit.
        format!(
            "(SELECT CASE WHEN l NOT GLOB '*[^ -~]*' THEN l ELSE (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL \
             SELECT i + 1 FROM n WHERE i < length(l)) SELECT group_concat(CASE WHEN u < 32 OR u BETWEEN 127 AND 159 \
             OR u IN (1564, 8206, 8207) OR u BETWEEN 8234 AND 8238 OR u BETWEEN 8294 AND 8297 THEN char(65533) \
             ELSE char(u) END, '') FROM (SELECT unicode(substr(l, i, 1)) AS u FROM n ORDER BY i)) END \
             FROM (SELECT substr({text}, 1, 200) AS l))"
        )
    }
}

/// The text of a value, or its bytes where it is no UTF-8.
fn text_or_bytes(x: &str) -> String {
    let is_broken = is_broken("x");
    format!(
        "(SELECT CASE WHEN {is_broken} THEN lower(hex(x)) ELSE x END FROM (SELECT CAST({x} AS TEXT) AS x LIMIT 1))"
    )
}

/// How a value is spelled that is as a column of its kind holds them; NULL for another, and for NULL. `None` where it is
/// spelled as any value is.
fn special(kind: &Kind, x: &str) -> Option<String> {
    let special = match kind {
        // A decimal is a double here: as a number, it is read back as SeaORM reads it from the table.
        Kind::Integer | Kind::Float | Kind::Decimal => return None,
        // Each number but 0 is read as true.
        Kind::Bool => format!(
            "CASE typeof({x}) WHEN 'integer' THEN CASE {x} WHEN 0 THEN 'false' ELSE 'true' END END"
        ),
        Kind::Bytes => {
            format!("CASE WHEN {x} IS NOT NULL THEN '\"' || lower(hex({x})) || '\"' END")
        }
        Kind::Uuid => format!(
            "CASE WHEN typeof({x}) = 'blob' AND length({x}) = 16 THEN '\"' || {} || '\"' END",
            uuid(x)
        ),
        Kind::Json => json(x),
        Kind::Time => format!(
            "CASE WHEN typeof({x}) = 'text' THEN '\"' || {} || '\"' END",
            in_seconds(x)
        ),
        Kind::DateTime => {
            let at = format!("substr({x}, 1, 10) || 'T' || {}", in_seconds(&rest(x)));
            dated(x, &at, "", "")
        }
        Kind::Zoned => zoned(x),
        _ => format!("CASE WHEN typeof({x}) IN ('integer', 'real') THEN '\"' || {x} || '\"' END"),
    };
    Some(special)
}

/// Whatever is there: `json_quote` refuses bytes, has 15 digits of a double, and large numbers for the infinite. NaN is
/// NULL here. What is no UTF-8 is spelled as its bytes.
fn any(x: &str) -> String {
    let is_broken = is_broken(x);
    format!(
        "CASE WHEN typeof({x}) = 'blob' OR (typeof({x}) = 'text' AND {is_broken}) THEN '\"' || lower(hex({x})) || '\"' \
         WHEN typeof({x}) <> 'real' THEN json_quote({x}) WHEN {x} - {x} = 0 THEN {} \
         WHEN {x} > 0 THEN '\"Infinity\"' ELSE '\"-Infinity\"' END",
        double(x)
    )
}

/// A double with all of its digits.
fn double(x: &str) -> String {
    format!("printf('%!.17g', {x})")
}

/// Whether a text is of ASCII alone, as far as this can be known fast: with `!`, `printf` counts the bytes that continue a
/// character into its width, and a byte that begins one which does not follow is read as U+FFFD.
fn is_ascii(x: &str) -> String {
    format!("printf('%!*s', length(CAST({x} AS BLOB)), {x}) = {x} AND {x} NOT GLOB '*\u{fffd}*'")
}

/// Whether a text is no UTF-8, as one of Latin-1 or one that was cut between two bytes of a character. SQLite reads what
/// is not any character as U+FFFD, and bytes that continue none as U+0080 to U+00BF, which in UTF-8 follow a byte C2.
///
/// For conditions of `CASE` alone, where SQLite leaves out what no more decides.
fn is_broken(x: &str) -> String {
    let (is_ascii, last) = (is_ascii(x), format!("substr({x}, -1)"));
    format!(
        "NOT ({is_ascii}) AND ((unicode({last}) > 127 AND CAST({last} AS BLOB) <> CAST(char(unicode({last})) AS BLOB)) \
         OR ({x} GLOB '*[\u{80}-\u{bf}\u{fffd}]*' AND (({x} GLOB '*\u{fffd}*' AND instr({x}, '\u{fffd}') = 0) \
         OR ({x} GLOB '*[\u{80}-\u{bf}]*' AND instr(CAST({x} AS BLOB), X'C2') = 0))))"
    )
}

fn uuid(x: &str) -> String {
    let part = |start, length| format!("hex(substr({x}, {start}, {length}))");
    let parts = [part(1, 4), part(5, 2), part(7, 2), part(9, 2), part(11, 6)];
    format!("lower({})", parts.join(" || '-' || "))
}

/// As it is where every reader of JSON takes it inside a record, else wrapped.
fn json(x: &str) -> String {
    let (is_broken, is_huge) = (is_broken(x), has_huge_number(x));
    format!(
        "CASE WHEN typeof({x}) <> 'text' THEN NULL \
         WHEN {is_broken} THEN '{{\"$json\":\"' || lower(hex({x})) || '\"}}' \
         WHEN {x} <> 'null' AND instr({x}, '$json') = 0 AND \
         instr({x}, '\\u0024') = 0 AND instr({x}, '\\ud') = 0 AND instr({x}, '\\uD') = 0 AND \
         (length({x}) < {SHORT_JSON} OR length({x}) * 2 - \
         length(replace({x}, '[', '')) - length(replace({x}, '{{', '')) <= {MOST_BRACKETS}) AND \
         CASE WHEN json_valid({x}) THEN NOT ({is_huge}) END \
         THEN json({x}) ELSE '{{\"$json\":' || json_quote({x}) || '}}' END"
    )
}

/// Whether valid JSON has a number beyond the doubles. It is read only where a number of its text may be one: SQLite looks
/// fast for a letter, and slowly for one of several.
fn has_huge_number(x: &str) -> String {
    let digits = "[0-9]".repeat(20);
    format!(
        "({x} GLOB '*e[+0-9][0-9]*' OR {x} GLOB '*E[+0-9][0-9]*' OR (length({x}) > 308 AND {x} GLOB '*{digits}*')) AND EXISTS \
         (SELECT 1 FROM json_tree({x}) WHERE type IN ('integer', 'real') AND atom IN (9e999, -9e999))"
    )
}

/// A date and time, of a text whose year has four digits, or of a number; NULL of another, which is read back all the same
/// as it is. Whole seconds that end so are spelled at once.
fn dated(x: &str, at: &str, end: &str, zone: &str) -> String {
    const DAY: &str = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]";
    const TIME: &str = "[0-9][0-9]:[0-9][0-9]:[0-9][0-9]";
    let number = of_number(x, zone);
    format!(
        "CASE WHEN typeof({x}) <> 'text' THEN {number} WHEN {x} GLOB '{DAY}[ Tt]{TIME}{end}' \
         THEN '\"' || substr({x}, 1, 10) || 'T' || substr({x}, 12, 8) || '.000000{zone}\"' \
         WHEN substr({x}, 1, 11) GLOB '{DAY}[ Tt]' THEN '\"' || {at} || '\"' END"
    )
}

/// What follows the date.
fn rest(x: &str) -> String {
    format!("substr({x}, 12)")
}

/// A time of day, whatever its zone, with microseconds, or nanoseconds where there are any; NULL where it is none. Drivers
/// read one without seconds too.
fn in_seconds(time: &str) -> String {
    const MINUTES: &str = "[0-9][0-9]:[0-9][0-9]";
    format!(
        "(SELECT CASE WHEN t GLOB '*[^0-9.:]*' OR t NOT GLOB '{MINUTES}*' THEN NULL WHEN length(t) = 5 THEN t || ':00.000000' \
         WHEN t NOT GLOB '{MINUTES}:[0-9][0-9]*' THEN NULL WHEN length(t) = 8 THEN t || '.000000' \
         WHEN t NOT GLOB '{MINUTES}:[0-9][0-9].[0-9]*' THEN NULL \
         WHEN length(t) <= 15 THEN substr(t || '000000', 1, 15) ELSE substr(t || '000', 1, 18) END \
         FROM (SELECT CASE WHEN substr(t, -1) IN ('Z', 'z') THEN substr(t, 1, length(t) - 1) \
         WHEN substr(t, -6) GLOB '{OFFSET}' THEN substr(t, 1, length(t) - 6) ELSE t END AS t \
         FROM (SELECT {time} AS t LIMIT 1) LIMIT 1))"
    )
}

/// Of a zone.
const OFFSET: &str = "[-+][0-9][0-9]:[0-9][0-9]";

/// In UTC, in which a text without a zone is read. SQLite reckons in milliseconds, so the fraction goes round its functions:
/// the time in UTC and the time as it is differ in whole minutes.
fn zoned(x: &str) -> String {
    let time = in_seconds(&rest(x));
    let is_elsewhere = format!("substr({x}, -6) GLOB '{OFFSET}' AND substr({x}, -5) <> '00:00'");
    let whole = format!("substr({x}, 1, 16) || substr({x}, -6)");
    let before = format!(
        "CASE WHEN NOT ({is_elsewhere}) THEN substr({x}, 1, 10) || 'T' \
         WHEN substr({x}, 17, 3) <> ':60' THEN strftime('%Y-%m-%dT%H:%M', {whole}) END"
    );
    let at =
        format!("{before} || substr({time}, CASE WHEN {is_elsewhere} THEN 6 ELSE 1 END) || 'Z'");
    dated(x, &at, "+00:00", "Z")
}

/// A number in the place of a date and time is read as seconds since 1970, or with a fraction as a Julian day.
fn of_number(x: &str, zone: &str) -> String {
    let seconds = format!("(({x} - 2440587.5) * 86400.0)");
    format!(
        "CASE typeof({x}) WHEN 'integer' THEN strftime('\"%Y-%m-%dT%H:%M:%S.000000{zone}\"', {x}, 'unixepoch') \
         WHEN 'real' THEN strftime('\"%Y-%m-%dT%H:%M:%S.', CAST({seconds} AS INTEGER), 'unixepoch') || \
         printf('%09d{zone}\"', CAST(abs(({seconds} - CAST({seconds} AS INTEGER)) * 1e9) AS INTEGER)) END"
    )
}
