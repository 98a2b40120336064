use std::{sync::Arc, time::Duration};

use audit_sea_orm::{entity::audit_log, tail::Tail};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait, Set,
    TransactionTrait, prelude::DateTimeUtc,
};
use tokio::{task::JoinSet, time::sleep};

use super::{kill_of, tail};
use crate::{
    Backend, Outcome, Test,
    random::{Random, scaled},
};

/// Writers commit late, roll back and are killed. A reader beside them sees each row once, in order, and misses none.
pub async fn hostile_writers_lose_nothing(t: &mut Test) -> Outcome {
    const WRITERS: usize = 32;
    // 1,000,000 at full scale, and 10,000 by default.
    let share = scaled(1_000) * scaled(1_000) / WRITERS;
    let pool = t.isolated.connect(u32::try_from(WRITERS)?).await?;
    let done = Arc::new(());
    let mut writers = JoinSet::new();
    for seed in 0..WRITERS {
        let writer = Writer {
            random: Random::new(u64::try_from(seed)?),
            db: pool.clone(),
            admin: t.db.clone(),
            backend: t.backend,
        };
        let done = Arc::clone(&done);
        writers.spawn(async move {
            let written = writer.write(share).await;
            drop(done);
            written
        });
    }
    let reader = tokio::spawn(follow(tail(&t.db), done));
    while let Some(written) = writers.join_next().await {
        written??;
    }
    let (seen, delays) = reader.await??;
    let kept: Vec<i64> = t.records().await?.iter().map(|record| record.id).collect();
    assert!(kept.len() >= share * WRITERS, "{} were written", kept.len());
    assert!(
        t.backend == Backend::Sqlite || delays > 0,
        "nothing was late"
    );
    let missed: Vec<_> = kept
        .iter()
        .filter(|id| seen.binary_search(id).is_err())
        .take(9)
        .collect();
    assert!(missed.is_empty(), "{missed:?} were missed");
    assert_eq!(
        seen.len(),
        kept.len(),
        "some were read twice, or never stood there"
    );
    Ok(())
}

/// The numbers of all rows, up to the end of the writers, and how often some were late.
async fn follow(mut tail: Tail, writers: Arc<()>) -> Result<(Vec<i64>, usize), DbErr> {
    let (mut seen, mut delays) = (Vec::new(), 0);
    loop {
        let are_done = Arc::strong_count(&writers) == 1;
        let batch = tail.next(500).await?;
        let ids = batch.rows.iter().map(|row| row.id);
        for id in ids {
            assert!(
                seen.last().is_none_or(|last| *last < id),
                "{id} after {:?}",
                seen.last()
            );
            seen.push(id);
        }
        delays += usize::from(batch.delay.is_some());
        if !batch.rows.is_empty() {
            continue;
        }
        if are_done && batch.delay.is_none() {
            return Ok((seen, delays));
        }
        sleep(Duration::from_millis(5)).await;
    }
}

struct Writer {
    random: Random,
    db: DatabaseConnection,
    admin: DatabaseConnection,
    backend: Backend,
}

impl Writer {
    async fn write(mut self, share: usize) -> Result<(), DbErr> {
        let mut written = 0;
        while written < share {
            written += match self.random.below(10) {
                0..3 => self.rows(&self.db.clone()).await?,
                3..5 => {
                    let transaction = self.db.begin().await?;
                    self.rows(&transaction).await?;
                    self.pause(20).await;
                    transaction.rollback().await?;
                    0
                }
                5..7 => self.with_savepoint().await?,
                7 if self.random.below(20) == 0 && self.backend != Backend::Sqlite => {
                    self.killed().await?
                }
                _ => {
                    let transaction = self.db.begin().await?;
                    let mut rows = self.rows(&transaction).await?;
                    self.pause(20).await;
                    rows += self.rows(&transaction).await?;
                    self.pause(60).await;
                    transaction.commit().await?;
                    rows
                }
            };
        }
        Ok(())
    }

    /// One statement with some rows.
    async fn rows<C: ConnectionTrait>(&mut self, db: &C) -> Result<usize, DbErr> {
        let count = 1 + self.random.below(4);
        let row = |_| audit_log::ActiveModel {
            occurred_at: Set(DateTimeUtc::UNIX_EPOCH),
            action: Set("HOSTILE".to_owned()),
            ..Default::default()
        };
        audit_log::Entity::insert_many((0..count).map(row))
            .exec_without_returning(db)
            .await?;
        Ok(usize::try_from(count).unwrap_or_default())
    }

    async fn with_savepoint(&mut self) -> Result<usize, DbErr> {
        let transaction = self.db.begin().await?;
        let inner = transaction.begin().await?;
        self.rows(&inner).await?;
        self.pause(10).await;
        inner.rollback().await?;
        let rows = self.rows(&transaction).await?;
        self.pause(10).await;
        transaction.commit().await?;
        Ok(rows)
    }

    /// Its session is killed before it commits.
    async fn killed(&mut self) -> Result<usize, DbErr> {
        let transaction: DatabaseTransaction = self.db.begin().await?;
        self.rows(&transaction).await?;
        let kill = kill_of(&transaction).await?;
        self.pause(20).await;
        kill.run(&self.admin).await?;
        transaction.commit().await.expect_err("the session is gone");
        Ok(0)
    }

    /// Up to so many milliseconds; on SQLite nobody else could write meanwhile.
    async fn pause(&mut self, most: u64) {
        if self.backend != Backend::Sqlite {
            sleep(Duration::from_millis(self.random.below(most))).await;
        }
    }
}
