//! What happened in one transaction: its id in the records of both tiers and of events, and in none of another's.

use audit_sea_orm::{capture, prelude::*};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ModelTrait, QueryFilter,
    Set, TransactionSession, TransactionTrait, sea_query::Expr,
};

use crate::{
    Backend, Outcome, Test,
    entity::{ledger::account, pie},
    wrapped::Wrapped,
};

/// A table of each tier.
async fn tables(t: &Test) -> Result<(), DbErr> {
    t.create_table(pie::Entity).await?;
    t.create_table(account::Entity).await?;
    capture::install(&t.db, account::Entity).await.map(drop)
}

fn pie(id: i32) -> pie::ActiveModel {
    pie::ActiveModel {
        id: Set(id),
        price: Set(1),
        stock: Set(1),
    }
}

/// A row in each tier: two records.
async fn write_both<C: ConnectionTrait>(db: &C, id: i32) -> Result<(), DbErr> {
    pie(id).insert(db).await?;
    account::numbered(id).insert(db).await.map(drop)
}

/// Every kind of write of both tiers, and what is reported: ten records.
async fn write_everything<C: AuditedWrite>(db: &C, id: i32) -> Outcome {
    write_both(db, id).await?;
    let mut dearer = pie(id).reset_all();
    dearer.price = Set(2);
    dearer.audited_update(db).await?.delete(db).await?;
    let richer = account::Entity::update_many()
        .col_expr(account::Column::Balance, Expr::value(i64::from(id) + 1_000))
        .filter(account::Column::Id.eq(id));
    richer.exec(db).await?;
    let more = [id + 100, id + 200].map(account::numbered);
    account::Entity::insert_many(more).exec(db).await?;
    AuditEvent::new(Action::View).record(db).await?;
    LoginAttempt::success("ada").record(db).await?;
    DataExport::new("cakes").record(db).await?;
    Ok(())
}

const EVERYTHING: usize = 10;

/// The id of the transaction of each record.
async fn ids(t: &Test) -> Result<Vec<Option<String>>, DbErr> {
    ids_within(&t.db).await
}

/// That of each record that it sees.
async fn ids_within<C: ConnectionTrait>(db: &C) -> Result<Vec<Option<String>>, DbErr> {
    let records = crate::test::records(db).await?.into_iter();
    Ok(records.map(|record| record.transaction_id).collect())
}

/// The one id that all of these are.
fn only(ids: &[Option<String>]) -> Result<String, String> {
    match ids {
        [Some(first), rest @ ..] if rest.iter().all(|id| id.as_ref() == Some(first)) => {
            Ok(first.clone())
        }
        _ => Err(format!("one id, not {ids:?}")),
    }
}

fn because(reason: &str) -> AuditContext {
    AuditContext::new().reason(reason)
}

/// Everything that was written in a transaction has its id, with a context and without, and no other transaction has it.
pub async fn the_rest_of_a_transaction_is_one_question(t: &mut Test) -> Outcome {
    tables(t).await?;
    let mut seen = Vec::new();
    for (id, db) in [(1, t.db.audited()), (2, t.db.audited_as(because("r")))] {
        let transaction = db.begin().await?;
        write_everything(&transaction, id).await?;
        transaction.commit().await?;
        let all = ids(t).await?;
        let new = only(&all[seen.len() * EVERYTHING..])?;
        assert!(!seen.contains(&new));
        seen.push(new);
    }
    for id in &seen {
        let rest = audit_log::Entity::of_transaction(id).all(&t.db).await?;
        assert_eq!(rest.len(), EVERYTHING);
    }
    Ok(())
}

