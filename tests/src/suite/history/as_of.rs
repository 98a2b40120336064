//! A whole table as it was at a time.

mod keys;
mod related;
mod walk;

use std::{collections::BTreeMap, time::Duration};

use audit_sea_orm::{
    capture,
    history::{Snapshot, Unknown},
    prelude::*,
};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, EntityTrait, IdenStatic, IntoActiveModel, Iterable,
    PrimaryKeyToColumn, PrimaryKeyTrait, Set, prelude::DateTimeUtc,
};

pub use keys::keys_of_every_kind_come_back;
pub use related::{links_are_those_of_the_time, parts_are_those_of_the_time};
pub use walk::{
    a_dropped_walk_leaves_nothing_behind, a_large_table_is_walked_in_batches,
    a_large_table_with_two_key_columns, a_small_table_costs_few_statements,
    a_walk_sees_one_state_of_the_database,
};

use super::{
    accounts,
    random::{ALL_KEYS, lived},
    with_balance,
};
use crate::{
    Backend, Outcome, Test,
    entity::{
        cake,
        ledger::{account, seat},
        renamed::{doughnut, gateau},
    },
    random::Random,
    suite::renames::{doughnuts, gateaux},
};

/// A time between what was written and what will be.
#[expect(
    clippy::disallowed_methods,
    reason = "a time to ask about; it stamps no record"
)]
async fn pause() -> DateTimeUtc {
    const PAUSE: Duration = Duration::from_millis(3);
    tokio::time::sleep(PAUSE).await;
    let time = DateTimeUtc::from(std::time::SystemTime::now());
    tokio::time::sleep(PAUSE).await;
    time
}

/// The value of a column that must be known.
fn known<E: Audited, T: sea_orm::sea_query::ValueType>(then: &Snapshot<E>, column: E::Column) -> T {
    then.get(column).expect("it is known").clone().unwrap()
}

fn account_ids(rows: &[Snapshot<account::Entity>]) -> Vec<i32> {
    rows.iter()
        .map(|then| known(then, account::Column::Id))
        .collect()
}

fn account_balances(rows: &[Snapshot<account::Entity>]) -> Vec<(i32, i64)> {
    let balance = |then| {
        (
            known(then, account::Column::Id),
            known(then, account::Column::Balance),
        )
    };
    rows.iter().map(balance).collect()
}

/// All rows by key; each stands there once.
async fn by_key<E>(
    t: &Test,
    time: DateTimeUtc,
) -> Result<BTreeMap<i32, Snapshot<E>>, Box<dyn std::error::Error + Send + Sync>>
where
    E: Audited + EntityTrait<PrimaryKey: PrimaryKeyTrait<ValueType = i32>>,
{
    let key = E::PrimaryKey::iter().next().ok_or("a key")?.into_column();
    let rows = AsOf::<E>::at(time).all(&t.db).await?;
    let count = rows.len();
    let rows: BTreeMap<i32, _> = rows
        .into_iter()
        .map(|then| (known(&then, key), then))
        .collect();
    assert_eq!(rows.len(), count, "each once");
    Ok(rows)
}

/// Each row is what its history says, and no other is there.
async fn assert_as_histories<E>(
    t: &Test,
    time: DateTimeUtc,
    ids: impl Iterator<Item = i32>,
    about: &str,
) -> Outcome
where
    E: Audited + EntityTrait<PrimaryKey: PrimaryKeyTrait<ValueType = i32>>,
{
    let mut rows = by_key::<E>(t, time).await?;
    for id in ids {
        let history = History::<E>::find(id).at(time, &t.db).await?;
        let table = E::audit_table();
        assert_eq!(rows.remove(&id), history, "{about}: {table} {id} at {time}");
    }
    assert!(rows.is_empty(), "{about}: others at {time}: {rows:?}");
    Ok(())
}

/// Each row is that of a copy, but for what no record shows, and no other is there.
async fn assert_as_copy<E>(
    t: &Test,
    time: DateTimeUtc,
    copy: &BTreeMap<i32, E::Model>,
    about: &str,
) -> Outcome
where
    E: Audited + EntityTrait<Model: PartialEq + Sync, PrimaryKey: PrimaryKeyTrait<ValueType = i32>>,
{
    let rows = by_key::<E>(t, time).await?;
    let table = E::audit_table();
    let keys = |keys: Vec<&i32>| keys.into_iter().copied().collect::<Vec<_>>();
    let (there, copied) = (keys(rows.keys().collect()), keys(copy.keys().collect()));
    assert_eq!(there, copied, "{about}, {table} at {time}");
    for (then, copy) in rows.values().zip(copy.values()) {
        for (column, why) in then.unknown() {
            let is_hidden = matches!(why, Unknown::Masked | Unknown::Skipped);
            assert!(is_hidden, "{about}: {} {why}", column.as_str());
        }
        assert!(then.model_or(copy.clone()) == *copy, "{about}: {then:?}");
    }
    Ok(())
}

