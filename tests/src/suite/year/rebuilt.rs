//! The tables, as the trail alone tells them.

use std::collections::BTreeMap;

use audit_sea_orm::prelude::*;
use sea_orm::prelude::Json;

use super::tables::{Row, Rows};

/// What got another name, when, and in which table: a column, or the table itself.
///
/// Not by `#[audited(renamed("…"))]`: both releases are in this program, in which a name that an entity has at present means that
/// entity.
const RENAMED: [(usize, &str, Renamed); 2] = [
    (2, "category", Renamed::Column("name", "label")),
    (7, "store", Renamed::Table("shop")),
];

#[derive(Clone, Copy)]
enum Renamed {
    Column(&'static str, &'static str),
    Table(&'static str),
}

/// The rows of each table, by its name after so many changes. Each record must begin with what the one before left.
pub(super) fn rebuilt(
    records: &[audit_log::Model],
    changes: usize,
) -> Result<BTreeMap<String, Rows>, String> {
    let mut tables = BTreeMap::<String, Rows>::new();
    for record in records {
        let part = |part: &Option<String>| part.clone().ok_or(format!("incomplete: {record:?}"));
        let (table, key) = (part(&record.table_name)?, part(&record.object_id)?);
        let values = |values: &Option<Json>| match values {
            Some(Json::Object(row)) => todays(&table, row.clone(), changes),
            _ => Row::new(),
        };
        let (old, new) = (values(&record.old_values), values(&record.new_values));
        let rows = tables.entry(todays_table(&table, changes)).or_default();
        apply(rows, &record.action, key, (old, new)).map_err(|why| format!("{why}: {record:?}"))?;
    }
    Ok(tables)
}

fn apply(rows: &mut Rows, action: &str, key: String, (old, new): (Row, Row)) -> Result<(), String> {
    let mut row = rows.remove(&key);
    match (action, &row) {
        ("CREATE", Some(row)) => return Err(format!("what is created was there, as {row:?}")),
        ("UPDATE" | "DELETE", None) => return Err("what is changed was not there".to_owned()),
        ("CREATE" | "UPDATE" | "DELETE", _) => {}
        _ => return Err("no write leaves such a record".to_owned()),
    }
    let row_before = row.get_or_insert_default();
    let left = |column| row_before.get(column).unwrap_or(&Json::Null);
    if old.iter().any(|(column, old)| left(column) != old) {
        return Err(format!(
            "it does not begin with what is left, {row_before:?}"
        ));
    }
    row_before.extend(new);
    if let Some(row) = row.filter(|_| action != "DELETE") {
        rows.insert(key, row);
    }
    Ok(())
}

fn todays(table: &str, mut row: Row, changes: usize) -> Row {
    for (since, of_table, renamed) in RENAMED {
        if let Renamed::Column(from, to) = renamed
            && of_table == table
            && since <= changes
            && let Some(value) = row.remove(from)
        {
            row.insert(to.to_owned(), value);
        }
    }
    row
}

fn todays_table(table: &str, changes: usize) -> String {
    let renamed = RENAMED.iter().find_map(|renamed| match renamed {
        (since, from, Renamed::Table(to)) if *from == table && *since <= changes => Some(*to),
        _ => None,
    });
    renamed.unwrap_or(table).to_owned()
}
