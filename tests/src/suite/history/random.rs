use std::{collections::BTreeMap, time::Duration};

use audit_sea_orm::{
    AnyObject, capture,
    history::{Snapshot, Unknown},
    prelude::*,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IdenStatic, IntoActiveModel, ModelTrait,
    QueryFilter, Set, TransactionTrait, prelude::DateTimeUtc, sea_query::OnConflict,
};

use super::any_object::{columns, typed_columns};
use crate::{
    Outcome, Test,
    entity::{
        cake,
        ledger::{account, seat},
    },
    random::{Random, scaled},
};

/// How many writes a long run makes.
const WRITES: usize = 400;

/// The keys that are written.
const KEYS: u64 = 5;

/// All rows, by key, at a time.
pub(super) struct Copy {
    pub(super) time: DateTimeUtc,
    pub(super) accounts: BTreeMap<i32, account::Model>,
    pub(super) seats: BTreeMap<i32, seat::Model>,
    pub(super) cakes: BTreeMap<i32, cake::Model>,
}

/// The keys that a row may have.
pub(super) const ALL_KEYS: std::ops::RangeInclusive<i32> = 1..=10;

/// Random writes, single and bulk, of both kinds of capture, with keys that change and rows that come back: each object is at each
/// time what a copy of its table was then.
pub async fn every_state_is_that_of_its_time(t: &mut Test) -> Outcome {
    let (seed, copies) = lived(t).await?;
    for copy in &copies {
        for id in ALL_KEYS {
            compare::<account::Entity>(t, seed, id, copy.time, copy.accounts.get(&id)).await?;
            compare::<cake::Entity>(t, seed, id, copy.time, copy.cakes.get(&id)).await?;
            let seat = copy.seats.get(&id);
            let then = History::<seat::Entity>::find(("A".to_owned(), id));
            let then = then.at(copy.time, &t.db).await?;
            let model = then.map(|then| then.model()).transpose()?;
            assert_eq!(model.as_ref(), seat, "seed {seed}, {}", copy.time);
        }
    }
    Ok(())
}

/// Makes the tables and the writes, with a copy after each.
pub(super) async fn lived(
    t: &Test,
) -> Result<(u64, Vec<Copy>), Box<dyn std::error::Error + Send + Sync>> {
    t.create_table(account::Entity).await?;
    t.create_table(seat::Entity).await?;
    t.create_table(cake::Entity).await?;
    capture::install(&t.db, account::Entity).await?;
    capture::install(&t.db, seat::Entity).await?;
    let seed = u64::from(std::process::id());
    let mut random = Random::new(seed);
    let mut copies = vec![copy(t).await?];
    let mut refused = 0;
    let writes = scaled(WRITES);
    for _ in 0..writes {
        if let Err(error) = write(t, &mut random).await {
            // A key or a name that is taken, or a row that is not there.
            let is_refused = error.sql_err().is_some() || error == DbErr::RecordNotUpdated;
            assert!(is_refused, "seed {seed}: {error}");
            refused += 1;
        }
        copies.push(copy(t).await?);
    }
    assert!(refused < writes / 2, "{refused} of {writes} were refused");
    Ok((seed, copies))
}

/// The rows as they are, between two pauses that every clock sees.
#[expect(
    clippy::disallowed_methods,
    reason = "a time to ask about; it stamps no record"
)]
async fn copy(t: &Test) -> Result<Copy, DbErr> {
    const PAUSE: Duration = Duration::from_millis(3);
    tokio::time::sleep(PAUSE).await;
    let time = DateTimeUtc::from(std::time::SystemTime::now());
    let accounts = account::Entity::find().all(&t.db).await?.into_iter();
    let seats = seat::Entity::find().all(&t.db).await?.into_iter();
    let cakes = cake::Entity::find().all(&t.db).await?.into_iter();
    let copy = Copy {
        time,
        accounts: accounts.map(|account| (account.id, account)).collect(),
        seats: seats.map(|seat| (seat.number, seat)).collect(),
        cakes: cakes.map(|cake| (cake.id, cake)).collect(),
    };
    tokio::time::sleep(PAUSE).await;
    Ok(copy)
}