/// Random writes of both kinds of capture, with keys that change and rows that come back: the tables are at each time what copies
/// of them were then, and each row is what its history says.
pub async fn a_table_is_as_it_was_at_each_time(t: &mut Test) -> Outcome {
    let (seed, copies) = lived(t).await?;
    let about = format!("seed {seed}");
    for copy in &copies {
        assert_as_copy::<account::Entity>(t, copy.time, &copy.accounts, &about).await?;
        assert_as_copy::<cake::Entity>(t, copy.time, &copy.cakes, &about).await?;
        assert_as_histories::<account::Entity>(t, copy.time, ALL_KEYS, &about).await?;
        assert_as_histories::<cake::Entity>(t, copy.time, ALL_KEYS, &about).await?;
        let seats = AsOf::<seat::Entity>::at(copy.time).all(&t.db).await?;
        let seats = seats.iter().map(|then| then.model());
        let mut seats = seats.collect::<Result<Vec<_>, _>>()?;
        seats.sort_by_key(|seat| seat.number);
        let copied: Vec<_> = copy.seats.values().cloned().collect();
        assert_eq!(seats, copied, "{about}, {}", copy.time);
    }
    Ok(())
}

/// Where the times of records are not in the order of their numbers, the last record by number counts, as for one object.
pub async fn clocks_that_differ_change_no_answer(t: &mut Test) -> Outcome {
    let (seed, copies) = lived(t).await?;
    let about = format!("seed {seed}");
    let mut random = Random::new(seed);
    for record in t.records().await? {
        let later = Duration::from_millis(random.below(600));
        let time = record.occurred_at - Duration::from_millis(300) + later;
        let mut record = record.into_active_model();
        record.occurred_at = Set(time);
        record.update(&t.db).await?;
    }
    for copy in copies.iter().step_by(2) {
        assert_as_histories::<account::Entity>(t, copy.time, ALL_KEYS, &about).await?;
        assert_as_histories::<cake::Entity>(t, copy.time, ALL_KEYS, &about).await?;
    }
    Ok(())
}

/// Rows that were there before their table was captured are known back to their first records, and before; also those that are
/// gone.
pub async fn a_table_older_than_the_log_is_known(t: &mut Test) -> Outcome {
    t.create_table(account::Entity).await?;
    let old = (1..=4).map(|id| with_balance(id, 10));
    account::Entity::insert_many(old).exec(&t.db).await?;
    capture::install(&t.db, account::Entity).await?;
    let first = pause().await;
    with_balance(2, 20).update(&t.db).await?;
    account::Entity::delete_by_id(3).exec(&t.db).await?;
    with_balance(5, 50).insert(&t.db).await?;
    let second = pause().await;
    with_balance(2, 30).update(&t.db).await?;
    account::Entity::delete_by_id(2).exec(&t.db).await?;
    account::Entity::delete_by_id(4).exec(&t.db).await?;
    with_balance(2, 90).insert(&t.db).await?;
    let third = pause().await;

    let at = async |time| AsOf::<account::Entity>::at(time).all(&t.db).await;
    // Present rows first, then the others as they went.
    let all = at(DateTimeUtc::UNIX_EPOCH).await?;
    assert_eq!(account_balances(&all), [(1, 10), (2, 10), (3, 10), (4, 10)]);
    assert_eq!(at(first).await?, all);
    let all = at(second).await?;
    assert_eq!(account_balances(&all), [(1, 10), (2, 20), (5, 50), (4, 10)]);
    let all = at(third).await?;
    assert_eq!(account_balances(&all), [(1, 10), (2, 90), (5, 50)]);

    let dear = AsOf::<account::Entity>::at(second)
        .filter(|then| known::<_, i64>(then, account::Column::Balance) > 10)
        .filter(|then| known::<_, i32>(then, account::Column::Id) != 5);
    assert_eq!(account_ids(&dear.all(&t.db).await?), [2]);
    assert_eq!(dear.one(&t.db).await?, dear.all(&t.db).await?.pop());
    Ok(())
}

