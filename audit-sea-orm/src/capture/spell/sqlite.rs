use super::{Kind, MOST_BRACKETS, SHORT_JSON, Spell};

/// SQLite: types are those of the values, not of the columns, so each expression asks for them.
pub(in super::super) struct Sqlite;

impl Spell for Sqlite {
    fn name(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    fn text(&self, text: &str) -> String {
        format!("'{}'", text.replace('\'', "''"))
    }

    fn json(&self, kind: &Kind, x: &str) -> String {
        let any = any(x);
        match kind {
            Kind::Bool => {
                // Each number but 0 is read as true.
                format!(
                    "CASE typeof({x}) WHEN 'integer' THEN CASE {x} WHEN 0 THEN 'false' ELSE 'true' END ELSE {any} END"
                )
            }
            // A decimal is a double here: as a number, it is read back as SeaORM reads it from the table.
            Kind::Integer | Kind::Float | Kind::Decimal => any,
            Kind::Bytes => format!(
                "CASE WHEN {x} IS NULL THEN 'null' ELSE '\"' || lower(hex({x})) || '\"' END"
            ),
            Kind::Uuid => format!(
                "CASE WHEN typeof({x}) = 'blob' AND length({x}) = 16 THEN '\"' || {} || '\"' ELSE {any} END",
                uuid(x)
            ),
            Kind::Json => json(x, &any),
            Kind::Time => time_or_any(x, "1", &in_seconds(x), &any),
            Kind::DateTime => {
                let at = format!("substr({x}, 1, 10) || 'T' || {}", in_seconds(&rest(x)));
                time_or_any(x, &has_plain_date(x), &at, &number_or_any(x, "", &any))
            }
            Kind::Zoned => zoned(x, &any),
            _ => format!(
                "CASE WHEN typeof({x}) IN ('integer', 'real') THEN '\"' || {x} || '\"' ELSE {any} END"
            ),
        }
    }

    fn plain(&self, kind: &Kind, x: &str) -> String {
        match kind {
            Kind::Integer | Kind::Text | Kind::Enum | Kind::Date => {
                let text = format!("CAST({x} AS TEXT)");
                let is_broken = is_broken(&text);
                format!("CASE WHEN {is_broken} THEN lower(hex({x})) ELSE {text} END")
            }
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
        balanced(" || ", parts)
    }

    fn any_of(&self, conditions: &[String]) -> String {
        balanced(" OR ", conditions)
    }

    fn tail(&self, text: &str) -> String {
        format!("substr({text}, 2)")
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

fn balanced(operator: &str, parts: &[String]) -> String {
    const FLAT: usize = 32;
    if parts.len() <= FLAT {
        return parts.join(operator);
    }
    let (left, right) = parts.split_at(parts.len() / 2);
    let (left, right) = (balanced(operator, left), balanced(operator, right));
    format!("({left}){operator}({right})")
}

/// Whatever is there: `json_quote` refuses bytes, has 15 digits of a double, and large numbers for the infinite. NaN is
/// NULL here.
fn any(x: &str) -> String {
    let text = quoted(x);
    format!(
        "CASE typeof({x}) WHEN 'text' THEN {text} WHEN 'integer' THEN {x} WHEN 'real' THEN CASE WHEN {x} - {x} = 0 \
         THEN printf('%!.17g', {x}) WHEN {x} > 0 THEN '\"Infinity\"' ELSE '\"-Infinity\"' END \
         WHEN 'blob' THEN '\"' || lower(hex({x})) || '\"' ELSE 'null' END"
    )
}

/// A text as JSON, or as its bytes where it is no UTF-8.
fn quoted(x: &str) -> String {
    let is_broken = is_broken(x);
    format!("CASE WHEN {is_broken} THEN '\"' || lower(hex({x})) || '\"' ELSE json_quote({x}) END")
}

/// Whether a text is no UTF-8, as one of Latin-1 or one that was cut between two bytes of a character. SQLite reads what
/// is not any character as U+FFFD, and bytes that continue none as U+0080 to U+00BF, which in UTF-8 follow a byte C2.
fn is_broken(x: &str) -> String {
    let last = format!("substr({x}, -1)");
    format!(
        "(unicode({last}) > 127 AND CAST({last} AS BLOB) <> CAST(char(unicode({last})) AS BLOB)) \
         OR ({x} GLOB '*[\u{80}-\u{bf}\u{fffd}]*' AND (({x} GLOB '*\u{fffd}*' AND instr({x}, '\u{fffd}') = 0) \
         OR ({x} GLOB '*[\u{80}-\u{bf}]*' AND instr(CAST({x} AS BLOB), X'C2') = 0)))"
    )
}

fn uuid(x: &str) -> String {
    let part = |start, length| format!("hex(substr({x}, {start}, {length}))");
    let parts = [part(1, 4), part(5, 2), part(7, 2), part(9, 2), part(11, 6)];
    format!("lower({})", parts.join(" || '-' || "))
}

/// As it is where every reader of JSON takes it inside a record, else wrapped.
fn json(x: &str, any: &str) -> String {
    let (quoted, is_broken, is_huge) = (quoted(x), is_broken(x), has_huge_number(x));
    format!(
        "CASE WHEN typeof({x}) <> 'text' THEN {any} WHEN {x} <> 'null' AND instr({x}, '$json') = 0 AND \
         instr({x}, '\\u0024') = 0 AND instr({x}, '\\ud') = 0 AND instr({x}, '\\uD') = 0 AND \
         (length({x}) < {SHORT_JSON} OR length({x}) * 2 - \
         length(replace({x}, '[', '')) - length(replace({x}, '{{', '')) <= {MOST_BRACKETS}) AND NOT ({is_broken}) AND \
         CASE WHEN json_valid({x}) THEN NOT ({is_huge}) END \
         THEN json({x}) ELSE '{{\"$json\":' || {quoted} || '}}' END"
    )
}

/// Whether valid JSON has a number beyond the doubles. It is read only where a number of its text may be one.
fn has_huge_number(x: &str) -> String {
    let digits = "[0-9]".repeat(20);
    format!(
        "({x} GLOB '*[0-9][eE][+0-9][0-9]*' OR (length({x}) > 308 AND {x} GLOB '*{digits}*')) AND EXISTS \
         (SELECT 1 FROM json_tree({x}) WHERE type IN ('integer', 'real') AND atom IN (9e999, -9e999))"
    )
}

/// The text of a time, where the value is a text that is one; it is NULL where it is none.
fn time_or_any(x: &str, condition: &str, time: &str, any: &str) -> String {
    format!(
        "CASE WHEN typeof({x}) = 'text' AND {condition} THEN COALESCE('\"' || {time} || '\"', {any}) ELSE {any} END"
    )
}

/// Whether the year has four digits. Else the text stays as it is: it is read back all the same.
fn has_plain_date(x: &str) -> String {
    format!("substr({x}, 1, 11) GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ Tt]'")
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
         FROM (SELECT CASE WHEN {time} GLOB '*[Zz]' THEN substr({time}, 1, length({time}) - 1) \
         WHEN {time} GLOB '*[-+][0-9][0-9]:[0-9][0-9]' THEN substr({time}, 1, length({time}) - 6) ELSE {time} END AS t))"
    )
}

/// In UTC, in which a text without a zone is read. SQLite reckons in milliseconds, so the fraction goes round its functions.
fn zoned(x: &str, any: &str) -> String {
    let time = in_seconds(&rest(x));
    // Of the time in UTC and the time as it is, which differ in whole minutes.
    let whole = format!("substr({x}, 1, 16) || substr({x}, -6)");
    let elsewhere = format!("strftime('%Y-%m-%dT%H:%M', {whole}) || substr({time}, 6)");
    let at = format!(
        "CASE WHEN {x} GLOB '*[-+][0-9][0-9]:[0-9][0-9]' AND substr({x}, -5) <> '00:00' \
         THEN CASE WHEN substr({x}, 17, 3) <> ':60' THEN {elsewhere} END ELSE substr({x}, 1, 10) || 'T' || {time} END || 'Z'"
    );
    let other = number_or_any(x, "Z", any);
    time_or_any(x, &has_plain_date(x), &at, &other)
}

/// A number in the place of a date and time is read as seconds since 1970, or with a fraction as a Julian day.
fn number_or_any(x: &str, zone: &str, any: &str) -> String {
    let seconds = format!("({x} - 2440587.5) * 86400.0");
    format!(
        "CASE typeof({x}) WHEN 'integer' THEN COALESCE(strftime('\"%Y-%m-%dT%H:%M:%S.000000{zone}\"', {x}, 'unixepoch'), {any}) \
         WHEN 'real' THEN COALESCE((SELECT strftime('\"%Y-%m-%dT%H:%M:%S.', CAST(s AS INTEGER), 'unixepoch') || \
         printf('%09d{zone}\"', CAST(abs((s - CAST(s AS INTEGER)) * 1e9) AS INTEGER)) FROM (SELECT {seconds} AS s)), {any}) \
         ELSE {any} END"
    )
}
