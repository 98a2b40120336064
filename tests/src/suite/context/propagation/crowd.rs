//! Many actors on few connections, some of which go away half way.

use audit_sea_orm::prelude::*;
use sea_orm::{ActiveModelTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait};
use tokio::task::JoinSet;

use super::with_tarts;
use crate::{
    Backend, Outcome, Test,
    entity::tart::{self, priced, repriced},
    interrupt::interrupted,
    random::{Random, scaled},
};

const ACTORS: i32 = 50;

/// What a price is a multiple of, and its writer: nobody is 0.
const PRICE: i32 = 1_000;

/// 10,000 writes of fifty actors, and of nobody, over a pool of four: each record has its own writer's name, as its price
/// says, and none another's. A fourth of the writes is dropped wherever it is.
pub async fn a_crowd_never_mixes_actors(t: &mut Test) -> Outcome {
    with_tarts(t).await?;
    let db = t.isolated.propagating(4).await?;
    let rounds = i32::try_from(scaled(10_000))? / ACTORS;
    let mut writers = JoinSet::new();
    for writer in 1..=ACTORS {
        writers.spawn(write(db.clone(), t.backend, writer, rounds));
    }
    while let Some(ended) = writers.join_next().await {
        ended??;
    }
    db.close().await?;
    let records = t.records().await?;
    let mut counts = [0; 2];
    for record in &records {
        let values = record.new_values.as_ref().or(record.old_values.as_ref());
        let price = values.and_then(|values| values["price"].as_i64());
        let writer = price.ok_or("a price")? % i64::from(PRICE);
        let expected = (writer > 0).then(|| writer.to_string());
        assert_eq!(record.actor_id, expected, "{record:?}");
        assert_eq!(record.reason.is_some(), expected.is_some(), "{record:?}");
        counts[usize::from(expected.is_some())] += 1;
    }
    let [of_nobody, of_actors] = counts;
    assert!(of_nobody > rounds && of_actors > rounds * 5, "{counts:?}");
    Ok(())
}

/// Writes to its own rows, four of five times in a scope of its own.
async fn write(
    db: DatabaseConnection,
    backend: Backend,
    writer: i32,
    rounds: i32,
) -> Result<(), DbErr> {
    let mut random = Random::new(u64::from(writer.unsigned_abs()));
    let context = AuditContext::new().actor(Actor::new(writer));
    for round in 0..rounds {
        let id = (writer * 10_000 + round) * 4;
        let is_scoped = random.below(5) > 0;
        let author = if is_scoped { writer } else { 0 };
        let kind = random.below(6);
        let write = write_once(&db, kind, id, author);
        let context = context.clone().reason(format!("round {round}"));
        let may_drop = kind == 0 || backend != Backend::MySql;
        let is_dropped = may_drop && random.below(4) == 0;
        // The scope is outside: a client that goes away takes its write along.
        let polls = if is_dropped { 12 } else { u64::MAX - 1 };
        let write = interrupted(&mut random, polls, write);
        let written = if is_scoped {
            context.scope(write).await
        } else {
            write.await
        };
        written.transpose()?;
    }
    Ok(())
}

/// One write of each kind. The first sends no statement that MariaDB prepares, as one that is dropped meanwhile takes its
/// connection along: see [`unless_dropped`](crate::load::unless_dropped).
async fn write_once(db: &DatabaseConnection, kind: u64, id: i32, author: i32) -> Result<(), DbErr> {
    let price = |times: i32| times * PRICE + author;
    let sql = format!("INSERT INTO tart (id, price) VALUES ({id}, {})", price(1));
    match kind {
        0 => db.execute_unprepared(&sql).await.map(drop),
        1 => priced(id, price(1)).insert(db).await.map(drop),
        2 => {
            let many = [priced(id, price(1)), priced(id + 1, price(1))];
            let many = tart::Entity::insert_many(many);
            many.exec_without_returning(db).await.map(drop)
        }
        3 => {
            let transaction = db.begin_write().await?;
            priced(id, price(1)).insert(&transaction).await?;
            repriced(id, price(2)).update(&transaction).await?;
            transaction
                .execute_unprepared(&sql.replace(&format!("({id},"), &format!("({},", id + 1)))
                .await?;
            transaction.commit().await
        }
        4 => {
            let transaction = db.begin_write().await?;
            priced(id, price(1)).insert(&transaction).await?;
            transaction.rollback().await
        }
        _ => {
            let transaction = db.begin_write().await?;
            priced(id, price(1)).insert(&transaction).await?;
            tart::Entity::delete_by_id(id).exec(&transaction).await?;
            transaction.commit().await
        }
    }
}
