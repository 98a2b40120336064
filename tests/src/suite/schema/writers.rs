//! Others, who write all the while.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};
use tokio::task::JoinSet;

use crate::Test;

const WRITERS: usize = 3;

/// Each has a muffin of its own, whose name it changes; every name comes once.
pub(super) struct Writers {
    tasks: JoinSet<Result<(), DbErr>>,
    pool: DatabaseConnection,
    stopped: Arc<AtomicBool>,
    written: Arc<AtomicUsize>,
}

impl Writers {
    /// Makes their muffins, and begins.
    pub(super) async fn start(t: &Test) -> Result<Self, DbErr> {
        let mut writers = Self {
            tasks: JoinSet::new(),
            pool: t.isolated.connect(3).await?,
            stopped: Arc::default(),
            written: Arc::default(),
        };
        for id in 0..WRITERS {
            let insert = format!("INSERT INTO growing_muffin (id, name) VALUES ({id}, 'new {id}')");
            writers.pool.execute_unprepared(&insert).await?;
        }
        for id in 0..WRITERS {
            let (pool, stopped) = (writers.pool.clone(), Arc::clone(&writers.stopped));
            let written = Arc::clone(&writers.written);
            writers.tasks.spawn(async move {
                while !stopped.load(Ordering::SeqCst) {
                    let number = written.fetch_add(1, Ordering::SeqCst);
                    let update = format!(
                        "UPDATE growing_muffin SET name = 'lemon {number}' WHERE id = {id}"
                    );
                    pool.execute_unprepared(&update).await?;
                }
                Ok(())
            });
        }
        Ok(writers)
    }

    /// How many writes have begun.
    pub(super) fn written(&self) -> usize {
        self.written.load(Ordering::SeqCst)
    }

    /// Waits until they wrote some more.
    pub(super) async fn go_on(&self) {
        let from = self.written();
        while self.written() < from + 2 * WRITERS && !self.tasks.is_empty() {
            tokio::task::yield_now().await;
        }
    }

    /// Ends them; how often they wrote. Fails where a write failed.
    pub(super) async fn stop(mut self) -> Result<usize, Box<dyn std::error::Error + Send + Sync>> {
        self.stopped.store(true, Ordering::SeqCst);
        while let Some(done) = self.tasks.join_next().await {
            done??;
        }
        let written = self.written();
        self.pool.close().await?;
        Ok(written)
    }
}
