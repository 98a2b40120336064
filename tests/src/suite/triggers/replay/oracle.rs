//! Rebuilds tables from the trail alone.

use std::collections::{BTreeMap, HashSet};

use audit_sea_orm::{encoding, prelude::*};
use sea_orm::{
    ConnectionTrait, DbErr, IdenStatic, Iterable, ModelTrait, PrimaryKeyToColumn, prelude::Json,
};
use serde_json::{Map, json};

use crate::{
    Backend,
    entity::{
        ledger::{account, entry},
        society::{club, member, membership},
    },
    test::records,
};

/// The columns of an object.
type Row = Map<String, Json>;

/// The objects of each table, by their keys.
type Tables = BTreeMap<String, BTreeMap<String, Row>>;

/// What the trail tells is what the tables hold, where the records of `moves` are of accounts that got other keys.
pub(super) async fn compare<C: ConnectionTrait>(
    db: &C,
    backend: Backend,
    moves: HashSet<i64>,
) -> Result<(), String> {
    let failed = |error: DbErr| error.to_string();
    let mut rebuilt = Rebuilt {
        moves,
        ..Rebuilt::default()
    };
    for record in records(db).await.map_err(failed)? {
        rebuilt
            .apply(&record, backend)
            .map_err(|why| format!("{why}: {record:?}"))?;
    }
    let mut real = Tables::new();
    read::<account::Entity>(db, &mut real)
        .await
        .map_err(failed)?;
    read::<entry::Entity>(db, &mut real).await.map_err(failed)?;
    read::<club::Entity>(db, &mut real).await.map_err(failed)?;
    read::<member::Entity>(db, &mut real)
        .await
        .map_err(failed)?;
    read::<membership::Entity>(db, &mut real)
        .await
        .map_err(failed)?;
    rebuilt.tables.retain(|_, rows| !rows.is_empty());
    real.retain(|_, rows| !rows.is_empty());
    if rebuilt.tables == real {
        Ok(())
    } else {
        Err(format!(
            "the trail tells\n{:#?}\nthe tables are\n{real:#?}",
            rebuilt.tables
        ))
    }
}

#[derive(Default)]
struct Rebuilt {
    tables: Tables,
    /// The records of accounts that got other keys.
    moves: HashSet<i64>,
    /// The account that a move took its key, until the record of its new one.
    moving: Option<i64>,
}

impl Rebuilt {
    /// Each record must begin with what the one before left.
    fn apply(&mut self, record: &audit_log::Model, backend: Backend) -> Result<(), &'static str> {
        let name = record
            .table_name
            .clone()
            .ok_or("a record names its table")?;
        let key = record
            .object_id
            .clone()
            .ok_or("a record names its object")?;
        let (old, new) = (
            object(record.old_values.as_ref()),
            object(record.new_values.as_ref()),
        );
        let rows = self.tables.entry(name).or_default();
        match record.action.as_str() {
            "CREATE" if old.is_empty() => {
                if rows.insert(key, new).is_some() {
                    return Err("what is created was there");
                }
            }
            "UPDATE" => {
                let row = rows.get_mut(&key).ok_or("what is updated was not there")?;
                if new.is_empty() || !old.keys().eq(new.keys()) {
                    return Err("an update tells of no column, or of others than before");
                }
                if old.iter().any(|(column, old)| row.get(column) != Some(old)) {
                    return Err("an update does not begin with what the record before left");
                }
                row.extend(new);
            }
            "DELETE" if new.is_empty() => {
                if rows.remove(&key) != Some(old) {
                    return Err("what is deleted was not there, or not so");
                }
            }
            _ => return Err("no write leaves such a record"),
        }
        if backend == Backend::MySql {
            self.cascade(record);
        }
        Ok(())
    }

    /// What the foreign keys of MariaDB and MySQL do, of which no trigger tells.
    fn cascade(&mut self, record: &audit_log::Model) {
        let (Some(table), Some(id)) = (&record.table_name, &record.object_id) else {
            return;
        };
        let key = id.parse().ok();
        let is_move = self.moves.contains(&record.id);
        match (table.as_str(), record.action.as_str()) {
            ("ledger_account", "DELETE") if is_move => self.moving = key,
            ("ledger_account", "CREATE") => {
                if let Some(from) = self.moving.take() {
                    self.redirect("ledger_entry", "account_id", from, &json!(key));
                }
            }
            ("ledger_account", "DELETE") => self.forget("ledger_entry", "account_id", key),
            ("club", "DELETE") => self.forget("membership", "club_id", key),
            ("member", "DELETE") => self.forget("membership", "member_id", key),
            _ => {}
        }
    }

    fn redirect(&mut self, table: &str, column: &str, from: i64, to: &Json) {
        let rows = self.tables.entry(table.to_owned()).or_default();
        for reference in rows.values_mut().filter_map(|row| row.get_mut(column)) {
            if reference.as_i64() == Some(from) {
                *reference = to.clone();
            }
        }
    }

    fn forget(&mut self, table: &str, column: &str, key: Option<i64>) {
        let rows = self.tables.entry(table.to_owned()).or_default();
        rows.retain(|_, row| row.get(column).and_then(Json::as_i64) != key);
    }
}

fn object(values: Option<&Json>) -> Row {
    match values {
        Some(Json::Object(row)) => row.clone(),
        _ => Row::new(),
    }
}

/// The rows that a table has, as records show them.
async fn read<E: Audited>(db: &impl ConnectionTrait, tables: &mut Tables) -> Result<(), DbErr> {
    let rows = tables
        .entry(E::default().table_name().to_owned())
        .or_default();
    for model in E::find().all(db).await? {
        let mut row = Row::new();
        for column in E::Column::iter() {
            let value = match E::field_policy(column) {
                audit_sea_orm::FieldPolicy::Mask => json!("***"),
                audit_sea_orm::FieldPolicy::Record => encoding::to_json(&model.get(column))
                    .map_err(|error| DbErr::Custom(error.to_string()))?,
                _ => continue,
            };
            row.insert(column.as_str().to_owned(), value);
        }
        let key: Vec<Json> = E::PrimaryKey::iter()
            .map(|key| row[key.into_column().as_str()].clone())
            .collect();
        let key = match key.as_slice() {
            [single] => single.to_string(),
            several => json!(several).to_string(),
        };
        rows.insert(key, row);
    }
    Ok(())
}
