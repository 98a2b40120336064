//! Many writers at once: each record has its own write's values.

use std::time::Duration;

use audit_sea_orm::prelude::*;
use futures_util::future::try_join_all;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Unchanged, ConnectionTrait, DatabaseConnection, DbErr,
    EntityTrait, ModelTrait, Set, TransactionTrait, prelude::Json,
};
use tokio::task::JoinSet;

use crate::{
    Outcome, Test,
    entity::{cake, pie},
};

/// A row with the keys that the tests contend for, made without a record.
async fn with_pies(t: &Test, ids: impl IntoIterator<Item = i32>) -> Result<(), DbErr> {
    t.create_table(pie::Entity).await?;
    for id in ids {
        let pie = pie::ActiveModel {
            id: Set(id),
            price: Set(0),
            stock: Set(0),
        };
        AuditContext::unaudited("fixture", pie.insert(&t.db)).await?;
    }
    Ok(())
}

async fn set_price<C: ConnectionTrait>(db: &C, id: i32, price: i32) -> Result<(), DbErr> {
    let pie = pie::ActiveModel {
        id: Unchanged(id),
        price: Set(price),
        ..Default::default()
    };
    pie.update(db).await.map(drop)
}

fn price(values: Option<&Json>) -> i64 {
    values
        .and_then(|values| values["price"].as_i64())
        .unwrap_or(-1)
}

/// Asserts that each record begins with what the one before left, and that the last left what the row holds.
async fn assert_chain(t: &Test, id: i32, records: usize) -> Outcome {
    let chain: Vec<(i64, i64)> = audit_log::Entity::for_key("pie", &id.to_string())
        .all(&t.db)
        .await?
        .iter()
        .map(|record| {
            (
                price(record.old_values.as_ref()),
                price(record.new_values.as_ref()),
            )
        })
        .collect();
    assert_eq!(chain.len(), records);
    let mut last = 0;
    for (before, after) in chain {
        assert_eq!(before, last, "the record of the change to {after}");
        last = after;
    }
    let row = pie::Entity::find_by_id(id)
        .one(&t.db)
        .await?
        .map(|pie| i64::from(pie.price));
    assert_eq!(row, Some(last));
    Ok(())
}