/// A savepoint belongs to its transaction, however it ends; so does what comes after it.
pub async fn savepoints_have_the_id_of_their_transaction(t: &mut Test) -> Outcome {
    tables(t).await?;
    let transaction = t.db.audited_as(because("r")).begin().await?;
    write_both(&transaction, 1).await?;
    for (id, ending) in [(10, "commit"), (20, "rollback"), (30, "drop")] {
        let nested = transaction.begin().await?;
        let inner = nested.begin().await?;
        write_both(&inner, id).await?;
        inner.commit().await?;
        write_both(&nested, id + 1).await?;
        end(nested, ending).await?;
        write_both(&transaction, id + 2).await?;
    }
    let raw = "SAVEPOINT own";
    transaction.execute_unprepared(raw).await?;
    write_both(&transaction, 40).await?;
    let raw = "ROLLBACK TO SAVEPOINT own";
    transaction.execute_unprepared(raw).await?;
    write_both(&transaction, 41).await?;
    transaction.commit().await?;
    let ids = ids(t).await?;
    assert_eq!(ids.len(), 2 * (1 + 3 + 1 + 1 + 1));
    only(&ids)?;
    Ok(())
}

async fn end(transaction: impl TransactionSession, ending: &str) -> Result<(), DbErr> {
    match ending {
        "commit" => transaction.commit().await,
        "rollback" => transaction.rollback().await,
        _ => {
            drop(transaction);
            Ok(())
        }
    }
}

/// Two transactions that write in turns do not exchange ids, be they audited, or plain ones of a pool that propagates. SQLite has
/// one writer at a time.
pub async fn transactions_side_by_side_have_ids_of_their_own(t: &mut Test) -> Outcome {
    if t.backend == Backend::Sqlite {
        return Ok(());
    }
    tables(t).await?;
    let audited = t.db.audited_as(because("r"));
    let (one, other) = (audited.begin().await?, audited.begin().await?);
    write_in_turns(t, one, other, 0).await?;
    audit_log::Entity::delete_many().exec(&t.db).await?;
    let db = t.isolated.propagating(2).await?;
    let both = async { Ok::<_, DbErr>((db.begin().await?, db.begin().await?)) };
    let (one, other) = because("r").scope(both).await?;
    write_in_turns(t, one, other, 100).await?;
    db.close().await?;
    Ok(())
}

/// Writes in both, the other's rows numbered from ten above the base to below twenty.
async fn write_in_turns<T>(t: &Test, one: T, other: T, base: i32) -> Outcome
where
    T: ConnectionTrait + TransactionSession,
{
    for id in base + 1..base + 5 {
        write_both(&one, id).await?;
        let written = write_both(&other, id + 10);
        let (both, beside) = tokio::join!(written, write_both(&one, id + 20));
        both?;
        beside?;
    }
    other.commit().await?;
    write_both(&one, base + 9).await?;
    one.commit().await?;
    let records = t.records().await?;
    let (theirs, mine): (Vec<_>, Vec<_>) = records.into_iter().partition(|record| {
        let id = record.object_id.as_deref().unwrap_or_default().parse();
        id.is_ok_and(|id: i32| (base + 10..base + 20).contains(&id))
    });
    let id_of = |records: Vec<audit_log::Model>| {
        let ids = records.into_iter().map(|record| record.transaction_id);
        only(&ids.collect::<Vec<_>>())
    };
    assert_eq!((theirs.len(), mine.len()), (8, 18));
    assert_ne!(id_of(theirs)?, id_of(mine)?);
    Ok(())
}

/// What is written next through the same connection has not the id of a transaction before it, however that ended.
pub async fn a_rolled_back_transaction_leaves_no_id_behind(t: &mut Test) -> Outcome {
    tables(t).await?;
    let db = t.isolated.connect(1).await?;
    let mut before = Vec::new();
    for (id, ending) in [(1, "rollback"), (2, "commit"), (3, "drop")] {
        let transaction = db.audited_as(because("r")).begin().await?;
        write_both(&transaction, id).await?;
        let written = crate::test::records(&transaction).await?.pop();
        let written = written.and_then(|record| record.transaction_id);
        before.push(written.ok_or("an id")?);
        end(transaction, ending).await?;
        write_both(&db, id + 10).await?;
        write_both(&db.audited(), id + 20).await?;
    }
    let records = t.records().await?;
    assert_eq!(records.len(), 2 * (1 + 3 + 3));
    for record in records {
        let is_within = record.object_id.as_deref() == Some("2");
        let id = record.transaction_id;
        assert_eq!(id.as_ref() == Some(&before[1]), is_within, "{id:?}");
        assert!(is_within || id.is_some() == (t.backend == Backend::Postgres));
        assert!(id.is_none_or(|id| id != before[0] && id != before[2]));
    }
    db.close().await?;
    Ok(())
}

