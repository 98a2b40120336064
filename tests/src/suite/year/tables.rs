//! The tables at each step of the year: which entity is a table's, and what it holds.

use std::{collections::BTreeMap, ops::RangeFrom, pin::Pin};

use audit_sea_orm::{
    FieldPolicy,
    capture::AuditedEntity,
    encoding::{self, column_value},
    prelude::*,
};
use sea_orm::{
    ActiveModelTrait, DatabaseTransaction, DbErr, EntityTrait, IdenStatic, Iterable, ModelTrait,
    PrimaryKeyToColumn, prelude::Json,
};
use serde_json::{Map, json};

use super::{new, old};

/// A row, as records show it.
pub(super) type Row = Map<String, Json>;

/// The rows of a table, by their keys.
pub(super) type Rows = BTreeMap<String, Row>;

type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, DbErr>> + Send + 'a>>;

/// A table, by the entity that knows it.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// Its name.
    pub(super) table: String,
    pub(super) entity: AuditedEntity,
    /// Compares what it holds with what the trail tells: gives what differs.
    pub(super) compare: for<'a> fn(&'a DatabaseTransaction, &'a Rows) -> Pending<'a, Vec<String>>,
}

impl Known {
    fn of<E>() -> Self
    where
        E: Audited,
        E::Model: Sync,
        E::ActiveModel: ActiveModelTrait<Entity = E>,
    {
        Self {
            table: E::default().table_name().to_owned(),
            entity: AuditedEntity::of::<E>(),
            compare: |db, told| Box::pin(compare::<E>(db, told)),
        }
    }
}

/// Tables that changed, each since which change: which of its two entities knows it.
macro_rules! changed {
    ($changes:ident; $($table:ident: $since:literal),* $(,)?) => {
        [$(if $changes < $since { Known::of::<old::$table::Entity>() } else { Known::of::<new::$table::Entity>() }),*]
    };
}

/// Tables that are as they were.
macro_rules! unchanged {
    ($($table:ident),* $(,)?) => { [$(Known::of::<new::$table::Entity>()),*] };
}

/// The captured tables, after so many changes.
pub(super) fn known(changes: usize) -> Vec<Known> {
    let mut all = Vec::from(unchanged![
        actor,
        city,
        country,
        film_actor,
        film_category,
        film_text,
        inventory,
        language,
        rental,
    ]);
    all.extend(changed!(changes;
        customer: 1, category: 2, staff: 3, film: 4, address: 6, payment: 10,
    ));
    let later: [(RangeFrom<usize>, Known); 3] = [
        (5.., Known::of::<new::review::Entity>()),
        (6.., Known::of::<new::phone::Entity>()),
        (7.., Known::of::<new::shop::Entity>()),
    ];
    if changes < 7 {
        all.push(Known::of::<old::store::Entity>());
    }
    let there = later
        .into_iter()
        .filter(|(since, _)| since.contains(&changes));
    all.extend(there.map(|(_, known)| known));
    all
}

/// What a table holds beside what the trail tells: the same rows, and in each column the same value.
async fn compare<E>(db: &DatabaseTransaction, told: &Rows) -> Result<Vec<String>, DbErr>
where
    E: Audited,
    E::ActiveModel: ActiveModelTrait<Entity = E>,
{
    let table = E::default().table_name().to_owned();
    let mut different = Vec::new();
    let mut there = Vec::new();
    for model in <E as EntityTrait>::find().all(db).await? {
        let key = key_of::<E>(&model)?;
        match told.get(&key) {
            None => different.push(format!("{table} {key}: the trail does not know it")),
            Some(row) => different.extend(columns_that_differ::<E>(&model, row, &key)),
        }
        there.push(key);
    }
    let gone = told.keys().filter(|key| !there.contains(key));
    different.extend(gone.map(|key| format!("{table} {key}: it is only in the trail")));
    Ok(different)
}

fn columns_that_differ<E>(model: &E::Model, told: &Row, key: &str) -> Vec<String>
where
    E: Audited,
    E::ActiveModel: ActiveModelTrait<Entity = E>,
{
    let mut different = Vec::new();
    for column in E::Column::iter().filter(|column| E::field_policy(*column) == FieldPolicy::Record)
    {
        // What is in no record has never held anything.
        let json = told.get(column.as_str()).unwrap_or(&Json::Null);
        let value = model.get(column);
        let rebuilt = column_value::<E>(column, json);
        if rebuilt.as_ref().ok() != Some(&value) {
            let name = format!("{}.{} of {key}", E::audit_table(), column.as_str());
            different.push(format!("{name} is {value:?}, the trail tells {rebuilt:?}"));
        }
    }
    different
}

/// As `object_id` has it.
fn key_of<E: Audited>(model: &E::Model) -> Result<String, DbErr> {
    let mut parts = Vec::new();
    for key in E::PrimaryKey::iter() {
        let value = encoding::to_json(&model.get(key.into_column()));
        parts.push(value.map_err(|error| DbErr::Custom(error.to_string()))?);
    }
    Ok(match parts.as_slice() {
        [single] => single.to_string(),
        several => json!(several).to_string(),
    })
}