/// PostgreSQL: what `TRUNCATE` removed was there before it, silenced or not.
pub async fn a_truncated_table_is_as_it_was(t: &mut Test) -> Outcome {
    if t.backend != Backend::Postgres {
        return Ok(());
    }
    accounts(t).await?;
    let db = t.db.audited();
    let empty = async || db.execute_unprepared("TRUNCATE ledger_account").await;
    let mut times = vec![pause().await];
    with_balance(1, 10).insert(&db).await?;
    with_balance(2, 20).insert(&db).await?;
    with_balance(3, 30).insert(&db).await?;
    account::Entity::delete_by_id(3).exec(&db).await?;
    times.push(pause().await);
    empty().await?;
    times.push(pause().await);
    with_balance(2, 21).insert(&db).await?;
    with_balance(4, 40).insert(&db).await?;
    times.push(pause().await);
    AuditConfig::new()
        .skip_actions(["TRUNCATE"])?
        .scope(empty())
        .await?;
    times.push(pause().await);
    with_balance(1, 11).insert(&db).await?;
    with_balance(5, 50).insert(&db).await?;
    account::Entity::delete_by_id(5).exec(&db).await?;
    times.push(pause().await);
    let mut story = Vec::new();
    for time in times {
        assert_as_histories::<account::Entity>(t, time, 1..=5, "truncated").await?;
        let rows = by_key::<account::Entity>(t, time).await?;
        let rows: Vec<_> = rows.into_values().collect();
        story.push(account_balances(&rows));
    }
    let expected = [
        vec![],
        vec![(1, 10), (2, 20)],
        vec![],
        vec![(2, 21), (4, 40)],
        vec![],
        vec![(1, 11)],
    ];
    assert_eq!(story, expected);
    Ok(())
}

/// What no record shows is unknown in each row, present or gone; what a context silenced too.
pub async fn what_a_table_does_not_tell_is_no_guess(t: &mut Test) -> Outcome {
    accounts(t).await?;
    let db = t.db.audited();
    for id in 1..=4 {
        with_balance(id, 10).insert(&db).await?;
    }
    let created = pause().await;
    let skip = |action: &str| AuditConfig::new().skip_actions([action]);
    let set = async |id: i32, balance: i64| {
        let mut edit = account::numbered(id).reset_all();
        (edit.balance, edit.name) = (Set(balance), sea_orm::NotSet);
        edit.update(&db).await
    };
    skip("UPDATE")?.scope(set(1, 20)).await?;
    let silenced = pause().await;
    set(1, 30).await?;
    skip("UPDATE")?.scope(set(2, 20)).await?;
    account::Entity::delete_by_id(2).exec(&db).await?;
    let gone = account::Entity::delete_by_id(3);
    skip("DELETE")?.scope(gone.exec(&db)).await?;
    let late = skip("CREATE")?;
    late.scope(with_balance(6, 60).insert(&db)).await?;
    let last = pause().await;
    for time in [created, silenced, last] {
        assert_as_histories::<account::Entity>(t, time, 1..=6, "silenced").await?;
    }
    let rows = AsOf::<account::Entity>::at(created).all(&t.db).await?;
    assert_eq!(account_ids(&rows), [1, 4, 2, 3]);
    for then in &rows {
        let hidden: Vec<_> = then
            .unknown()
            .map(|(column, why)| (column.as_str(), why))
            .collect();
        let expected = [("pin", &Unknown::Masked), ("draft", &Unknown::Skipped)];
        assert_eq!(hidden, expected);
    }
    let balance = async |time| {
        let rows = by_key::<account::Entity>(t, time).await?;
        let balance = |id| {
            rows.get(&id).map(|then| {
                then.get(account::Column::Balance)
                    .cloned()
                    .map_err(Clone::clone)
            })
        };
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>([1, 2, 6].map(balance))
    };
    // The update behind what was silenced tells what that left.
    let [first, second, late] = balance(silenced).await?;
    assert_eq!(first, Some(Ok(20_i64.into())));
    assert_eq!((second, late), (Some(Ok(10_i64.into())), None));
    // The present row does, though the context said to leave out its creation.
    let [first, second, late] = balance(last).await?;
    assert_eq!((first, second), (Some(Ok(30_i64.into())), None));
    assert_eq!(late, Some(Ok(60_i64.into())));
    Ok(())
}

/// Records from before a table and its columns were renamed count.
pub async fn renamed_tables_are_as_they_were(t: &mut Test) -> Outcome {
    gateaux(t).await?;
    doughnuts(t).await?;
    let mut rows = Vec::new();
    for record in t.records().await? {
        let time = record.occurred_at;
        assert_as_histories::<gateau::Entity>(t, time, 1..=2, "renamed").await?;
        assert_as_histories::<doughnut::Entity>(t, time, 1..=2, "renamed").await?;
        rows.push(by_key::<gateau::Entity>(t, time).await?.len());
        for then in by_key::<gateau::Entity>(t, time).await?.values() {
            assert!([250, 275, 300].contains(&then.model()?.price));
        }
    }
    assert!(rows.contains(&2) && rows.contains(&1), "{rows:?}");
    Ok(())
}