/// A write that the library puts in a transaction has an id, and so has one that carries a context to its trigger. No
/// two have the same.
pub async fn writes_by_themselves_have_ids_where_that_costs_nothing(t: &mut Test) -> Outcome {
    tables(t).await?;
    pie(1).audited_insert(&t.db).await?;
    pie(2).audited_insert(&t.db.audited()).await?;
    let mut dearer = pie(2).reset_all();
    dearer.price = Set(2);
    dearer.audited_update(&t.db).await?;
    LoginAttempt::success("ada").record(&t.db).await?;
    DataExport::new("cakes").record(&t.db).await?;
    let audited = t.db.audited_as(because("r"));
    account::numbered(1).insert(&audited).await?;
    let more = [2, 3].map(account::numbered);
    account::Entity::insert_many(more).exec(&audited).await?;
    let mut known = ids(t).await?;
    let last = known.pop().ok_or("a record")?;
    assert_eq!(Some(&last), known.last(), "of one statement");
    for (at, id) in known.iter().enumerate() {
        assert!(id.is_some() && !known[..at].contains(id), "{known:?}");
    }

    let before = known.len() + 1;
    write_both(&t.db, 10).await?;
    write_both(&t.db.audited(), 11).await?;
    AuditEvent::new(Action::View).record(&t.db).await?;
    pie(12).insert(&audited).await?;
    let unknown = ids(t).await?.split_off(before);
    assert_eq!(unknown.len(), 6);
    let numbers = t.backend == Backend::Postgres;
    assert!(unknown.iter().all(|id| id.is_some() == numbers));
    Ok(())
}

/// In a transaction that SeaORM began only PostgreSQL knows which it is, in both tiers; from where it becomes audited, all
/// do.
pub async fn plain_transactions_have_the_number_of_their_database(t: &mut Test) -> Outcome {
    tables(t).await?;
    let transaction = t.db.begin().await?;
    write_both(&transaction, 1).await?;
    AuditEvent::new(Action::View).record(&transaction).await?;
    transaction.commit().await?;
    let plain = ids(t).await?;
    match t.backend {
        Backend::Postgres => assert!(only(&plain).is_ok(), "{plain:?}"),
        Backend::Sqlite | Backend::MySql => assert_eq!(plain, [None, None, None]),
    }
    let transaction = t.db.begin_write().await?;
    write_both(&transaction, 2).await?;
    let transaction = transaction.audited();
    write_both(&transaction, 3).await?;
    write_both(&transaction, 4).await?;
    transaction.commit().await?;
    write_both(&t.db, 5).await?;
    let adopted = ids(t).await?.split_off(plain.len());
    let id = only(&adopted[2..6])?;
    let before = (t.backend == Backend::Postgres).then_some(id);
    assert_eq!(adopted[..2], [before.clone(), before]);
    assert!(adopted[6..].iter().all(|after| *after != adopted[2]));
    Ok(())
}

/// In a plain transaction of a pool that propagates all that is written has one id, which no other transaction has; so has what a
/// statement by itself writes by triggers. Without a context there is none.
pub async fn a_pool_that_propagates_knows_its_transactions(t: &mut Test) -> Outcome {
    tables(t).await?;
    let db = t.isolated.propagating(2).await?;
    let mut seen = Vec::new();
    for id in [1, 2] {
        let transaction = because("r").scope(db.begin()).await?;
        write_everything(&transaction, id).await?;
        let nested = transaction.begin().await?;
        write_both(&nested, id + 10).await?;
        nested.rollback().await?;
        let nested = transaction.begin().await?;
        write_both(&nested, id + 20).await?;
        nested.commit().await?;
        transaction.commit().await?;
        let new = only(&ids(t).await?[seen.len() * (EVERYTHING + 2)..])?;
        let rest = audit_log::Entity::of_transaction(&new).all(&t.db).await?;
        assert_eq!(rest.len(), EVERYTHING + 2);
        assert!(!seen.contains(&new));
        seen.push(new);
    }
    let before = ids(t).await?.len();
    because("r").scope(write_both(&db, 30)).await?;
    let transaction = db.begin().await?;
    write_both(&transaction, 31).await?;
    transaction.commit().await?;
    let others = ids(t).await?.split_off(before);
    let numbers = t.backend == Backend::Postgres;
    let known: Vec<_> = others.iter().map(Option::is_some).collect();
    assert_eq!(known, [numbers, true, numbers, numbers]);
    let alone = others[1].as_ref().ok_or("an id")?;
    assert!(!seen.contains(alone) && others[0] != others[1]);
    db.close().await?;
    Ok(())
}

