use std::time::Duration;

use audit_sea_orm::{
    capture,
    history::{Snapshot, Snapshots},
    prelude::*,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseConnection, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, Set, TransactionTrait, prelude::DateTimeUtc,
};

use super::{account_balances, account_ids, assert_as_histories, pause};
use crate::{
    Backend, Outcome, Test,
    entity::{
        author,
        ledger::{account, seat},
    },
    suite::history::{accounts, with_balance},
};

/// Inserts accounts of these numbers, by statements that each database takes.
async fn insert(t: &Test, ids: impl Iterator<Item = i32>) -> Outcome {
    let ids: Vec<i32> = ids.collect();
    for ids in ids.chunks(300) {
        let rows = ids.iter().map(|id| with_balance(*id, 10));
        account::Entity::insert_many(rows).exec(&t.db).await?;
    }
    Ok(())
}

async fn set(t: &Test, id: i32, balance: i64) -> Outcome {
    let edit = account::ActiveModel {
        id: Set(id),
        balance: Set(balance),
        ..Default::default()
    };
    edit.update(&t.db).await?;
    Ok(())
}

/// More rows than some batches hold, more that are gone, and some that changed more often than is read at once: each is there
/// once, as it was.
pub async fn a_large_table_is_walked_in_batches(t: &mut Test) -> Outcome {
    const ROWS: i32 = 3_300;
    accounts(t).await?;
    insert(t, 1..=ROWS).await?;
    let time = pause().await;
    let column = account::Column::Id;
    for balance in 20..23 {
        let all = account::Entity::update_many();
        let all = all.col_expr(account::Column::Balance, i64::from(balance).into());
        all.filter(column.gt(100)).exec(&t.db).await?;
    }
    // One is changed only in another column than the balance until the very last, one is gone at last.
    for id in [7, 8, 9] {
        for change in 0..130 {
            let edit = account::ActiveModel {
                id: Set(id),
                note: Set(Some(format!("change {change}"))),
                ..Default::default()
            };
            edit.update(&t.db).await?;
        }
    }
    set(t, 8, 99).await?;
    account::Entity::delete_by_id(9).exec(&t.db).await?;
    let gone = account::Entity::delete_many().filter(column.gt(2_600));
    gone.exec(&t.db).await?;
    insert(t, ROWS + 1..=ROWS + 10).await?;
    insert(t, 2_650..=2_660).await?;

    let rows = AsOf::<account::Entity>::at(time).all(&t.db).await?;
    let ids = account_ids(&rows);
    let present = (1..=2_600).filter(|id| *id != 9).chain(2_650..=2_660);
    let removed = (2_601..=ROWS).filter(|id| !(2_650..=2_660).contains(id));
    let expected: Vec<i32> = present.chain([9]).chain(removed).collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (1..=ROWS).collect::<Vec<_>>());
    // A statement that deletes many has its own order.
    assert_eq!(ids[..2_611], expected[..2_611]);
    let balances = account_balances(&rows);
    assert!(balances.iter().all(|(_, balance)| *balance == 10));
    for then in &rows {
        assert_eq!(
            then.get(account::Column::Note),
            Ok(&sea_orm::Value::String(None))
        );
    }
    let checked = [7, 8, 9, 50, 500, 501, 2_600, 2_650, 2_700, ROWS, ROWS + 1];
    for id in checked {
        let history = History::<account::Entity>::find(id).at(time, &t.db).await?;
        let place = ids.iter().position(|there| *there == id);
        assert_eq!(place.map(|place| &rows[place]), history.as_ref(), "{id}");
    }
    let before = AsOf::<account::Entity>::at(DateTimeUtc::UNIX_EPOCH);
    assert_eq!(before.all(&t.db).await?, []);
    let now = AsOf::<account::Entity>::at(pause().await)
        .all(&t.db)
        .await?;
    assert_eq!(now.len(), 2_599 + 10 + 11);
    Ok(())
}

