//! Triggers and audited connections together: what the application writes stands in the trail, under load too.

use audit_sea_orm::{capture, prelude::*};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, QueryFilter, TransactionSession,
    prelude::Json,
};
use tokio::task::JoinSet;

use crate::{
    Outcome, Test,
    entity::tart::{self, priced, repriced},
    random::{Random, scaled},
};

const WRITERS: u64 = 16;
const ROWS: i32 = 10;

async fn with_tarts(t: &Test) -> Result<(), DbErr> {
    t.create_table(tart::Entity).await?;
    capture::install(&t.db, tart::Entity).await?;
    let tarts = (0..ROWS).map(|id| priced(id, 0));
    tart::Entity::insert_many(tarts)
        .exec_without_returning(&t.db)
        .await
        .map(drop)
}

/// Single and bulk updates of few rows by many writers: each record begins with what the one before left, and
/// has the context of its own writer.
pub async fn many_writers_leave_unbroken_chains(t: &mut Test) -> Outcome {
    with_tarts(t).await?;
    let rounds = scaled(60_000) / usize::try_from(WRITERS)?;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let context = AuditContext::new().actor(Actor::new(writer));
        let db = t.db.audited_as(context);
        writers.spawn(async move {
            let mut random = Random::new(writer);
            for round in 0..rounds {
                // The price tells the writer.
                let price = i32::try_from(round * 100).unwrap_or(i32::MAX - 100);
                let price = price + i32::try_from(writer).unwrap_or_default() + 1;
                // Bulk updates may deadlock: what is refused is not written, and nobody expects a record of it.
                let _outcome = update(&db, &mut random, price).await;
            }
        });
    }
    while let Some(ended) = writers.join_next().await {
        ended?;
    }
    assert_chains(t).await
}

async fn update(db: &AuditedConnection, random: &mut Random, price: i32) -> Result<(), DbErr> {
    let id = i32::try_from(random.below(10)).unwrap_or_default();
    match random.below(4) {
        0 => {
            let some = tart::Entity::update_many()
                .col_expr(tart::Column::Price, price.into())
                .filter(tart::Column::Id.between(id, id + 2));
            some.exec(db).await.map(drop)
        }
        1 => {
            let transaction = db.begin_write().await?;
            repriced(id, price).update(&transaction).await?;
            transaction.commit().await
        }
        _ => repriced(id, price).update(db).await.map(drop),
    }
}

async fn assert_chains(t: &Test) -> Outcome {
    let price = |values: Option<&Json>| values.and_then(|values| values["price"].as_i64());
    for tart in tart::Entity::find().all(&t.db).await? {
        let records = audit_log::Entity::for_key("tart", &tart.id.to_string());
        let mut records = records.all(&t.db).await?;
        records.sort_by_key(|record| record.id);
        let mut last = None;
        assert!(records.len() > 10, "{} records", records.len());
        for record in records {
            assert_eq!(price(record.old_values.as_ref()), last, "{record:?}");
            last = price(record.new_values.as_ref());
            let writer = last
                .filter(|price| *price > 0)
                .map(|price| (price - 1) % 100);
            let actor = record.actor_id.and_then(|actor| actor.parse().ok());
            assert_eq!(actor, writer);
        }
        assert_eq!(last, Some(i64::from(tart.price)));
    }
    Ok(())
}

/// Every field of a context arrives in the record of a trigger; without one there is a record all the same.
pub async fn records_of_triggers_have_the_whole_context(t: &mut Test) -> Outcome {
    t.create_table(tart::Entity).await?;
    capture::install(&t.db, tart::Entity).await?;
    let context = AuditContext::new()
        .actor(Actor::new(7).with_name("Ada"))
        .ip([192, 0, 2, 1])
        .user_agent("agent")
        .session_id("s")
        .request_id("q")
        .reason("why")
        .module("m")
        .metadata(serde_json::json!({"a": 1}));
    priced(1, 1).insert(&t.db.audited_as(context)).await?;
    priced(2, 1).insert(&t.db).await?;
    let records = t.records().await?;
    assert_eq!(records.len(), 2);
    let texts = |record: &audit_log::Model| {
        [
            &record.actor_id,
            &record.actor_name,
            &record.ip_address,
            &record.user_agent,
            &record.session_id,
            &record.request_id,
            &record.reason,
            &record.module,
        ]
        .map(|text| text.clone().unwrap_or_default())
    };
    let expected = ["7", "Ada", "192.0.2.1", "agent", "s", "q", "why", "m"];
    assert_eq!(texts(&records[0]), expected);
    assert_eq!(
        records[0].metadata.as_ref().map(|json| &json["a"]),
        Some(&1.into())
    );
    assert_eq!(texts(&records[1]), [""; 8]);
    Ok(())
}
