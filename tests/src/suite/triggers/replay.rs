//! The oracle: from the trail alone every table is rebuilt, whatever was written.

mod oracle;
mod perform;
mod plan;

use std::{
    collections::HashSet,
    pin::Pin,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use audit_sea_orm::{AuditedTransaction, capture, prelude::*};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QuerySelect,
    TransactionTrait,
};

use super::ledger;
use crate::{
    Backend, Outcome, Test,
    entity::{
        ledger::{account, entry},
        society::{club, member, membership},
    },
    random::scaled,
};
use plan::{End, Step, Write};

/// How many sequences a long run makes, each of some twenty writes.
const CASES: usize = 1_000;

/// How often a failing sequence is tried again, smaller.
const MOST_SHRINKS: u32 = 2_000;

/// Writes at random: single and bulk, upserts of both outcomes, changed and exchanged keys, raw SQL, cascades, links,
/// savepoints and rollbacks. Whatever was committed can be rebuilt, nothing else is in the trail, and each record
/// names who wrote.
///
/// What fails is made as small as it gets, and printed with its seed: `AUDIT_TEST_SEED` does the same again.
pub async fn every_table_can_be_rebuilt(t: &mut Test) -> Outcome {
    let seed = std::env::var("AUDIT_TEST_SEED").ok();
    let seed = match seed {
        Some(seed) => seed.parse()?,
        None => u64::from(std::process::id()),
    };
    let replay = Replay::new(t).await?;
    let cases = scaled(CASES);
    let config = Config {
        cases: u32::try_from(cases)?,
        max_shrink_iters: MOST_SHRINKS,
        failure_persistence: None,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, random);
    let runtime = tokio::runtime::Handle::current();
    let outcome = tokio::task::block_in_place(|| {
        runner.run(&plan::plan(), |steps| {
            let case = runtime.block_on(replay.case(steps));
            case.map_err(|why| TestCaseError::fail(why.to_string()))
        })
    });
    outcome.map_err(|failure| format!("AUDIT_TEST_SEED={seed}\n{failure}"))?;
    let (done, refused) = (&replay.done, &replay.refused);
    let (done, refused) = (
        done.load(Ordering::Relaxed),
        refused.load(Ordering::Relaxed),
    );
    assert!(
        done > 10 * cases && done > refused,
        "{done} writes were done, {refused} refused"
    );
    replay.db.close().await?;
    Ok(())
}

struct Replay {
    backend: Backend,
    /// Of one connection, so that what a write leaves in its session meets the next.
    db: DatabaseConnection,
    done: AtomicUsize,
    refused: AtomicUsize,
    /// The records of writes that gave accounts other keys, which tells what a cascade does that MariaDB keeps to
    /// itself (which never uses a number twice, not even of what was rolled back).
    moves: Mutex<HashSet<i64>>,
    /// MySQL 9 leaves some rows that refer to one that is replaced, of which no trigger tells.
    may_replace: bool,
}

impl Replay {
    async fn new(t: &Test) -> Result<Self, DbErr> {
        ledger(t).await?;
        t.create_table(club::Entity).await?;
        t.create_table(member::Entity).await?;
        t.create_table(membership::Entity).await?;
        capture::install(&t.db, club::Entity).await?;
        capture::install(&t.db, member::Entity).await?;
        capture::install(&t.db, membership::Entity).await?;
        let db = t.isolated.connect(1).await?;
        let more = match t.backend {
            // Without it SQLite fires no trigger for what it replaces.
            Backend::Sqlite => "PRAGMA recursive_triggers = ON",
            // So that one statement may exchange keys.
            Backend::Postgres => {
                "ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_pkey, ADD PRIMARY KEY (id) DEFERRABLE"
            }
            Backend::MySql => "DO 0",
        };
        db.execute_unprepared(more).await?;
        Ok(Self {
            backend: t.backend,
            db,
            done: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
            moves: Mutex::default(),
            may_replace: !t.is_mysql().await?,
        })
    }