/// The same of rows whose key has two columns.
pub async fn a_large_table_with_two_key_columns(t: &mut Test) -> Outcome {
    t.create_table(seat::Entity).await?;
    capture::install(&t.db, seat::Entity).await?;
    let mut all = Vec::new();
    for hall in ["A", "B", "C"] {
        for number in 1..=600 {
            all.push(seat::Model {
                hall: hall.to_owned(),
                number,
                label: format!("{hall}{number}"),
            });
        }
    }
    for seats in all.chunks(300) {
        let seats = seats
            .iter()
            .map(|seat| seat.clone().into_active_model().reset_all());
        seat::Entity::insert_many(seats)
            .exec_without_returning(&t.db)
            .await?;
    }
    let time = pause().await;
    let label = seat::Entity::update_many().col_expr(seat::Column::Label, "".into());
    label
        .filter(seat::Column::Number.gt(300))
        .exec(&t.db)
        .await?;
    let gone = seat::Entity::delete_many().filter(seat::Column::Hall.eq("B"));
    gone.exec(&t.db).await?;
    let rows = AsOf::<seat::Entity>::at(time).all(&t.db).await?;
    let rows = rows.iter().map(|then| then.model());
    let mut rows = rows.collect::<Result<Vec<_>, _>>()?;
    let (present, gone): (Vec<_>, Vec<_>) = all.iter().cloned().partition(|seat| seat.hall != "B");
    assert_eq!(rows[..1_200], present);
    rows[1_200..].sort_by_key(|seat| seat.number);
    assert_eq!(rows[1_200..], gone);
    Ok(())
}

/// What is written during a walk does not come into it, by whichever batch it would.
pub async fn a_walk_sees_one_state_of_the_database(t: &mut Test) -> Outcome {
    t.create_table(author::Entity).await?;
    let author = |id: i32| author::ActiveModel {
        id: Set(id),
        name: Set("first".to_owned()),
    };
    // Hooks do not see it, nor what is written meanwhile: no record makes up for what a walk would see of it.
    for from in [0, 400, 800] {
        let authors = (from + 1..=from + 400).map(author);
        let insert = author::Entity::insert_many(authors);
        insert.exec_without_returning(&t.db).await?;
    }
    let time = pause().await;
    let mut changed = author(2);
    changed.name = Set("second".to_owned());
    changed.audited_update(&t.db).await?;
    if t.backend == Backend::Sqlite {
        // A writer would wait for the end of the walk.
        return Ok(());
    }
    let mut walk = AsOf::<author::Entity>::at(time).walk(&t.db).await?;
    let mut rows = vec![walk.try_next().await?.ok_or("there are some")?];
    let id = author::Column::Id;
    let name = author::Entity::update_many().col_expr(author::Column::Name, "third".into());
    name.filter(id.gt(1_000)).exec(&t.db).await?;
    author::Entity::delete_many()
        .filter(id.eq(1_101))
        .exec(&t.db)
        .await?;
    author::Entity::insert(author(2_000)).exec(&t.db).await?;
    while let Some(then) = walk.try_next().await? {
        rows.push(then);
    }
    let rows = rows.iter().map(|then| then.model());
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    let ids: Vec<i32> = rows.iter().map(|author| author.id).collect();
    assert_eq!(ids, (1..=1_200).collect::<Vec<_>>());
    assert!(rows.iter().all(|author| author.name == "first"));
    assert_eq!(walk.try_next().await?, None, "the end stays the end");
    Ok(())
}

