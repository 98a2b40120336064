//! Updates that end in no record: dropped at any await point, refused by a constraint, or without an
//! `after_save`. None leaves a wrong value before, a phantom record, a leak, or a connection inside a
//! transaction.

mod misfire;
mod points;
pub(crate) mod pool;
mod truth;

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicI32, Ordering},
};

use audit_sea_orm::{hooks, prelude::*};
use futures_util::future::try_join_all;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Unchanged, ConnectionTrait, DatabaseConnection, DbErr,
    EntityTrait, Set, TransactionTrait,
};
use tokio::task::JoinSet;

use crate::{
    Backend, Outcome, Test,
    entity::{cake, pie},
    interrupt::interrupted,
    random::{Random, scaled},
};

pub use points::*;

/// A row's key, its price before and its price after.
type Change = (i32, i32, i32);

/// The most bytes that waiting images may hold: what `pending` promises.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// The rows that the writers contend for.
const ROWS: i32 = 40;

/// More polls than an update takes, so that some come to their end.
const MOST_POLLS: u64 = 24;

fn change(record: &audit_log::Model) -> Change {
    let price = |values: &Option<sea_orm::prelude::Json>| {
        let price = values.as_ref().and_then(|values| values["price"].as_i64());
        price
            .and_then(|price| i32::try_from(price).ok())
            .unwrap_or(-1)
    };
    let id = record.object_id.as_ref().and_then(|id| id.parse().ok());
    (
        id.unwrap_or(-1),
        price(&record.old_values),
        price(&record.new_values),
    )
}

/// No two updates of a run set the same price, so that each change can be told from any other.
static PRICE: AtomicI32 = AtomicI32::new(1);

fn new_price(id: i32) -> pie::ActiveModel {
    pie::ActiveModel {
        id: Unchanged(id),
        price: Set(PRICE.fetch_add(1, Ordering::Relaxed)),
        ..Default::default()
    }
}

async fn with_pies(t: &Test) -> Outcome {
    t.create_table(pie::Entity).await?;
    let pies = (1..=ROWS).map(|id| pie::ActiveModel {
        id: Set(id),
        price: Set(0),
        stock: Set(0),
    });
    AuditContext::unaudited("fixture", async {
        for pie in pies {
            pie.insert(&t.db).await?;
        }
        truth::note(t).await
    })
    .await?;
    pool::warm_up(t).await
}

/// Updates each row by every way that there is, undisturbed, and gives how many records that makes.
async fn update_every_row(t: &Test) -> Result<usize, DbErr> {
    let mut updated = 0;
    for id in 1..=ROWS {
        new_price(id).audited_update(&t.db).await?;
        new_price(id).update(&t.db).await?;
        let transaction = t.db.begin_write().await?;
        new_price(id).update(&transaction).await?;
        transaction.commit().await?;
        updated += 3;
    }
    Ok(updated)
}

fn assert_same(recorded: &[Change], happened: &[Change]) {
    let lacking = |some: &[Change], all: &[Change]| -> Vec<Change> {
        some.iter()
            .filter(|change| !all.contains(change))
            .copied()
            .collect()
    };
    let (wrong, missing) = (lacking(recorded, happened), lacking(happened, recorded));
    assert!(
        wrong.is_empty() && missing.is_empty(),
        "wrong: {wrong:?}, missing: {missing:?}"
    );
    assert_eq!(recorded, happened, "in another order");
}

/// What a writer saw of its own updates.
#[derive(Default)]
struct Seen {
    done: Vec<(i32, i32)>,
    dropped: usize,
}

/// Updates rows at random, by one way, and drops many of them on the way: so many times, and further until an eighth was
/// dropped. On a busy machine most of an update is ready at once, and few are met halfway.
async fn update_and_drop(t: &Test, seed: u64, times: usize, atomic: bool) -> Result<Seen, DbErr> {
    let mut random = Random::new(seed);
    let mut seen = Seen::default();
    for time in 0..20 * times {
        if time >= times && seen.dropped > times / 8 {
            break;
        }
        let id = i32::try_from(random.below(ROWS.unsigned_abs().into())).unwrap_or_default() + 1;
        let pie = new_price(id);
        let update = async {
            match atomic {
                true => pie.audited_update(&t.db).await,
                false => pie.update(&t.db).await,
            }
        };
        match interrupted(&mut random, MOST_POLLS, update).await {
            Some(pie) => seen.done.push((id, pie?.price)),
            None => seen.dropped += 1,
        }
    }
    Ok(seen)
}