    async fn case(&self, steps: Vec<Step>) -> Outcome {
        self.empty().await?;
        for step in steps {
            match step {
                Step::Plain(write) => {
                    self.write(&self.db, None, write).await?;
                }
                Step::Write(write) => {
                    let actor = actor(self.number());
                    let context = AuditContext::new().actor(Actor::new(&actor));
                    let audited = self.db.audited_as(context);
                    self.write(&audited, Some(actor), write).await?;
                }
                Step::Scope(steps, end) => {
                    let transaction = self.db.audited().begin().await?;
                    let number = self.number();
                    let shared = number.is_multiple_of(2).then_some(number);
                    self.scope(transaction, steps, end, shared).await?;
                }
            }
        }
        let moves = std::mem::take(&mut *self.moves.lock().expect("nothing panics inside"));
        Ok(oracle::compare(&self.db, self.backend, moves).await?)
    }

    async fn empty(&self) -> Result<(), DbErr> {
        let db = self.db.audited();
        AuditContext::unaudited("the next case", async {
            entry::Entity::delete_many().exec(&db).await?;
            account::Entity::delete_many().exec(&db).await?;
            membership::Entity::delete_many().exec(&db).await?;
            club::Entity::delete_many().exec(&db).await?;
            member::Entity::delete_many().exec(&db).await
        })
        .await?;
        audit_log::Entity::delete_many()
            .exec(&self.db)
            .await
            .map(drop)
    }

    /// Of the next write.
    fn number(&self) -> usize {
        self.done.load(Ordering::Relaxed) + self.refused.load(Ordering::Relaxed)
    }

    /// Does the steps of a transaction and ends it: as they say, or by a rollback where one is refused. Its writes may
    /// share a number, and so a context.
    fn scope(
        &self,
        transaction: AuditedTransaction,
        steps: Vec<Step>,
        end: End,
        shared: Option<usize>,
    ) -> Pin<Box<dyn Future<Output = Outcome> + Send + '_>> {
        Box::pin(async move {
            for step in steps {
                let is_done = match step {
                    Step::Scope(steps, end) => {
                        let savepoint = transaction.begin().await?;
                        self.scope(savepoint, steps, end, shared).await?;
                        true
                    }
                    Step::Write(write) | Step::Plain(write) => {
                        let actor = actor(shared.unwrap_or_else(|| self.number()));
                        let context = AuditContext::new().actor(Actor::new(&actor));
                        let write = self.write(&transaction, Some(actor), write);
                        context.scope(write).await?
                    }
                };
                if !is_done {
                    return Ok(transaction.rollback().await?);
                }
            }
            match end {
                End::Commit => transaction.commit().await?,
                End::RollBack => transaction.rollback().await?,
                End::Drop => drop(transaction),
            }
            Ok(())
        })
    }

    /// Does one write, of which every record must name its actor; whether it was done.
    async fn write<C>(
        &self,
        db: &C,
        actor: Option<String>,
        write: Write,
    ) -> Result<bool, Box<dyn std::error::Error + Send + Sync>>
    where
        C: ConnectionTrait + TransactionTrait,
    {
        if matches!(write, Write::Replace(_)) && !self.may_replace {
            return Ok(false);
        }
        let before = last_record(db).await?;
        let is_move = write.moves_accounts();
        match perform::perform(db, self.backend, write).await {
            Ok(()) => {}
            Err(error) if perform::is_refusal(&error) => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        }
        self.done.fetch_add(1, Ordering::Relaxed);
        let records = audit_log::Entity::find().filter(audit_log::Column::Id.gt(before));
        for record in records.all(db).await? {
            if record.actor_id != actor {
                return Err(format!("{actor:?} wrote it: {record:?}").into());
            }
            if is_move {
                let mut moves = self.moves.lock().expect("nothing panics inside");
                moves.insert(record.id);
            }
        }
        Ok(true)
    }
}

fn actor(number: usize) -> String {
    format!("writer {number}")
}

async fn last_record<C: ConnectionTrait>(db: &C) -> Result<i64, DbErr> {
    let last = audit_log::Entity::find()
        .select_only()
        .column_as(audit_log::Column::Id.max(), "last")
        .into_tuple::<Option<i64>>();
    Ok(last.one(db).await?.flatten().unwrap_or(0))
}
