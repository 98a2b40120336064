//! Transactions and savepoints, dropped anywhere between their beginning and their end.

use audit_sea_orm::{AuditedTransaction, prelude::*};
use sea_orm::{DbErr, TransactionTrait};

use super::{
    one::{One, begin_in, set, set_tart},
    operation::context,
};
use crate::{
    Outcome, Test,
    cancelled::{Point, Points},
};

/// Transactions dropped anywhere between their `begin` and the end of their commit or rollback.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Commit,
    RollBack,
    Drop,
    Closure,
}

async fn nest<T>(db: &T, ending: Ending) -> Result<(), DbErr>
where
    T: TransactionTrait<Transaction = AuditedTransaction>,
{
    if let Ending::Closure = ending {
        let nested = db.transaction::<_, _, DbErr>(|db| Box::pin(set_both(db)));
        return nested
            .await
            .map_err(|error| DbErr::Custom(error.to_string()));
    }
    let nested = db.begin().await?;
    set_both(&nested).await?;
    match ending {
        Ending::Commit => nested.commit().await,
        Ending::RollBack => nested.rollback().await,
        Ending::Drop | Ending::Closure => Ok(()),
    }
}

async fn set_both(db: &AuditedTransaction) -> Result<(), DbErr> {
    set(db, 2, 22).await?;
    set_tart(db, 2, 22).await
}

const ENDINGS: [Ending; 4] = [
    Ending::Commit,
    Ending::RollBack,
    Ending::Drop,
    Ending::Closure,
];

/// Where it begins.
#[derive(Clone, Copy, Debug)]
enum Place {
    Pool,
    Transaction,
}

async fn cut(
    one: &One<'_>,
    place: Place,
    ending: Ending,
    point: Point,
) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
    let audited = one.db.audited_as(context());
    if let Place::Pool = place {
        let cut = point.cut(nest(&audited, ending)).await;
        return Ok(cut.transpose()?.is_some());
    }
    let transaction = audited.begin_write().await?;
    begin_in(&transaction).await?;
    let cut = point.cut(nest(&transaction, ending)).await;
    let name = format!("{ending:?} {point:?}");
    one.assert_goes_on(transaction, Some("ada"), &name).await?;
    Ok(cut.transpose()?.is_some())
}

async fn cut_everywhere(t: &Test, place: Place) -> Outcome {
    let one = One::new(t).await?;
    for ending in ENDINGS {
        let mut points = Points::default();
        let mut connection = None;
        while let Some(point) = points.step() {
            if one.is_new(&mut connection).await? {
                nest(&one.db.audited_as(context()), ending).await?;
            }
            one.reset().await?;
            points.saw_end(cut(&one, place, ending, point).await?);
            one.assert_outside(&format!("{ending:?} {point:?}")).await?;
        }
    }
    one.db.close().await?;
    Ok(())
}

/// A savepoint of an audited transaction, dropped anywhere, takes nothing along.
pub async fn savepoints_dropped_anywhere_leave_their_transaction(t: &mut Test) -> Outcome {
    cut_everywhere(t, Place::Transaction).await
}

/// The same of a transaction on a pool.
pub async fn transactions_dropped_anywhere_leave_the_pool_clean(t: &mut Test) -> Outcome {
    cut_everywhere(t, Place::Pool).await
}

/// A savepoint and its transaction, dropped one right after the other: the connection comes back clean.
pub async fn a_savepoint_and_its_transaction_dropped_together(t: &mut Test) -> Outcome {
    let one = One::new(t).await?;
    for round in 0..50 {
        let transaction = one.db.audited_as(context()).begin_write().await?;
        set(&transaction, 1, 11).await?;
        let savepoint = transaction.begin().await?;
        set(&savepoint, 2, 22).await?;
        drop(savepoint);
        drop(transaction);
        one.assert_outside(&format!("round {round}")).await?;
        assert_eq!(
            (one.price(1).await?, one.price(2).await?),
            (Some(1), Some(1))
        );
    }
    one.db.close().await?;
    Ok(())
}