async fn update_and_drop_in_one_task(t: &Test, atomic: bool) -> Result<Seen, DbErr> {
    let times = scaled(10_000) / 8;
    let writers = (0..8).map(|seed| update_and_drop(t, seed, times, atomic));
    let mut all = Seen::default();
    for seen in try_join_all(writers).await? {
        all.done.extend(seen.done);
        all.dropped += seen.dropped;
    }
    assert!(!all.done.is_empty(), "none came to its end");
    assert!(all.dropped > times, "only {} were dropped", all.dropped);
    Ok(all)
}

/// `audited_update` dropped at any point: what happened is recorded, what is recorded happened, to the last value.
pub async fn atomic_updates_dropped_anywhere_are_whole_or_nothing(t: &mut Test) -> Outcome {
    with_pies(t).await?;
    let seen = update_and_drop_in_one_task(t, true).await?;
    pool::assert_every_connection_commits(t).await?;
    let updated = update_every_row(t).await?;

    let (happened, recorded) = truth::compare(t).await?;
    assert_same(&recorded, &happened);
    assert!(recorded.len() >= seen.done.len() + updated);
    for done in seen.done {
        assert!(
            recorded.iter().any(|change| (change.0, change.2) == done),
            "{done:?} is lost"
        );
    }
    assert!(hooks::waiting_writes().bytes <= MOST_BYTES);
    Ok(())
}

/// Updates on the pool dropped at any point: no record of what did not happen, none missing of what was
/// answered, and nothing stale in the records of what follows in the same task.
pub async fn pool_updates_dropped_anywhere_leave_no_phantom(t: &mut Test) -> Outcome {
    with_pies(t).await?;
    let seen = update_and_drop_in_one_task(t, false).await?;
    pool::assert_every_connection_commits(t).await?;
    let first_of_the_rest = PRICE.load(Ordering::Relaxed);
    let updated = update_every_row(t).await?;

    let (happened, recorded) = truth::compare(t).await?;
    let changes: BTreeSet<(i32, i32)> =
        happened.iter().map(|change| (change.0, change.2)).collect();
    for (id, old, new) in &recorded {
        assert!(
            changes.contains(&(*id, *new)),
            "pie {id} never became {new}"
        );
        assert!(
            *old == 0 || changes.contains(&(*id, *old)),
            "pie {id} never was {old}"
        );
    }
    let recorded_changes: BTreeSet<_> =
        recorded.iter().map(|change| (change.0, change.2)).collect();
    // MySQL has no RETURNING: SeaORM reads the row after the update, and may meet another's update there. Then
    // two records can tell of one change, and where the first is dropped, none.
    if t.backend != Backend::MySql {
        assert_eq!(
            recorded_changes.len(),
            recorded.len(),
            "a change is recorded once"
        );
        assert!(seen.done.iter().all(|done| recorded_changes.contains(done)));
    }

    let rest = |changes: &[Change]| -> Vec<Change> {
        changes
            .iter()
            .filter(|change| change.2 >= first_of_the_rest)
            .copied()
            .collect()
    };
    assert_same(&rest(&recorded), &rest(&happened));
    assert_eq!(rest(&recorded).len(), updated);
    Ok(())
}

/// Requests that go away, each in a task of its own that is aborted.
pub async fn aborted_tasks_leave_both_or_neither(t: &mut Test) -> Outcome {
    with_pies(t).await?;
    let mut random = Random::new(7);
    let mut tasks = JoinSet::new();
    for _ in 0..scaled(2_000) {
        let (db, id) = (t.db.clone(), i32::try_from(random.below(40))? + 1);
        let handle = tasks.spawn(async move { new_price(id).audited_update(&db).await.map(drop) });
        for _ in 0..random.below(40) {
            tokio::task::yield_now().await;
        }
        if random.below(4) > 0 {
            handle.abort();
        }
    }
    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok(updated) => updated?,
            Err(error) => assert!(error.is_cancelled(), "{error}"),
        }
    }
    pool::assert_every_connection_commits(t).await?;
    update_every_row(t).await?;
    let (happened, recorded) = truth::compare(t).await?;
    assert_same(&recorded, &happened);
    Ok(())
}