/// Whatever became of a transaction, and whoever wrote through its connection, the next one has an id of its own; an
/// audited one has the library's.
pub async fn a_connection_that_goes_back_leaves_its_id_behind(t: &mut Test) -> Outcome {
    tables(t).await?;
    let db = t.isolated.propagating(1).await?;
    let mut seen = Vec::new();
    for (id, ending) in [(1, "rollback"), (2, "drop"), (4, "commit")] {
        if ending == "commit" {
            let audited = db.audited_as(because("r")).begin().await?;
            write_both(&audited, 3).await?;
            seen.push(only(&ids_within(&audited).await?)?);
            audited.rollback().await?;
        }
        let transaction = because("r").scope(db.begin()).await?;
        write_both(&transaction, id).await?;
        seen.push(only(&ids_within(&transaction).await?)?);
        end(transaction, ending).await?;
    }
    let kept = ids(t).await?;
    assert_eq!((kept.len(), only(&kept)?), (2, seen[3].clone()));
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 4);
    db.close().await?;
    Ok(())
}

/// A transaction without a context sends as many statements as one with a context, and hooks none more.
pub async fn an_id_costs_what_a_context_does(t: &mut Test) -> Outcome {
    tables(t).await?;
    let write = async |db: AuditedConnection, id: i32| {
        let transaction = db.begin().await?;
        account::numbered(id).insert(&transaction).await?;
        account::numbered(id + 1).insert(&transaction).await?;
        transaction.commit().await
    };
    let (done, with_context) = t.sent(write(t.db.audited_as(because("r")), 1)).await;
    done?;
    let (done, without) = t.sent(write(t.db.audited(), 3)).await;
    done?;
    assert_eq!(with_context.len(), without.len(), "{without:#?}");
    // The insert, on MySQL its row read back, and the record.
    let read_back = usize::from(t.backend == Backend::MySql);
    let (done, sent) = t.sent(pie(1).audited_insert(&t.db)).await;
    done?;
    let at_the_end = usize::from(t.backend == Backend::Sqlite);
    assert!(
        (2 + read_back..=2 + read_back + at_the_end).contains(&sent.len()),
        "{sent:#?}"
    );
    Ok(())
}

/// That something was not recorded stands in the trail with the transaction that it happened in.
pub async fn what_is_skipped_belongs_to_its_transaction(t: &mut Test) -> Outcome {
    tables(t).await?;
    let transaction = t.db.audited().begin().await?;
    account::numbered(1).insert(&transaction).await?;
    let unseen = account::numbered(2).insert(&transaction);
    AuditContext::unaudited("test", unseen).await?;
    transaction.commit().await?;
    let records = t.records().await?;
    let actions: Vec<_> = records.iter().map(|record| &*record.action).collect();
    assert_eq!(actions, ["CREATE", "SKIPPED"]);
    only(&ids(t).await?)?;
    Ok(())
}

/// Through an application's own wrapper around an audited transaction, hooks learn its id.
pub async fn a_wrapper_tells_the_id_of_its_transaction(t: &mut Test) -> Outcome {
    tables(t).await?;
    let transaction = t.db.audited().begin().await?;
    write_both(&transaction, 1).await?;
    pie(2).insert(&Wrapped::new(&transaction)).await?;
    transaction.commit().await?;
    let ids = ids(t).await?;
    assert_eq!(ids.len(), 3);
    only(&ids)?;
    Ok(())
}