async fn compare<E>(
    t: &Test,
    seed: u64,
    id: i32,
    time: DateTimeUtc,
    copy: Option<&E::Model>,
) -> Outcome
where
    E: Audited + EntityTrait<Model: PartialEq + Sync>,
    E::PrimaryKey: sea_orm::PrimaryKeyTrait<ValueType = i32>,
{
    let then = History::<E>::find(id).at(time, &t.db).await?;
    let about = format!("seed {seed}, {} {id} at {time}", E::audit_table());
    assert_eq!(then.is_some(), copy.is_some(), "{about}");
    by_name(then.as_ref(), id, time, t).await?;
    let (Some(then), Some(copy)) = (then, copy) else {
        return Ok(());
    };
    for (column, why) in then.unknown() {
        let is_hidden = matches!(why, Unknown::Masked | Unknown::Skipped);
        assert!(is_hidden, "{about}: {} {why}", column.as_str());
    }
    assert!(then.model_or(copy.clone()) == *copy, "{about}: {then:?}");
    Ok(())
}

/// By the names that records have it is the same.
async fn by_name<E>(then: Option<&Snapshot<E>>, id: i32, time: DateTimeUtc, t: &Test) -> Outcome
where
    E: Audited + EntityTrait<Model: Sync>,
{
    let named = AnyObject::find(&E::audit_table(), &id.to_string())?;
    let named = named.at(time, &t.db).await?;
    assert_eq!(named.as_ref().map(columns), then.map(typed_columns));
    Ok(())
}

async fn write(t: &Test, random: &mut Random) -> Result<(), DbErr> {
    let id = i32::try_from(1 + random.below(KEYS)).unwrap_or(1);
    let number = i64::try_from(random.below(1_000)).unwrap_or_default();
    let note = random.one_of(&[None, Some("a \"note\""), Some("")]);
    let what = random.below(12);
    match what {
        0..8 => write_accounts(t, what, id, number, note).await,
        8 | 9 => write_seats(t, what == 8, id).await,
        10 => {
            let row = cake::ActiveModel {
                id: Set(id),
                price: Set(id),
                ..cake::named(&format!("cake {number}"))
            };
            match cake::Entity::find_by_id(id).one(&t.db).await? {
                Some(_) => row.audited_update(&t.db).await.map(drop),
                None => row.audited_insert(&t.db).await.map(drop),
            }
        }
        _ => end_cake(t, id, number % 2 == 0).await,
    }
}

/// One write or several, also of keys, which triggers record as another object's.
async fn write_accounts(
    t: &Test,
    what: u64,
    id: i32,
    balance: i64,
    note: Option<&str>,
) -> Result<(), DbErr> {
    let db = t.db.audited();
    let mut account = account::numbered(id);
    (account.balance, account.note) = (Set(balance), Set(note.map(str::to_owned)));
    let is = account::Column::Id;
    let all = account::Entity::update_many;
    match what {
        0 | 1 => account.insert(&db).await.map(drop),
        2 | 3 => account.update(&t.db).await.map(drop),
        4 => account::Entity::delete_by_id(id).exec(&db).await.map(drop),
        5 => {
            let many = all().col_expr(account::Column::Balance, balance.into());
            many.filter(is.gt(id)).exec(&db).await.map(drop)
        }
        6 => {
            let moved = all().col_expr(is, (id + 5).into()).filter(is.eq(id));
            moved.exec(&db).await.map(drop)
        }
        _ => {
            let back = all().col_expr(is, id.into()).filter(is.eq(id + 5));
            back.exec(&db).await.map(drop)
        }
    }
}

/// Inserts or changes some, or deletes some.
async fn write_seats(t: &Test, writes: bool, id: i32) -> Result<(), DbErr> {
    let db = t.db.audited();
    if !writes {
        let gone = seat::Entity::delete_many().filter(seat::Column::Number.gte(id));
        return gone.exec(&db).await.map(drop);
    }
    let seats = (1..=id).map(|number| seat::ActiveModel {
        hall: Set("A".to_owned()),
        number: Set(number),
        label: Set(format!("seat {}", number + id)),
    });
    let key = [seat::Column::Hall, seat::Column::Number];
    let mut taken = OnConflict::columns(key);
    taken.update_column(seat::Column::Label);
    let write = seat::Entity::insert_many(seats).on_conflict(taken);
    write.exec_without_returning(&db).await.map(drop)
}

/// Changes a cake and deletes it, in a transaction that is committed or not.
async fn end_cake(t: &Test, id: i32, commits: bool) -> Result<(), DbErr> {
    let Some(cake) = cake::Entity::find_by_id(id).one(&t.db).await? else {
        return Ok(());
    };
    let transaction = t.db.audited().begin().await?;
    let mut edit = cake.into_active_model();
    edit.price = Set(9);
    edit.update(&transaction)
        .await?
        .delete(&transaction)
        .await?;
    if commits {
        sea_orm::TransactionSession::commit(transaction).await
    } else {
        sea_orm::TransactionSession::rollback(transaction).await
    }
}
