//! A database with both tables, where the two sides take turns.

use std::{
    iter,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use audit_sea_orm::{Actor, AuditContext};
use audit_tests::{Backend, backend::Isolated};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, IntoActiveModel, QueryOrder,
    QuerySelect, Schema, sea_query::Expr,
};
use sea_orm_migration::MigratorTrait;

use crate::{
    item::{Item, audited, plain},
    operation::{Operation, Shape, by_shortcut, in_transaction},
};

/// How many rows are prepared by one statement, and how many distinct rows updates go round.
const ROWS: usize = 500;

/// The time that each side took for the same batch, one right after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    pub(crate) plain: Duration,
    pub(crate) audited: Duration,
}

#[derive(Debug)]
pub(crate) struct Arena {
    isolated: Isolated,
    db: DatabaseConnection,
    numbers: AtomicI64,
}

impl Arena {
    pub(crate) async fn open(backend: Backend) -> Result<Self, DbErr> {
        let name = format!("audit_bench_{}", std::process::id());
        let isolated = Isolated::create(backend, &name).await?;
        // One connection: the two sides never compete, and both know every statement already.
        let db = isolated.connect(1).await?;
        audit_migration::Migrator::up(&db, None).await?;
        let schema = Schema::new(db.get_database_backend());
        db.execute(&schema.create_table_from_entity(plain::Entity))
            .await?;
        db.execute(&schema.create_table_from_entity(audited::Entity))
            .await?;
        let numbers = AtomicI64::new(1);
        Ok(Self {
            isolated,
            db,
            numbers,
        })
    }

    pub(crate) async fn remove(self) -> Result<(), DbErr> {
        self.db.close().await?;
        self.isolated.remove().await
    }

    /// Times that many batches of each side, in turns, as a request of a user's.
    pub(crate) async fn pairs(
        &self,
        shape: Shape,
        operation: Operation,
        count: usize,
    ) -> Result<Vec<Pair>, DbErr> {
        let context = AuditContext::new()
            .actor(Actor::new(42).with_name("Ada Lovelace"))
            .ip([192, 0, 2, 7])
            .request_id("0d9f2c1e-6f2b-4c7e-9b57-3f1f6f0a7c11");
        context
            .scope(self.take_turns(shape, operation, count))
            .await
    }

    async fn take_turns(
        &self,
        shape: Shape,
        operation: Operation,
        count: usize,
    ) -> Result<Vec<Pair>, DbErr> {
        let items = count * shape.size();
        let plain: Vec<plain::ActiveModel> = self.prepare(operation, items).await?;
        let audited: Vec<audited::ActiveModel> = self.prepare(operation, items).await?;
        let batches = plain.chunks(shape.size()).zip(audited.chunks(shape.size()));
        let mut pairs = Vec::with_capacity(count);
        for (turn, (plain, audited)) in batches.enumerate() {
            let plain = in_transaction(&self.db, operation, plain.to_vec());
            let audited = self.audited(shape, operation, audited.to_vec());
            // Who goes first alternates too.
            pairs.push(if turn % 2 == 0 {
                let plain = plain.await?;
                Pair {
                    plain,
                    audited: audited.await?,
                }
            } else {
                let audited = audited.await?;
                Pair {
                    plain: plain.await?,
                    audited,
                }
            });
        }
        Ok(pairs)
    }

    async fn audited(
        &self,
        shape: Shape,
        operation: Operation,
        items: Vec<audited::ActiveModel>,
    ) -> Result<Duration, DbErr> {
        match shape {
            Shape::One | Shape::Hundred => in_transaction(&self.db, operation, items).await,
            Shape::Shortcut => by_shortcut(&self.db, operation, items).await,
        }
    }

    /// The active models to run the operation on; updates and deletes find their rows in place.
    async fn prepare<A: Item>(&self, operation: Operation, count: usize) -> Result<Vec<A>, DbErr> {
        Ok(match operation {
            Operation::Create => self.new_items().take(count).collect(),
            Operation::Update => {
                let rows = self.rows::<A>(count.min(ROWS)).await?;
                let updates = rows.into_iter().cycle().take(count);
                updates.map(|row| row.revise(self.number())).collect()
            }
            Operation::Delete => self.rows(count).await?,
        })
    }

    /// Inserts rows, past the hooks, and reads them back.
    async fn rows<A: Item>(&self, count: usize) -> Result<Vec<A>, DbErr> {
        let mut rows = Vec::with_capacity(count);
        while rows.len() < count {
            let part = ROWS.min(count - rows.len());
            let new = self.new_items::<A>().take(part);
            A::Entity::insert_many(new)
                .exec_without_returning(&self.db)
                .await?;
            let newest = A::Entity::find()
                .order_by_desc(Expr::col("id"))
                .limit(part as u64);
            let found = newest.all(&self.db).await?;
            rows.extend(found.into_iter().map(IntoActiveModel::into_active_model));
        }
        Ok(rows)
    }

    fn new_items<A: Item>(&self) -> impl Iterator<Item = A> {
        iter::repeat_with(|| A::numbered(self.number()))
    }

    fn number(&self) -> i64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }
}
