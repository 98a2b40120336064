//! Realistic trails of any size, the same for the same seed: what `seed-trail` writes, and what plans and speed are
//! tested on.
//!
//! Many tables, of which a few have most records; objects with one record and an object with very many; people, of
//! whom a few do most, and a service that did much and then went away; requests of several records, jobs without
//! actor, address or request; office hours over two years; values that attack whoever shows them; logins with
//! bursts of failures, exports, and system events, some of them unresolved.

// With their paths, as the benchmarks take this module in by its path too.
#[path = "seed/life.rs"]
mod life;
#[path = "seed/rows.rs"]
mod rows;
#[path = "seed/words.rs"]
mod words;

use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    EntityTrait, TransactionTrait, prelude::DateTimeUtc,
};

use rows::Rows;

/// How many rows one statement inserts: no database takes more than 32,766 parameters on all three.
const BATCH: usize = 500;

/// How many batches a transaction holds.
const BATCHES: u64 = 20;

/// What a trail is to be like.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How many rows it has.
    pub sizes: Sizes,
    /// What the random choices begin with.
    pub seed: u64,
    /// When it ends; it begins two years before that.
    pub until: DateTimeUtc,
}

/// How many rows a trail has in each of its tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Records.
    pub records: u64,
    /// Login attempts.
    pub logins: u64,
    /// Exports.
    pub exports: u64,
    /// System events.
    pub events: u64,
}

impl Sizes {
    /// That many records, and what goes with them in an application.
    #[must_use]
    pub fn of(records: u64) -> Self {
        let share = |one_in: u64| records.div_ceil(one_in);
        Self {
            records,
            logins: share(10),
            exports: share(200),
            events: share(50),
        }
    }

    /// All rows.
    #[must_use]
    pub fn total(self) -> u64 {
        self.records + self.logins + self.exports + self.events
    }
}

impl Plan {
    /// Writes the trail into the tables, which must be there, telling the rows of each batch as it goes, and lets
    /// the database look at what it holds.
    ///
    /// # Errors
    /// What the database reports. What was written by then stays.
    pub async fn write(
        self,
        db: &DatabaseConnection,
        mut wrote: impl FnMut(u64),
    ) -> Result<(), DbErr> {
        let sizes = self.sizes;
        let mut rows = Rows::new(self);
        fill(db, sizes.records, |n| rows.record(n), &mut wrote).await?;
        fill(db, sizes.logins, |n| rows.login(n), &mut wrote).await?;
        fill(db, sizes.exports, |n| rows.export(n), &mut wrote).await?;
        fill(db, sizes.events, |n| rows.event(n), &mut wrote).await?;
        analyze(db).await
    }
}

/// Inserts that many rows, batch by batch.
async fn fill<A: ActiveModelTrait>(
    db: &DatabaseConnection,
    count: u64,
    mut row: impl FnMut(u64) -> A,
    wrote: &mut impl FnMut(u64),
) -> Result<(), DbErr> {
    let mut written = 0;
    while written < count {
        let transaction = db.begin().await?;
        for _ in 0..BATCHES {
            let batch: Vec<A> = (written..count).take(BATCH).map(&mut row).collect();
            let rows = u64::try_from(batch.len()).unwrap_or_default();
            insert(&transaction, batch).await?;
            written += rows;
            wrote(rows);
        }
        transaction.commit().await?;
    }
    Ok(())
}

async fn insert<A: ActiveModelTrait>(
    transaction: &DatabaseTransaction,
    batch: Vec<A>,
) -> Result<(), DbErr> {
    if !batch.is_empty() {
        <A::Entity as EntityTrait>::insert_many(batch)
            .exec_without_returning(transaction)
            .await?;
    }
    Ok(())
}

/// Lets the planner know what the tables hold, and PostgreSQL which of their pages are settled, as its autovacuum
/// does by and by.
///
/// # Errors
/// What the database reports.
pub async fn analyze(db: &DatabaseConnection) -> Result<(), DbErr> {
    let command = match db.get_database_backend() {
        DbBackend::MySql => "ANALYZE TABLE",
        DbBackend::Postgres => "VACUUM ANALYZE",
        _ => "ANALYZE",
    };
    for table in audit_sea_orm::entity::TABLES {
        db.execute_unprepared(&format!("{command} {table}")).await?;
    }
    Ok(())
}
