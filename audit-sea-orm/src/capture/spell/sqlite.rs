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
                format!("CASE {x} WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE {any} END")
            }
            Kind::Integer => format!("CASE typeof({x}) WHEN 'integer' THEN {x} ELSE {any} END"),
            // Not by `json_quote`, which has 15 digits, and large numbers for the infinite. NaN is NULL here.
            // A decimal is a double here: as a number, it is read back as SeaORM reads it from the table.
            Kind::Float | Kind::Decimal => format!(
                "CASE typeof({x}) WHEN 'real' THEN CASE WHEN {x} - {x} = 0 THEN printf('%!.17g', {x}) WHEN {x} > 0 \
                 THEN '\"Infinity\"' ELSE '\"-Infinity\"' END ELSE {any} END"
            ),
            Kind::Bytes => format!(
                "CASE WHEN {x} IS NULL THEN 'null' ELSE '\"' || lower(hex({x})) || '\"' END"
            ),
            Kind::Uuid => format!(
                "CASE WHEN typeof({x}) = 'blob' AND length({x}) = 16 THEN '\"' || {} || '\"' ELSE {any} END",
                uuid(x)
            ),
            Kind::Json => json(x, &any),
            Kind::Time => quoted_or_any(x, "1", &pad(x), &any),
            Kind::DateTime => quoted_or_any(x, &has_plain_date(x), &date_time(x), &any),
            Kind::Zoned => zoned(x, &any),
            _ => format!(
                "CASE typeof({x}) WHEN 'text' THEN json_quote({x}) WHEN 'integer' THEN '\"' || {x} || '\"' \
                 WHEN 'real' THEN '\"' || {x} || '\"' ELSE {any} END"
            ),
        }
    }

    fn plain(&self, kind: &Kind, x: &str) -> String {
        match kind {
            Kind::Integer | Kind::Text | Kind::Enum | Kind::Date => format!("CAST({x} AS TEXT)"),
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

    fn differ(&self, _: &Kind, old: &str, new: &str) -> String {
        // The column's own collation may take different texts for equal.
        format!("{old} IS NOT {new} COLLATE BINARY")
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

/// Whatever is there: `json_quote` refuses bytes.
fn any(x: &str) -> String {
    format!(
        "CASE typeof({x}) WHEN 'blob' THEN '\"' || lower(hex({x})) || '\"' ELSE json_quote({x}) END"
    )
}

fn quoted_or_any(x: &str, condition: &str, text: &str, any: &str) -> String {
    format!("CASE WHEN typeof({x}) = 'text' AND {condition} THEN json_quote({text}) ELSE {any} END")
}

fn uuid(x: &str) -> String {
    let part = |start, length| format!("hex(substr({x}, {start}, {length}))");
    let parts = [part(1, 4), part(5, 2), part(7, 2), part(9, 2), part(11, 6)];
    format!("lower({})", parts.join(" || '-' || "))
}

fn json(x: &str, any: &str) -> String {
    format!(
        "CASE WHEN typeof({x}) <> 'text' THEN {any} WHEN {x} <> 'null' AND instr({x}, '$json') = 0 AND \
         instr({x}, '\\u0024') = 0 AND (length({x}) < {SHORT_JSON} OR length({x}) * 2 - \
         length(replace({x}, '[', '')) - length(replace({x}, '{{', '')) <= {MOST_BRACKETS}) AND json_valid({x}) \
         THEN json({x}) ELSE '{{\"$json\":' || json_quote({x}) || '}}' END"
    )
}

/// A time of day with microseconds, or nanoseconds where there are any.
fn pad(time: &str) -> String {
    format!(
        "{time} || CASE WHEN length({time}) = 8 THEN '.000000' WHEN length({time}) <= 15 \
         THEN substr('000000', 1, 15 - length({time})) ELSE substr('000', 1, 18 - length({time})) END"
    )
}

/// Whether the year has four digits. Else the text stays as it is: it is read back all the same.
fn has_plain_date(x: &str) -> String {
    format!("substr({x}, 1, 11) GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ T]'")
}

fn date_time(x: &str) -> String {
    format!(
        "substr({x}, 1, 10) || 'T' || {}",
        pad(&format!("substr({x}, 12)"))
    )
}

/// In UTC. SQLite reckons in milliseconds, so the fraction goes round its functions.
fn zoned(x: &str, any: &str) -> String {
    let utc = |end: usize| {
        let time = format!("substr({x}, 12, length({x}) - {})", 11 + end);
        format!(
            "json_quote(substr({x}, 1, 10) || 'T' || {} || 'Z')",
            pad(&time)
        )
    };
    let whole = format!("substr({x}, 1, 19) || substr({x}, -6)");
    let time = format!("(strftime('%H:%M:%S', {whole}) || substr({x}, 20, length({x}) - 25))");
    let elsewhere = format!(
        "json_quote(strftime('%Y-%m-%dT', {whole}) || {} || 'Z')",
        pad(&time)
    );
    let plain = has_plain_date(x);
    format!(
        "CASE WHEN typeof({x}) <> 'text' OR NOT {plain} THEN {any} WHEN substr({x}, -6) = '+00:00' THEN {} \
         WHEN substr({x}, -1) = 'Z' THEN {} WHEN substr({x}, 18, 2) < '60' AND strftime('%s', {whole}) IS NOT NULL \
         THEN {elsewhere} ELSE {any} END",
        utc(6),
        utc(1)
    )
}
