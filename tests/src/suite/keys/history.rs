use std::fmt::Debug;

use audit_sea_orm::prelude::*;
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, EntityTrait, IntoActiveModel, Iterable, ModelTrait,
    PrimaryKeyTrait, QueryOrder, sea_query::FromValueTuple,
};
use serde_json::{Value as Json, json};

use crate::{Outcome, Test};

type KeyOf<E> = <<E as EntityTrait>::PrimaryKey as PrimaryKeyTrait>::ValueType;

/// Writes each row through a whole life, all at the same time, and reads back a history for each.
///
/// `texts` are the keys as `audit_log.object_id` has them.
pub(super) async fn separate_histories<E>(t: &Test, rows: Vec<E::Model>, texts: &[&str]) -> Outcome
where
    E: Audited + EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel> + PartialEq + Debug + Sync,
    E::ActiveModel: ActiveModelTrait<Entity = E> + ActiveModelBehavior + Send + Sync,
{
    assert_eq!(rows.len(), texts.len());
    let value = E::Column::iter().last().ok_or("no columns")?;
    for row in &rows {
        let made = row
            .clone()
            .into_active_model()
            .reset_all()
            .insert(&t.db)
            .await?;
        assert_eq!(&made, row, "the database keeps the key as it is");
    }
    for (row, number) in rows.iter().zip(1..) {
        let mut edited = row.clone().into_active_model();
        edited.set(value, number.into());
        edited.update(&t.db).await?;
    }
    for row in &rows {
        row.clone().delete(&t.db).await?;
    }
    for ((row, text), number) in rows.iter().zip(texts).zip(1..) {
        let history = audit_log::Entity::for_object(row)
            .order_by_asc(audit_log::Column::Id)
            .all(&t.db)
            .await?;
        check_life(&history, number, text);
        let same =
            audit_log::Entity::for_key(&E::audit_table(), text).order_by_asc(audit_log::Column::Id);
        assert_eq!(same.all(&t.db).await?, history, "by its text, {text:.100}");
        let key = row.clone().into_active_model().get_primary_key_value();
        let key: KeyOf<E> = FromValueTuple::from_value_tuple(key.ok_or("a row has a key")?);
        let same = audit_log::Entity::for_key_of::<E>(key);
        assert_eq!(same.all(&t.db).await?, history, "by its key, {text:.100}");
    }
    Ok(())
}

/// A history of an insert, an update from 0 to that number, and a delete.
pub(super) fn check_life(history: &[audit_log::Model], number: i32, text: &str) {
    let actions: Vec<&str> = history
        .iter()
        .map(|record| record.action.as_str())
        .collect();
    assert_eq!(actions, ["CREATE", "UPDATE", "DELETE"], "{text:.100}");
    let value = |values: &Option<Json>| values.as_ref().map(|values| values["value"].clone());
    assert_eq!(value(&history[0].new_values), Some(json!(0)), "{text:.100}");
    assert_eq!(
        history[1].old_values,
        Some(json!({"value": 0})),
        "{text:.100}"
    );
    assert_eq!(
        history[1].new_values,
        Some(json!({"value": number})),
        "{text:.100}"
    );
    assert_eq!(
        value(&history[2].old_values),
        Some(json!(number)),
        "{text:.100}"
    );
    let cut_by_the_database = text.len() > 2_000;
    for record in history {
        let stored = record.object_id.as_deref().unwrap_or_default();
        assert!(
            stored == text || cut_by_the_database,
            "{stored} is not {text}"
        );
    }
}
