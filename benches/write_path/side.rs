//! The sides that take turns. A further one is an entity, an `impl Write` and a line in [`all`].

use std::{
    iter,
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, Instant},
};

use audit_sea_orm::{capture, prelude::*};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, IntoActiveModel, QueryOrder,
    QuerySelect, Schema, prelude::async_trait::async_trait, sea_query::Expr,
};

use crate::{
    by_hand::by_hand,
    hand_triggers::hand_triggers,
    item::item,
    one_row::one_row,
    operation::{Operation, Shape},
    write::{Write, bulk, write_all},
};

item!(plain, "plain_item", derive());
impl sea_orm::ActiveModelBehavior for plain::ActiveModel {}

item!(audited, "audited_item", derive(audit_sea_orm::Audited));
item!(
    captured,
    "captured_item",
    derive(audit_sea_orm::Audited),
    audited(capture = "triggers")
);

/// How many rows are prepared by one statement, and how many distinct rows updates go round, or more where one statement
/// is to update more.
const ROWS: usize = 500;

/// What the others are measured against, and what an application that writes its trail itself has.
pub(crate) const PLAIN: &str = "plain";
pub(crate) const BY_HAND: &str = "by hand";
pub(crate) const AUDITED: &str = "audited";
pub(crate) const CAPTURED: &str = "triggers";
/// What triggers are measured against beside the plain side.
pub(crate) const HAND_TRIGGERS: &str = "hand SQL";
/// What every trigger's record costs, whatever it says.
pub(crate) const ONE_ROW: &str = "one row";

/// The sides that write in that shape, the plain one first.
pub(crate) fn all(shape: Shape) -> Vec<Box<dyn Side>> {
    let plain = Box::new(Batches::<plain::ActiveModel>::new(PLAIN));
    let captured = Box::new(Batches::<captured::ActiveModel>::new(CAPTURED));
    let hand_triggers = Box::new(Batches::<hand_triggers::ActiveModel>::new(HAND_TRIGGERS));
    let one_row = Box::new(Batches::<one_row::ActiveModel>::new(ONE_ROW));
    if shape == Shape::Bulk {
        return vec![plain, one_row, hand_triggers, captured];
    }
    let by_hand = Box::new(Batches::<by_hand::ActiveModel>::new(BY_HAND));
    let audited = Box::new(Batches::<audited::ActiveModel>::new(AUDITED));
    vec![plain, by_hand, audited, one_row, hand_triggers, captured]
}

impl Write for plain::ActiveModel {}

#[async_trait]
impl Write for audited::ActiveModel {
    async fn write_alone(self, operation: Operation, db: &DatabaseConnection) -> Result<(), DbErr> {
        match operation {
            Operation::Create => self.audited_insert(db).await.map(drop),
            Operation::Update => self.audited_update(db).await.map(drop),
            Operation::Delete => self.audited_delete(db).await.map(drop),
        }
    }
}

/// Through audited connections, so that triggers know who acts, as hooks do.
#[async_trait]
impl Write for captured::ActiveModel {
    async fn install(db: &DatabaseConnection) -> Result<(), DbErr> {
        capture::install(db, captured::Entity).await.map(drop)
    }

    async fn write_in_transaction(
        items: Vec<Self>,
        operation: Operation,
        db: &DatabaseConnection,
    ) -> Result<(), DbErr> {
        write_all(items, operation, &db.audited()).await
    }

    async fn write_bare(self, operation: Operation, db: &DatabaseConnection) -> Result<(), DbErr> {
        self.write(operation, &db.audited()).await
    }

    async fn write_bulk(
        items: Vec<Self>,
        operation: Operation,
        db: &DatabaseConnection,
    ) -> Result<(), DbErr> {
        bulk(items, operation, &db.audited()).await
    }
}

/// A side with its table and what it is about to write.
#[async_trait]
pub(crate) trait Side: Send + Sync {
    fn name(&self) -> &'static str;

