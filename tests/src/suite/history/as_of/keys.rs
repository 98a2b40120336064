use std::fmt::Debug;

use audit_sea_orm::prelude::*;
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, EntityTrait, IntoActiveModel, Iterable, ModelTrait,
    TryIntoModel, prelude::Uuid,
};

use super::pause;
use crate::{
    Backend, Outcome, Test,
    entity::keyed::{
        by_big, by_big_unsigned, by_bytes, by_int, by_number_and_text, by_string, by_three_texts,
        by_uuid,
    },
};

/// Writes rows, of which some change and others go: all are there as they were.
async fn come_back<E>(t: &Test, rows: Vec<E::Model>) -> Outcome
where
    E: Audited + EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel> + PartialEq + Debug + Sync,
    E::ActiveModel:
        ActiveModelTrait<Entity = E> + ActiveModelBehavior + TryIntoModel<E::Model> + Send + Sync,
{
    t.create_table(E::default()).await?;
    for row in &rows {
        let row = row.clone().into_active_model().reset_all();
        row.insert(&t.db).await?;
    }
    let time = pause().await;
    let value = E::Column::iter().last().ok_or("no columns")?;
    for (number, row) in (0..).zip(&rows) {
        match number % 3 {
            0 => row.clone().delete(&t.db).await.map(drop)?,
            1 => {
                let mut edit = row.clone().into_active_model();
                edit.set(value, 7.into());
                edit.update(&t.db).await?.delete(&t.db).await?;
            }
            _ => {}
        }
    }
    let then = AsOf::<E>::at(time).all(&t.db).await?;
    let mut then = then
        .iter()
        .map(|then| then.model())
        .collect::<Result<Vec<_>, _>>()?;
    assert_eq!(then.len(), rows.len(), "{then:?}");
    for row in &rows {
        let place = then.iter().position(|then| then == row);
        then.remove(place.ok_or_else(|| format!("no {row:?}"))?);
    }
    let now = AsOf::<E>::at(pause().await).all(&t.db).await?;
    assert_eq!(now.len(), rows.len() / 3);
    Ok(())
}

/// The key of an object that is gone is read from its text, of whatever type and of however many columns.
pub async fn keys_of_every_kind_come_back(t: &mut Test) -> Outcome {
    let texts = [
        "1",
        "null",
        "\"quoted\"",
        "[\"a\",1]",
        "{}",
        "é \\ ' \"",
        "true",
        "a b",
        "sha256:short",
    ];
    let ids = texts.iter().map(|text| (*text).to_owned());
    // Of more bytes than PostgreSQL indexes: records hold its digest.
    let long = ["a", "b", "c"].map(|first| format!("{first}{}", "🎂".repeat(600)));
    let rows = ids.chain(long).map(|id| by_string::Model { id, value: 0 });
    come_back::<by_string::Entity>(t, rows.collect()).await?;
    let rows = [i32::MIN, 0, i32::MAX].map(|id| by_int::Model { id, value: 0 });
    come_back::<by_int::Entity>(t, rows.into()).await?;
    let rows = [i64::MIN, 0, i64::MAX].map(|id| by_big::Model { id, value: 0 });
    come_back::<by_big::Entity>(t, rows.into()).await?;
    if t.backend == Backend::MySql {
        // The others have no such type.
        let rows = [0, 1, u64::MAX].map(|id| by_big_unsigned::Model { id, value: 0 });
        come_back::<by_big_unsigned::Entity>(t, rows.into()).await?;
    }
    let rows = [1, 2, 3].map(|id| by_uuid::Model {
        id: Uuid::from_u128(id),
        value: 0,
    });
    come_back::<by_uuid::Entity>(t, rows.into()).await?;
    let rows = [vec![0_u8], vec![0xca, 0xfe], vec![1, 2, 3]];
    let rows = rows.map(|id| by_bytes::Model { id, value: 0 });
    come_back::<by_bytes::Entity>(t, rows.into()).await?;
    let mut rows = Vec::new();
    for number in 1..=3 {
        for text in ["1", "a,b", "\"]"] {
            let text = text.to_owned();
            let value = 0;
            rows.push(by_number_and_text::Model {
                number,
                text,
                value,
            });
        }
    }
    come_back::<by_number_and_text::Entity>(t, rows).await?;
    let rows = [("a", "b", "c"), ("a", "c", "b"), ("a", "b", "d")];
    let rows = rows.map(|(a, b, c)| by_three_texts::Model {
        a: a.to_owned(),
        b: b.to_owned(),
        c: c.to_owned(),
        value: 0,
    });
    come_back::<by_three_texts::Entity>(t, rows.into()).await
}