/// Reads a walk to its end by calls of which most are dropped.
async fn read_by_calls_that_are_dropped(
    walk: &mut Snapshots<'_, account::Entity, DatabaseConnection>,
) -> Result<Vec<Snapshot<account::Entity>>, DbErr> {
    let mut rows = Vec::new();
    let mut dropped = 0;
    let mut patience = Duration::ZERO;
    loop {
        match tokio::time::timeout(patience, walk.try_next()).await {
            Ok(then) => match then? {
                Some(then) => rows.push(then),
                None => break,
            },
            Err(_elapsed) => {
                dropped += 1;
                // Every so often a call has the time that it needs.
                patience += Duration::from_micros(700);
                if dropped % 40 == 0 {
                    patience = Duration::from_secs(10);
                }
            }
        }
    }
    assert!(dropped > 0);
    Ok(rows)
}

/// A call that is dropped loses no row, and a walk that is dropped leaves no transaction open on its connection.
pub async fn a_dropped_walk_leaves_nothing_behind(t: &mut Test) -> Outcome {
    accounts(t).await?;
    insert(t, 1..=1_200).await?;
    let time = pause().await;
    let gone = account::Entity::delete_many().filter(account::Column::Id.gt(600));
    gone.exec(&t.db).await?;
    let db = t.isolated.connect(1).await?;
    let asked = AsOf::<account::Entity>::at(time);
    let mut walk = asked.walk(&db).await?;
    let mut rows = read_by_calls_that_are_dropped(&mut walk).await?;
    drop(walk);
    rows.sort_by_key(|then| super::known::<_, i32>(then, account::Column::Id));
    assert_eq!(account_ids(&rows), (1..=1_200).collect::<Vec<_>>());
    for calls in 0_u32..9 {
        let mut walk = asked.walk(&db).await?;
        for _ in 0..calls % 3 {
            walk.try_next().await?;
        }
        // While its first batch is read, or behind that.
        let patience = Duration::from_micros(300) * calls;
        drop(tokio::time::timeout(patience, walk.try_next()).await);
        drop(walk);
        let beginning = asked.walk(&db);
        drop(tokio::time::timeout(patience, beginning).await);
        // The only connection writes, and what it writes is seen by others.
        let edit = account::ActiveModel {
            id: Set(1),
            balance: Set(calls.into()),
            ..Default::default()
        };
        edit.update(&db).await?;
        let seen = account::Entity::find_by_id(1).one(&t.db).await?;
        assert_eq!(seen.map(|account| account.balance), Some(calls.into()));
    }
    // In a transaction of the caller's, which stays open.
    let transaction = db.begin().await?;
    let rows = asked.all(&transaction).await?;
    assert_eq!(rows.len(), 1_200);
    let audited = transaction.audited();
    assert_eq!(asked.all(&audited).await?, rows);
    with_balance(5_000, 1).insert(&audited).await?;
    audited.commit().await?;
    let seen = account::Entity::find_by_id(5_000).one(&t.db).await?;
    assert!(seen.is_some());
    db.close().await?;
    Ok(())
}

/// Six statements, however many rows there are, up to a batch; two where nothing happened since.
pub async fn a_small_table_costs_few_statements(t: &mut Test) -> Outcome {
    accounts(t).await?;
    insert(t, 1..=20).await?;
    let time = pause().await;
    let of_table = usize::from(t.backend == Backend::Postgres);
    let asked = AsOf::<account::Entity>::at(time);
    let (rows, sent) = t.sent(asked.all(&t.db)).await;
    assert_eq!((rows?.len(), sent.len()), (20, 2), "{sent:#?}");
    set(t, 3, 20).await?;
    let (rows, sent) = t.sent(asked.all(&t.db)).await;
    assert_eq!((rows?.len(), sent.len()), (20, 6 + of_table), "{sent:#?}");
    account::Entity::delete_by_id(4).exec(&t.db).await?;
    // Who was deleted, by which record first, whether they have a row, and what they were.
    let (rows, sent) = t.sent(asked.all(&t.db)).await;
    assert_eq!((rows?.len(), sent.len()), (20, 10 + of_table), "{sent:#?}");
    assert_as_histories::<account::Entity>(t, time, 1..=20, "small").await
}