    async fn create_table(&self, db: &DatabaseConnection) -> Result<(), DbErr>;

    /// Makes that many batches ready; updates and deletes find their rows in place.
    async fn prepare(
        &mut self,
        db: &DatabaseConnection,
        shape: Shape,
        operation: Operation,
        count: usize,
    ) -> Result<(), DbErr>;

    /// Writes the next batch, and tells how long that took.
    async fn take_turn(
        &mut self,
        db: &DatabaseConnection,
        shape: Shape,
        operation: Operation,
    ) -> Result<Duration, DbErr>;
}

struct Batches<A> {
    name: &'static str,
    number: AtomicI64,
    waiting: Vec<Vec<A>>,
}

#[async_trait]
impl<A: Write> Side for Batches<A> {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn create_table(&self, db: &DatabaseConnection) -> Result<(), DbErr> {
        let schema = Schema::new(db.get_database_backend());
        let table = schema.create_table_from_entity(A::Entity::default());
        db.execute(&table).await?;
        A::install(db).await
    }

    async fn prepare(
        &mut self,
        db: &DatabaseConnection,
        shape: Shape,
        operation: Operation,
        count: usize,
    ) -> Result<(), DbErr> {
        let items = self.items(db, shape, operation, count).await?;
        self.waiting = items.chunks(shape.size()).map(<[A]>::to_vec).collect();
        Ok(())
    }

    async fn take_turn(
        &mut self,
        db: &DatabaseConnection,
        shape: Shape,
        operation: Operation,
    ) -> Result<Duration, DbErr> {
        let items = self.waiting.pop().expect("a batch for each turn");
        let start = Instant::now();
        match shape {
            Shape::One | Shape::Hundred => {
                A::write_in_transaction(items, operation, db).await?;
            }
            Shape::Shortcut => {
                for item in items {
                    item.write_alone(operation, db).await?;
                }
            }
            Shape::Autocommit => {
                for item in items {
                    item.write_bare(operation, db).await?;
                }
            }
            Shape::Bulk => A::write_bulk(items, operation, db).await?,
        }
        Ok(start.elapsed())
    }
}

impl<A: Write> Batches<A> {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            number: AtomicI64::new(1),
            waiting: Vec::new(),
        }
    }

    async fn items(
        &self,
        db: &DatabaseConnection,
        shape: Shape,
        operation: Operation,
        batches: usize,
    ) -> Result<Vec<A>, DbErr> {
        let count = batches * shape.size();
        Ok(match operation {
            Operation::Create => self.new_items().take(count).collect(),
            Operation::Update => {
                let distinct = count.min(Ord::max(ROWS, shape.size()));
                let rows = self.rows(db, distinct).await?;
                let updates = rows.into_iter().cycle().take(count);
                updates.map(|row| row.revise(self.next_number())).collect()
            }
            Operation::Delete => self.rows(db, count).await?,
        })
    }

    /// Inserts rows, past the hooks, and reads them back.
    async fn rows(&self, db: &DatabaseConnection, count: usize) -> Result<Vec<A>, DbErr> {
        let mut rows = Vec::with_capacity(count);
        while rows.len() < count {
            let part = ROWS.min(count - rows.len());
            let new = self.new_items().take(part);
            A::Entity::insert_many(new)
                .exec_without_returning(db)
                .await?;
            let newest = A::Entity::find()
                .order_by_desc(Expr::col("id"))
                .limit(part as u64);
            let found = newest.all(db).await?;
            rows.extend(found.into_iter().map(IntoActiveModel::into_active_model));
        }
        Ok(rows)
    }

    fn new_items(&self) -> impl Iterator<Item = A> {
        iter::repeat_with(|| A::numbered(self.next_number()))
    }

    fn next_number(&self) -> i64 {
        self.number.fetch_add(1, Ordering::Relaxed)
    }
}
