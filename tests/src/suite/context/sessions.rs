//! What a session holds, and when.

use std::time::Duration;

use audit_sea_orm::{AuditedTransaction, prelude::*};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, EntityTrait,
    Statement, TransactionTrait,
};

use super::{because, raw};
use crate::{
    Backend, Outcome, Test, carried,
    entity::tart::{self, priced, repriced},
    interrupt::interrupted,
    random::{Random, scaled},
};

/// Each write has the context that is current then, and keeps it across savepoints, however they end.
pub async fn a_transaction_carries_the_context_of_each_write(t: &mut Test) -> Outcome {
    carried::install(t).await?;
    let transaction = t.db.audited().begin().await?;
    let insert = |id| priced(id, 1).insert(&transaction);
    because("a").scope(insert(1)).await?;
    because("b").scope(insert(2)).await?;
    insert(3).await?;
    because("b").scope(insert(4)).await?;
    for (id, ending) in [(10, "commit"), (20, "rollback"), (30, "drop")] {
        let nested = transaction.begin().await?;
        let inner = nested.begin().await?;
        because("inner").scope(priced(id, 1).insert(&inner)).await?;
        inner.commit().await?;
        because(ending)
            .scope(priced(id + 1, 1).insert(&nested))
            .await?;
        end(nested, ending).await?;
        // The same context as the last write, which a rollback took off the session; and as the last but one, which it
        // brought back or not.
        because(ending).scope(insert(id + 2)).await?;
        because("b").scope(insert(id + 3)).await?;
        because(ending).scope(insert(id + 4)).await?;
    }
    transaction.commit().await?;
    let expected = [
        "a", "b", "", "b", "inner", "commit", "commit", "b", "commit", "rollback", "b", "rollback",
        "drop", "b", "drop",
    ];
    assert_eq!(carried::reasons(&t.db).await?, expected);
    Ok(())
}

async fn end(transaction: AuditedTransaction, ending: &str) -> Result<(), DbErr> {
    match ending {
        "commit" => transaction.commit().await,
        "rollback" => transaction.rollback().await,
        _ => {
            drop(transaction);
            Ok(())
        }
    }
}

/// A write that hits no row sets nothing; the next one carries its context all the same.
pub async fn a_write_of_no_row_does_not_lose_the_context(t: &mut Test) -> Outcome {
    carried::install(t).await?;
    let transaction = t.db.audited_as(because("r")).begin().await?;
    tart::Entity::delete_by_id(1).exec(&transaction).await?;
    let gone = repriced(1, 1).update(&transaction).await;
    assert_eq!(gone, Err(DbErr::RecordNotUpdated));
    priced(1, 1).insert(&transaction).await?;
    transaction.commit().await?;
    assert_eq!(carried::reasons(&t.db).await?, ["r"]);
    Ok(())
}

/// A savepoint of the application's own, rolled back by its own SQL, takes the context along; the next write
/// brings it again.
pub async fn a_raw_savepoint_does_not_lose_the_context(t: &mut Test) -> Outcome {
    carried::install(t).await?;
    let transaction = t.db.audited_as(because("r")).begin().await?;
    let back = "ROLLBACK TO SAVEPOINT own";
    transaction.execute_unprepared("SAVEPOINT own").await?;
    priced(1, 1).insert(&transaction).await?;
    transaction.execute_unprepared(back).await?;
    priced(1, 1).insert(&transaction).await?;
    transaction.execute_unprepared(back).await?;
    priced(1, 1).insert(&transaction).await?;
    if t.backend != Backend::MySql {
        // Which cannot prepare such a statement.
        raw(&transaction, back).await?;
        priced(1, 1).insert(&transaction).await?;
    }
    transaction.commit().await?;
    assert_eq!(carried::reasons(&t.db).await?, ["r"]);
    Ok(())
}

/// Writes that are joined in one transaction keep their own contexts.
pub async fn joined_writes_do_not_exchange_contexts(t: &mut Test) -> Outcome {
    carried::install(t).await?;
    let transaction = t.db.audited().begin().await?;
    let writes = (0..20).map(|id| {
        let insert = priced(id, id).insert(&transaction);
        because(&format!("{id}")).scope(insert)
    });
    futures_util::future::try_join_all(writes).await?;
    transaction.commit().await?;
    let mut reasons = carried::reasons(&t.db).await?;
    reasons.sort_by_key(|reason| reason.parse::<i32>().ok());
    let expected: Vec<String> = (0..20).map(|id| id.to_string()).collect();
    assert_eq!(reasons, expected);
    Ok(())
}

/// However a transaction ends, the next user of its connection, the only one of the pool, has none of the context.
pub async fn the_next_user_of_the_connection_has_no_context(t: &mut Test) -> Outcome {
    carried::install(t).await?;
    let one = t.isolated.connect(1).await?;
    let audited = one.audited_as(because("mine"));
    for (id, ending) in [(1, "commit"), (2, "rollback"), (3, "drop")] {
        let transaction = audited.begin().await?;
        priced(id, 1).insert(&transaction).await?;
        end(transaction, ending).await?;
        assert_nobodys(&one, ending).await?;
        let adopted = one.begin().await?.audited_as(because("adopted"));
        priced(id + 10, 1).insert(&adopted).await?;
        end(adopted, ending).await?;
        assert_nobodys(&one, ending).await?;
    }
    priced(9, 1).insert(&audited).await?;
    assert_nobodys(&one, "one write").await?;
    assert!(priced(9, 1).insert(&audited).await.is_err());
    assert_nobodys(&one, "a failed write").await?;
    one.close().await?;
    Ok(())
}

