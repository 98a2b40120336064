//! What is public and asynchronous, dropped at each point at which it waits: around it everything stays as it is with
//! SeaORM alone.

mod deployed;
mod nested;
mod one;
mod operation;
mod streams;

use audit_sea_orm::prelude::*;
use sea_orm::{DbErr, TransactionSession, rbac::entity::user::UserId};

use self::{
    one::{One, begin_in, set},
    operation::{Operation, Way, context},
};
use crate::{Outcome, Test, cancelled::Point};

pub use self::{deployed::*, nested::*, streams::*};

/// Has the connection of a pool prepare every statement, in and outside transactions.
async fn warm_up(one: &One<'_>) -> Outcome {
    for operation in Operation::ALL {
        for way in Way::ALL {
            if !operation.may_go(way) {
                continue;
            }
            one.reset().await?;
            let never = Point::never();
            cut_on_pool(one, way, operation, never).await?;
            one.reset().await?;
            cut_in_transaction(one, way, operation, never).await?;
        }
    }
    Ok(())
}

async fn cut<C: AuditedWrite>(point: Point, operation: Operation, db: &C) -> Result<bool, DbErr> {
    let cut = point.cut(operation.run(db, 22)).await;
    cut.transpose().map(|ended| ended.is_some())
}

/// Whether it came to its end before.
async fn cut_on_pool(
    one: &One<'_>,
    way: Way,
    operation: Operation,
    point: Point,
) -> Result<bool, DbErr> {
    let db = &one.db;
    match way {
        Way::Plain => cut(point, operation, db).await,
        Way::Audited => cut(point, operation, &db.audited()).await,
        Way::WithContext => cut(point, operation, &db.audited_as(context())).await,
        Way::Restricted => {
            let db = db.restricted_for(UserId(1))?.audited_as(context());
            cut(point, operation, &db).await
        }
    }
}

/// As [`cut_on_pool`], in a transaction that wrote before and goes on.
async fn cut_in_transaction(
    one: &One<'_>,
    way: Way,
    operation: Operation,
    point: Point,
) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
    let db = &one.db;
    match way {
        Way::Plain => cut_inside(one, way, operation, point, db.begin_write().await?).await,
        Way::Audited => {
            let transaction = db.audited().begin_write().await?;
            cut_inside(one, way, operation, point, transaction).await
        }
        Way::WithContext => {
            let transaction = db.audited_as(context()).begin_write().await?;
            cut_inside(one, way, operation, point, transaction).await
        }
        Way::Restricted => {
            let db = db.restricted_for(UserId(1))?.audited_as(context());
            let transaction = db.begin_write().await?;
            cut_inside(one, way, operation, point, transaction).await
        }
    }
}

async fn cut_inside<T: AuditedWrite + TransactionSession>(
    one: &One<'_>,
    way: Way,
    operation: Operation,
    point: Point,
    transaction: T,
) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
    let name = format!("{operation:?} {way:?} {point:?}");
    begin_in(&transaction).await?;
    let ended = cut(point, operation, &transaction).await;
    let ended = ended.map_err(|error| format!("{name}: {error}"))?;
    one.assert_goes_on(transaction, way.actor(), &name).await?;
    Ok(ended)
}

/// Dropped in a transaction of the caller's: SeaORM's, an audited one, with and without a context, or a restricted one.
pub async fn writes_dropped_in_a_transaction_leave_it_as_it_was(t: &mut Test) -> Outcome {
    let one = One::new(t).await?;
    warm_up(&one).await?;
    for operation in Operation::ALL {
        if !operation.leaves_in_step(t.backend) {
            continue;
        }
        for way in Way::ALL.into_iter().filter(|way| operation.may_go(*way)) {
            let mut points = operation.points();
            while let Some(point) = points.step() {
                one.reset().await?;
                points.saw_end(cut_in_transaction(&one, way, operation, point).await?);
                let name = format!("{operation:?} {way:?} {point:?}");
                let outside = one.assert_outside(&name).await;
                outside.map_err(|error| format!("{name}: later: {error}"))?;
            }
        }
    }
    one.db.close().await?;
    Ok(())
}

