//! Updates whose image nobody takes, between updates that are recorded.

use audit_sea_orm::{hooks, prelude::*};
use sea_orm::{ActiveModelTrait, ActiveValue::Unchanged, DatabaseConnection, DbErr, Set};
use tokio::task::JoinSet;

use super::MOST_BYTES;
use crate::{Outcome, Test, entity::cake};

/// How an update ends without an `after_save`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The database refuses it.
    Refused,
    /// It calls no `after_save`.
    WithoutReturning,
}

const WRITERS: usize = 8;
/// So many misfire between two updates that are recorded.
const IN_A_ROW: usize = 50;
/// What they add to the price, each a little more than the one before.
const WRONG: i32 = 1_000;
const LAST: i32 = 49;

/// Misfires so often, from several tasks, each on a row of its own, and asserts that each row's records are
/// just those of the updates that did not.
pub(super) async fn many(t: &Test, times: usize, kind: Kind) -> Outcome {
    t.create_table(cake::Entity).await?;
    AuditContext::unaudited("fixture", cake::named("taken").insert(&t.db)).await?;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let cake = cake::named(&format!("cake {writer}")).insert(&t.db);
        let id = AuditContext::unaudited("fixture", cake).await?.id;
        let rounds = (times / WRITERS / IN_A_ROW).max(1);
        writers.spawn(write(t.db.clone(), id, rounds, kind));
    }
    while let Some(written) = writers.join_next().await {
        let (id, expected) = written??;
        let records = audit_log::Entity::for_key("cake", &id.to_string());
        let records = records.oldest_first().all(&t.db).await?;
        let recorded: Vec<_> = records.iter().map(super::change).collect();
        assert_eq!(recorded, expected);
    }
    assert!(hooks::waiting_writes().bytes <= MOST_BYTES);
    super::pool::assert_every_connection_commits(t).await
}

fn priced(id: i32, price: i32) -> cake::ActiveModel {
    cake::ActiveModel {
        id: Unchanged(id),
        price: Set(price),
        ..Default::default()
    }
}

/// Misfires and updates in turn; gives the changes that must be recorded.
async fn write(
    db: DatabaseConnection,
    id: i32,
    rounds: usize,
    kind: Kind,
) -> Result<(i32, Vec<super::Change>), DbErr> {
    let mut expected = Vec::new();
    let mut price = 250;
    for round in 0..rounds {
        for time in 0..IN_A_ROW {
            let wrong = priced(id, price + WRONG + i32::try_from(time).unwrap_or_default());
            misfire(&db, wrong, kind, time).await?;
        }
        let before = match kind {
            Kind::Refused => price,
            Kind::WithoutReturning => price + WRONG + LAST,
        };
        price = 10_000 * (i32::try_from(round).unwrap_or_default() + 1);
        let update = priced(id, price);
        if round % 2 == 0 {
            update.update(&db).await?;
        } else {
            update.audited_update(&db).await?;
        }
        expected.push((id, before, price));
    }
    Ok((id, expected))
}

async fn misfire(
    db: &DatabaseConnection,
    mut cake: cake::ActiveModel,
    kind: Kind,
    time: usize,
) -> Result<(), DbErr> {
    let in_transaction = time.is_multiple_of(2);
    match kind {
        Kind::WithoutReturning if in_transaction => {
            let transaction = db.begin_write().await?;
            cake.update_without_returning(&transaction).await?;
            transaction.commit().await
        }
        Kind::WithoutReturning => cake.update_without_returning(db).await.map(drop),
        Kind::Refused => {
            cake.name = Set("taken".to_owned());
            let refused = match in_transaction {
                true => cake.audited_update(db).await,
                false => cake.update(db).await,
            };
            assert!(refused.is_err(), "the name is taken");
            Ok(())
        }
    }
}