/// A savepoint that is taken and dropped takes its own write along, none that follows, and none has its context.
pub async fn an_adopted_savepoint_undoes_nothing_else(t: &mut Test) -> Outcome {
    carried::install(t).await?;
    let transaction = t.db.begin().await?;
    for id in [10, 20] {
        let savepoint = transaction.begin().await?.audited_as(because("mine"));
        priced(id, 1).insert(&savepoint).await?;
        drop(savepoint);
        priced(id + 1, 1).insert(&transaction).await?;
    }
    let savepoint = transaction.begin().await?.audited_as(because("mine"));
    priced(30, 1).insert(&savepoint).await?;
    savepoint.commit().await?;
    priced(31, 1).insert(&transaction).await?;
    let savepoint = transaction.begin().await?.audited();
    priced(32, 1).insert(&savepoint).await?;
    savepoint.commit().await?;
    transaction.commit().await?;
    let tarts = [11, 21, 30, 31, 32].map(|id| (id, 1));
    assert_eq!(carried::tarts(&t.db).await?, tarts);
    assert_eq!(carried::reasons(&t.db).await?, ["", "", "mine", "", ""]);
    Ok(())
}

/// A transaction in which a write failed ends as it would if it were plain, whatever the database makes of it.
pub async fn an_adopted_transaction_with_a_failure_ends_as_a_plain_one(t: &mut Test) -> Outcome {
    carried::install(t).await?;
    let plain = t.db.begin().await?;
    priced(1, 1).insert(&plain).await?;
    assert!(priced(1, 1).insert(&plain).await.is_err());
    let expected = plain.commit().await.map_err(|error| error.to_string());
    let stands = carried::tarts(&t.db).await?.len();
    let adopted = t.db.begin().await?.audited_as(because("mine"));
    priced(2, 1).insert(&adopted).await?;
    assert!(priced(2, 1).insert(&adopted).await.is_err());
    let ended = adopted.commit().await.map_err(|error| error.to_string());
    assert_eq!(ended, expected);
    assert_eq!(carried::tarts(&t.db).await?.len(), 2 * stands);
    Ok(())
}

/// Asserts that a plain write on a pool carries nothing, and empties what was noted.
async fn assert_nobodys(db: &DatabaseConnection, after: &str) -> Result<(), DbErr> {
    raw(db, "DELETE FROM tart WHERE id = 99").await?;
    carried::take(db).await?;
    priced(99, 1).insert(db).await?;
    assert_eq!(carried::reasons(db).await?, [""], "after {after}");
    Ok(())
}

/// The same for writes and transactions that are dropped at any moment; and what is acknowledged stands.
pub async fn a_cancelled_write_leaves_no_context(t: &mut Test) -> Outcome {
    carried::install(t).await?;
    let one = t.isolated.connect(1).await?;
    let audited = one.audited_as(because("mine"));
    let mut random = Random::new(5);
    priced(1, 0).insert(&one).await?;
    for round in 1..=i32::try_from(scaled(1_000))? {
        // With sqlx 0.9.0 what is dropped while MySQL prepares its statement takes the connection with it, with
        // or without the trail; and what is dropped while it waits for the connection may have the pool open
        // another. So whichever it is knows each statement before anything is dropped.
        for kind in 0..3 {
            one_write(&audited, kind, 0).await?;
        }
        carried::take(&one).await?;
        let done = interrupted(&mut random, 12, one_write(&audited, round % 3, round)).await;
        let next = async {
            let carried = carried::take(&one).await?;
            negate(&one).await?;
            assert_eq!(carried::reasons(&one).await?, [""], "round {round}");
            Ok::<_, DbErr>(carried)
        };
        // A connection that is never given back is a failure too.
        let carried = tokio::time::timeout(Duration::from_secs(60), next).await??;
        let stands = carried::tarts(&one).await?[0].1.abs() == round;
        assert!(stands || done.is_none(), "round {round}: {done:?} is lost");
        assert_eq!(stands, !carried.is_empty(), "round {round}");
    }
    one.close().await?;
    Ok(())
}

/// A write without a context.
async fn negate(db: &DatabaseConnection) -> Result<(), DbErr> {
    raw(db, "UPDATE tart SET price = -price WHERE id = 1")
        .await
        .map(drop)
}

async fn one_write(db: &AuditedConnection, kind: i32, price: i32) -> Result<(), DbErr> {
    if kind == 0 {
        let transaction = db.begin().await?;
        repriced(1, price).update(&transaction).await?;
        return transaction.commit().await;
    }
    if kind == 1 {
        let backend = db.get_database_backend();
        let mark = if backend == DbBackend::Postgres {
            "$1"
        } else {
            "?"
        };
        let sql = format!("UPDATE tart SET price = {mark} WHERE id = 1");
        let update = Statement::from_sql_and_values(backend, sql, [price.into()]);
        return db.execute_raw(update).await.map(drop);
    }
    repriced(1, price).update(db).await.map(drop)
}
