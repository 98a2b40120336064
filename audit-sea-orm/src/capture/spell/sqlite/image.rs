//! The JSON of rows, by programs that stay short: each statement that fires a trigger is prepared with all of its program.
//!
//! So what spells values stands there once for each kind of column, not for each column: the columns are the rows of a
//! `VALUES`, as many as SQLite lets a table have. No `WITH` gives them names: beside another one in the same statement, SQLite
//! would not find what it is to rename when a column gets another name.

use super::{
    super::{compared, following_text},
    Kind, Spell, Sqlite, Table, any, double, is_ascii, special,
};
use crate::capture::table::Column;

/// The ways in which the columns of a table are spelled, beside that of any value, each with whether the column holds JSON.
#[derive(Default)]
struct Ways(Vec<(String, bool)>);

impl Ways {
    /// The number of a column's way; 0 is that of any value.
    fn number(&mut self, column: &Column) -> usize {
        let way = if column.masked {
            Some(r#"'"***"'"#.to_owned())
        } else {
            special(&column.kind, "x")
        };
        let Some(way) = way else { return 0 };
        let way = (way, column.kind == Kind::Json);
        let known = self.0.iter().position(|known| *known == way);
        let at = known.unwrap_or_else(|| {
            self.0.push(way);
            self.0.len() - 1
        });
        at + 1
    }

    /// The JSON of a value `x` by the way of number `k`.
    fn spelled(&self) -> String {
        let any = any("x");
        if self.0.is_empty() {
            return any;
        }
        let ways = self.0.iter().enumerate();
        let ways = ways.map(|(at, (way, _))| format!("WHEN {} THEN {way} ", at + 1));
        format!("COALESCE(CASE k {}END, {any})", ways.collect::<String>())
    }

    /// Whether the third and the fourth value of a row differ: as [`Spell::differ`] has it.
    fn differ(&self) -> String {
        let as_they_are = "column3 IS NOT column4 COLLATE BINARY";
        let ways = self.0.iter().enumerate();
        let json: Vec<_> = ways
            .filter(|(_, (_, is_json))| *is_json)
            .map(|(at, _)| (at + 1).to_string())
            .collect();
        if json.is_empty() {
            return as_they_are.to_owned();
        }
        format!(
            "{as_they_are} AND CASE WHEN column2 IN ({}) AND json_valid(column3) AND json_valid(column4) \
             THEN json(column3) <> json(column4) ELSE 1 END",
            json.join(", ")
        )
    }
}

/// The value of a column, without its affinity and its collation, which all rows of a `VALUES` would take from the first.
fn bare(row: &str, column: &Column) -> String {
    format!("+{}", Sqlite.column(row, column))
}

impl Sqlite {
    /// A query of one row: the objects of those columns that differ, as they were and as they are, both NULL where none does.
    pub(in crate::capture) fn changes(&self, table: &Table) -> String {
        let mut ways = Ways::default();
        let mut rows: Vec<_> = compared(table)
            .map(|column| {
                let (name, way) = (self.text(&following_text(column)), ways.number(column));
                format!(
                    "({name}, {way}, {}, {})",
                    bare("OLD", column),
                    bare("NEW", column)
                )
            })
            .collect();
        if rows.is_empty() {
            rows.push("('', 0, NULL, NULL)".to_owned());
        }
        let (rows, differ, spelled) = (rows.join(", "), ways.differ(), ways.spelled());
        let image = |side| {
            format!("'{{' || substr(group_concat(p, '') FILTER (WHERE s = {side}), 2) || '}}'")
        };
        let (old, new) = (image(0), image(1));
        // Where a query has a LIMIT, SQLite keeps it apart, and does not put its expressions wherever their names stand.
        format!(
            "SELECT {old} AS old_image, {new} AS new_image FROM (SELECT s, c || {spelled} AS p FROM \
             (SELECT s, column1 AS c, column2 AS k, CASE s WHEN 0 THEN column3 ELSE column4 END AS x \
             FROM (VALUES {rows}) CROSS JOIN (SELECT 0 AS s UNION ALL SELECT 1) WHERE {differ} LIMIT -1) LIMIT -1)"
        )
    }
}

/// The object of all recorded columns of a row.
///
/// A row of the values that its columns are for, in ASCII, is spelled at once, column by column. What is NULL of another
/// value makes the whole NULL, and the row is spelled value by value.
pub(super) fn whole(row: &str, table: &Table) -> String {
    let at_once = Sqlite.object_of(table, |column| {
        at_once(&column.kind, &Sqlite.column(row, column))
    });
    let mut ways = Ways::default();
    let rows: Vec<_> = table
        .columns
        .iter()
        .map(|column| {
            let (name, way) = (Sqlite.text(&following_text(column)), ways.number(column));
            format!("({name}, {way}, {})", bare(row, column))
        })
        .collect();
    if rows.is_empty() {
        return at_once;
    }
    let (rows, spelled, is_ascii) = (rows.join(", "), ways.spelled(), is_ascii("j"));
    format!(
        "(SELECT CASE WHEN {is_ascii} THEN j ELSE (SELECT '{{' || substr(group_concat(c || {spelled}, ''), 2) || '}}' \
         FROM (SELECT column1 AS c, column2 AS k, column3 AS x FROM (VALUES {rows}) LIMIT -1)) END FROM (SELECT {at_once} AS j LIMIT 1))"
    )
}

/// The JSON of a value that is as a column of its kind holds them, or NULL.
fn at_once(kind: &Kind, x: &str) -> String {
    match kind {
        Kind::Integer | Kind::Float | Kind::Decimal => format!(
            "CASE typeof({x}) WHEN 'integer' THEN {x} WHEN 'real' THEN CASE WHEN {x} - {x} = 0 THEN {} END \
             WHEN 'null' THEN 'null' END",
            double(x)
        ),
        Kind::Bool
        | Kind::Bytes
        | Kind::Uuid
        | Kind::Json
        | Kind::Time
        | Kind::DateTime
        | Kind::Zoned => {
            let special = special(kind, x).unwrap_or_default();
            format!("CASE WHEN {x} IS NULL THEN 'null' ELSE {special} END")
        }
        _ => {
            format!("CASE typeof({x}) WHEN 'text' THEN json_quote({x}) WHEN 'null' THEN 'null' END")
        }
    }
}