/// 64 tasks update one row, each several times in a transaction of its own.
pub async fn many_tasks_update_one_row_in_transactions(t: &mut Test) -> Outcome {
    with_pies(t, [1]).await?;
    let mut tasks = JoinSet::new();
    for task in 0..64 {
        let db = t.db.clone();
        tasks.spawn(async move {
            for round in 0..5 {
                let pie = pie::ActiveModel {
                    id: Unchanged(1),
                    price: Set(task * 100 + round + 1),
                    ..Default::default()
                };
                pie.audited_update(&db).await?;
            }
            Ok::<_, DbErr>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    assert_chain(t, 1, 64 * 5).await
}

/// On the pool nothing locks the row, but none is lost and no task is handed another's image: each record's new
/// value is its own update's, where the database returns the row it wrote, and the old one a value that the
/// row really had.
pub async fn many_tasks_update_one_row_on_the_pool(t: &mut Test) -> Outcome {
    with_pies(t, [1]).await?;
    let mut tasks = JoinSet::new();
    for task in 1..=64 {
        let db = t.db.clone();
        let context = AuditContext::new().actor(Actor::new(task));
        tasks.spawn(context.scope(async move { set_price(&db, 1, task).await }));
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let records = t.records().await?;
    assert_eq!(records.len(), 64);
    for record in records {
        let new = price(record.new_values.as_ref());
        // Without `RETURNING` SeaORM reads the row in a statement of its own, when others may have come.
        let is_own = record.actor_id == Some(new.to_string());
        assert!(
            is_own || (!t.db.support_returning() && (1..=64).contains(&new)),
            "{record:?}"
        );
        assert!((0..=64).contains(&price(record.old_values.as_ref())));
    }
    Ok(())
}

/// An application that only writes in plain `begin` transactions is never refused because the hook read first.
pub async fn deferred_transactions_do_not_fail_for_the_read(t: &mut Test) -> Outcome {
    with_pies(t, [1]).await?;
    let mut tasks = JoinSet::new();
    for task in 0..8 {
        let db = t.db.clone();
        tasks.spawn(async move {
            for round in 0..20 {
                let transaction = db.begin().await?;
                set_price(&transaction, 1, task * 100 + round + 1).await?;
                transaction.commit().await?;
            }
            Ok::<_, DbErr>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    assert_chain(t, 1, 8 * 20).await
}

/// Updates of several rows, joined in one task, each have their own image.
pub async fn updates_joined_in_one_task(t: &mut Test) -> Outcome {
    with_pies(t, 1..=20).await?;
    try_join_all((1..=20).map(|id| set_price(&t.db, id, id * 10))).await?;
    try_join_all((1..=20).map(|id| set_price(&t.db, id, id * 10 + 1))).await?;
    for id in 1..=20 {
        assert_chain(t, id, 2).await?;
    }
    Ok(())
}

/// Two updates of one row, joined in one task and one transaction: what the first left is what the second found.
pub async fn updates_of_one_row_joined_in_one_transaction(t: &mut Test) -> Outcome {
    with_pies(t, [1]).await?;
    for round in 0..10 {
        let transaction = t.db.begin_write().await?;
        let (first, second) = (round * 10 + 1, round * 10 + 2);
        tokio::try_join!(
            set_price(&transaction, 1, first),
            set_price(&transaction, 1, second)
        )?;
        transaction.commit().await?;
    }
    assert_chain(t, 1, 20).await
}

/// Entities with equal keys, written at the same time, keep separate images and histories.
pub async fn different_entities_with_equal_keys(t: &mut Test) -> Outcome {
    with_pies(t, [1]).await?;
    t.create_table(cake::Entity).await?;
    let cake = AuditContext::unaudited("fixture", cake::named("Sacher").insert(&t.db)).await?;
    assert_eq!(cake.id, 1);
    for round in 1..=20 {
        let mut edit = cake::ActiveModel {
            id: Unchanged(1),
            ..Default::default()
        };
        edit.price = Set(1_000 + round);
        tokio::try_join!(edit.update(&t.db), async {
            set_price(&t.db, 1, round).await
        })?;
    }
    assert_chain(t, 1, 20).await?;
    let cakes = audit_log::Entity::for_object(&cake)
        .oldest_first()
        .all(&t.db)
        .await?;
    assert_eq!(cakes.len(), 20);
    assert!(
        cakes
            .iter()
            .all(|record| price(record.new_values.as_ref()) > 1_000)
    );
    Ok(())
}

/// Of many who delete one row in transactions, one does, and one record says so.
pub async fn delete_race_leaves_one_record(t: &mut Test) -> Outcome {
    with_pies(t, [1]).await?;
    let mut tasks = JoinSet::new();
    for _ in 0..16 {
        let db = t.db.clone();
        tasks.spawn(async move {
            let pie = pie::ActiveModel {
                id: Unchanged(1),
                ..Default::default()
            };
            pie.audited_delete(&db).await
        });
    }
    let mut deleted = 0;
    while let Some(done) = tasks.join_next().await {
        deleted += done??.rows_affected;
    }
    assert_eq!(deleted, 1);
    assert_eq!(t.only_record().await?.action, "DELETE");
    Ok(())
}

/// Requests that take turns on one thread never write under each other's name.
pub async fn interleaved_contexts(t: &mut Test) -> Outcome {
    with_pies(t, 1..=10).await?;
    let request = |id: i32, db: DatabaseConnection| {
        AuditContext::new().actor(Actor::new(id)).scope(async move {
            for round in 1..=10 {
                set_price(&db, id, round).await?;
                tokio::time::sleep(Duration::from_micros(100)).await;
            }
            audit_sea_orm::task::spawn(async move {
                let pie = pie::Entity::find_by_id(id).one(&db).await?;
                pie.expect("it is there").delete(&db).await
            })
            .await
            .expect("the task runs to its end")
        })
    };
    try_join_all((1..=10).map(|id| request(id, t.db.clone()))).await?;
    let records = t.records().await?;
    assert_eq!(records.len(), 10 * 11);
    for record in records {
        assert_eq!(record.actor_id, record.object_id);
    }
    Ok(())
}