/// Dropped on a pool: the connection is clean, and what is written with its record is there with it, or not at all.
pub async fn writes_dropped_on_a_pool_leave_it_clean(t: &mut Test) -> Outcome {
    let one = One::new(t).await?;
    warm_up(&one).await?;
    for operation in Operation::ALL {
        if !operation.leaves_in_step(t.backend) {
            continue;
        }
        for way in Way::ALL.into_iter().filter(|way| operation.may_go(*way)) {
            let mut points = operation.points();
            let mut connection = None;
            while let Some(point) = points.step() {
                let name = format!("{operation:?} {way:?} {point:?}");
                one.reset().await?;
                if one.is_new(&mut connection).await? {
                    cut_on_pool(&one, way, operation, Point::never()).await?;
                    one.reset().await?;
                }
                let ended = cut_on_pool(&one, way, operation, point).await;
                points.saw_end(ended.map_err(|error| format!("{name}: {error}"))?);
                let outside = one.assert_outside(&name).await;
                outside.map_err(|error| format!("{name}: later: {error}"))?;
                if operation.is_whole() {
                    assert_whole(&one, way, &name).await?;
                }
            }
        }
    }
    one.db.close().await?;
    Ok(())
}

/// A row has its one record, with the context of who wrote it, just where it changed.
async fn assert_whole(one: &One<'_>, way: Way, name: &str) -> Outcome {
    let changed = usize::from(one.has_changed().await?);
    let records = one.records_of_the_cut().await?;
    let expected = vec![way.actor().map(str::to_owned); changed];
    assert_eq!(records, expected, "{name}");
    Ok(())
}

/// A write that is dropped while another statement of its transaction has the connection drops without a panic, and
/// the transaction goes on.
pub async fn a_write_dropped_beside_another_of_its_transaction_does_not_panic(
    t: &mut Test,
) -> Outcome {
    let one = One::new(t).await?;
    warm_up(&one).await?;
    one.reset().await?;
    let transaction = one.db.begin_write().await?;
    // On a busy machine the answer may be there before anybody waits for it.
    let busy = loop {
        let mut busy = Box::pin(set(&transaction, 1, 11));
        if Point::first().cut(busy.as_mut()).await.is_none() {
            break busy;
        }
    };
    let update = Operation::AtomicUpdate.run(&transaction, 22);
    assert!(Point::first().cut(update).await.is_none());
    busy.await?;
    transaction.commit().await?;
    assert_eq!(one.price(1).await?, Some(11));
    one.db.close().await?;
    Ok(())
}

/// Callers who give up while all connections are taken leave no task behind that takes one later.
pub async fn begins_that_are_given_up_leave_no_queue(t: &mut Test) -> Outcome {
    let t: &Test = t;
    let left = tokio::task::block_in_place(|| {
        std::thread::scope(|scope| scope.spawn(|| give_up(t)).join())
    });
    let left = left.map_err(|_| "it panicked")??;
    assert!(left < 10, "{left} tasks are left");
    Ok(())
}

/// In a runtime of its own, whose tasks nobody else adds to.
fn give_up(t: &Test) -> Result<usize, DbErr> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| DbErr::Custom(error.to_string()))?;
    runtime.block_on(async {
        let one = t.isolated.connect(1).await?;
        let held = sea_orm::TransactionTrait::begin(&one).await?;
        let before = tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks();
        for _ in 0..1_000 {
            assert!(Point::first().cut(one.begin_write()).await.is_none());
            assert!(
                Point::first()
                    .cut(one.audited().begin_write())
                    .await
                    .is_none()
            );
            let update = Operation::AtomicUpdate.run(&one, 22);
            assert!(Point::first().cut(update).await.is_none());
        }
        let after = tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks();
        held.rollback().await?;
        one.close().await?;
        Ok(after.saturating_sub(before))
    })
}