/// A `BEGIN` that is dropped anywhere gives the connection back outside a transaction: what it writes next stands.
pub async fn dropped_begins_leave_no_open_transaction(t: &mut Test) -> Outcome {
    with_pies(t).await?;
    let one = t.isolated.connect(1).await?;
    let audited = one.audited();
    let mut random = Random::new(7);
    for round in 1..=i32::try_from(scaled(5_000))? {
        if round % 2 == 0 {
            drop(interrupted(&mut random, 8, one.begin_write()).await);
        } else {
            drop(interrupted(&mut random, 8, audited.begin()).await);
        }
        let update = format!("UPDATE pie SET price = {round} WHERE id = 1");
        one.execute_unprepared(&update).await?;
        let pie = pie::Entity::find_by_id(1).one(&t.db).await?;
        assert_eq!(
            pie.map(|pie| pie.price),
            Some(round),
            "what was written is lost"
        );
    }
    one.close().await?;
    Ok(())
}

/// Updates that a constraint refuses: no record, and the next update in the same task has its own values.
pub async fn updates_that_fail_leave_nothing_behind(t: &mut Test) -> Outcome {
    misfire::many(t, scaled(10_000), misfire::Kind::Refused).await
}

/// `update_without_returning` runs `before_save` alone: no record, and the next update has its own values.
pub async fn updates_without_returning_leave_nothing_behind(t: &mut Test) -> Outcome {
    misfire::many(t, scaled(10_000), misfire::Kind::WithoutReturning).await
}

/// Images that nobody takes hold no more than so much memory, however large the rows.
pub async fn images_of_large_rows_stay_bounded(t: &mut Test) -> Outcome {
    const LARGE: usize = 256 * 1024;
    t.create_table(cake::Entity).await?;
    if t.backend == Backend::MySql {
        t.db.execute_unprepared("ALTER TABLE cake MODIFY note LONGTEXT")
            .await?;
    }
    let mut cake = cake::named("Sacher");
    cake.note = Set(Some("x".repeat(LARGE)));
    let cake = AuditContext::unaudited("fixture", cake.insert(&t.db)).await?;
    let edit = |price| cake::ActiveModel {
        id: Unchanged(cake.id),
        price: Set(price),
        ..Default::default()
    };
    let other = t.isolated.connect(1).await?;
    let waiting = hooks::before_save(edit(-1), &other, false).await?;
    let times = MOST_BYTES / LARGE + 100;
    for time in 0..i32::try_from(times)? {
        edit(time).update_without_returning(&t.db).await?;
        assert!(hooks::waiting_writes().bytes <= MOST_BYTES);
    }
    let held = hooks::waiting_writes();
    assert!(
        held.count > 0 && held.bytes > MOST_BYTES / 2,
        "{held:?}: it was never put to the test"
    );
    assert_recorded_without_image(t, &other, waiting).await?;
    other.close().await?;
    Ok(())
}

/// An update that waited longer than its image has its record all the same, of the new values alone.
async fn assert_recorded_without_image(
    t: &Test,
    db: &DatabaseConnection,
    waiting: cake::ActiveModel,
) -> Outcome {
    cake::Entity::update(waiting)
        .validate()?
        .exec(&t.db)
        .await?;
    let found = cake::Entity::find().one(&t.db).await?;
    let updated = found.ok_or("it is gone")?;
    hooks::after_save::<cake::ActiveModel, _>(updated, db, false).await?;
    let record = t.only_record().await?;
    assert_eq!(record.action, "UPDATE");
    assert_eq!(record.old_values, None);
    let price = record.new_values.as_ref().map(|values| &values["price"]);
    assert_eq!(price, Some(&(-1).into()));
    Ok(())
}
