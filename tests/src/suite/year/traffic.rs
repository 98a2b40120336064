//! What the shops write all day: two releases of the application, side by side.

use std::{
    ops::RangeInclusive,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use audit_sea_orm::prelude::*;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, TransactionTrait};
use tokio::task::JoinSet;

use crate::random::Random;

/// What both releases write alike, each by its own entities.
macro_rules! alike {
    ($release:ident) => {
        use crate::suite::year::$release as entities;

        /// Hires an actor for a film; every third one leaves again.
        pub(super) async fn actor<C: ConnectionTrait>(db: &C, n: i32) -> Result<(), DbErr> {
            let actor = entities::actor::ActiveModel {
                first_name: Set("NICK".to_owned()),
                last_name: Set(format!("WAHLBERG {n}")),
                ..Default::default()
            };
            let actor = actor.insert(db).await?;
            let role = entities::film_actor::ActiveModel {
                actor_id: Set(actor.actor_id),
                film_id: Set(1 + n % seed::FILMS),
                ..Default::default()
            };
            let role = role.insert(db).await?;
            if n % 3 != 0 {
                let mut actor = actor.into_active_model();
                actor.last_name = Set(format!("WAHLBERG JR {n}"));
                return actor.update(db).await.map(drop);
            }
            role.delete(db).await?;
            actor.delete(db).await.map(drop)
        }

        /// Rents a film, and takes it back.
        pub(super) async fn rental<C: ConnectionTrait>(db: &C, n: i32) -> Result<(), DbErr> {
            let rental = entities::rental::ActiveModel {
                rental_date: Set(seed::date(n)),
                inventory_id: Set(1 + n % seed::COPIES),
                customer_id: Set(1 + n % seed::CUSTOMERS),
                staff_id: Set(1),
                ..Default::default()
            };
            let mut rental = rental.insert(db).await?.into_active_model();
            rental.return_date = Set(Some(seed::date(n + 86_400)));
            rental.update(db).await.map(drop)
        }

        /// Buys a copy of a film.
        pub(super) async fn inventory<C: ConnectionTrait>(db: &C, n: i32) -> Result<(), DbErr> {
            let copy = entities::inventory::ActiveModel {
                film_id: Set(1 + n % seed::FILMS),
                store_id: Set(1 + n % seed::STORES),
                ..Default::default()
            };
            copy.insert(db).await.map(drop)
        }

        /// Is paid for a rental.
        pub(super) async fn payment<C: ConnectionTrait>(db: &C, n: i32) -> Result<(), DbErr> {
            let payment = entities::payment::ActiveModel {
                customer_id: Set(1 + n % seed::CUSTOMERS),
                staff_id: Set(1),
                rental_id: Set(Some(1 + n % seed::RENTALS)),
                amount: Set(Decimal::new(i64::from(n % 1_000), 2)),
                payment_date: Set(seed::date(n)),
                ..Default::default()
            };
            payment.insert(db).await.map(drop)
        }

        /// Buys a film, gives it another title, and every other time sells it again. `film_text` follows, by triggers of
        /// the application's own.
        pub(super) async fn film<C: ConnectionTrait>(db: &C, n: i32) -> Result<(), DbErr> {
            let film = entities::film::ActiveModel {
                title: Set(format!("ACE GOLDFINGER {n}")),
                release_year: Set(Some(2006)),
                language_id: Set(1),
                length: Set(Some(LENGTH)),
                rating: Set(Some(entities::sea_orm_active_enums::MpaaRating::G)),
                ..Default::default()
            };
            let film = film.insert(db).await?;
            let mut renamed = film.clone().into_active_model();
            renamed.title = Set(format!("ADAPTATION HOLES {n}"));
            renamed.update(db).await?;
            if n % 2 == 0 {
                film.delete(db).await?;
            }
            Ok(())
        }
    };
}

mod new;
mod old;

/// A release of the application: the first, and the one that this year's changes lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Release {
    Old,
    New,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Write {
    Actor,
    Address,
    Category,
    Customer,
    Film,
    Inventory,
    Payment,
    Rental,
    Review,
    Staff,
    Store,
}

const WRITES: [Write; 11] = [
    Write::Actor,
    Write::Address,
    Write::Category,
    Write::Customer,
    Write::Film,
    Write::Inventory,
    Write::Payment,
    Write::Rental,
    Write::Review,
    Write::Staff,
    Write::Store,
];

/// The last change.
const LAST: usize = 10;

impl Write {
    /// After which changes the release can write it: as long as the table is as its entity says.
    fn span(self, release: Release) -> RangeInclusive<usize> {
        let (old, new) = match self {
            Self::Actor | Self::Inventory | Self::Rental => (0..=LAST, 0..=LAST),
            Self::Customer => (0..=LAST, 1..=LAST),
            Self::Category => (0..=1, 2..=LAST),
            Self::Staff => (0..=2, 3..=LAST),
            Self::Film => (0..=3, 4..=LAST),
            #[expect(clippy::reversed_empty_ranges, reason = "the old release knows none")]
            Self::Review => (1..=0, 5..=LAST),
            Self::Address => (0..=5, 6..=LAST),
            Self::Store => (0..=6, 7..=LAST),
            Self::Payment => (0..=9, 10..=LAST),
        };
        match release {
            Release::Old => old,
            Release::New => new,
        }
    }

    async fn by<C: ConnectionTrait>(self, release: Release, db: &C, n: i32) -> Result<(), DbErr> {
        match (release, self) {
            (Release::Old, Self::Actor) => old::actor(db, n).await,
            (Release::Old, Self::Address) => old::address(db, n).await,
            (Release::Old, Self::Category) => old::category(db, n).await,
            (Release::Old, Self::Customer) => old::customer(db, n).await,
            (Release::Old, Self::Film) => old::film(db, n).await,
            (Release::Old, Self::Inventory) => old::inventory(db, n).await,
            (Release::Old, Self::Payment) => old::payment(db, n).await,
            (Release::Old, Self::Rental) => old::rental(db, n).await,
            (Release::Old, Self::Review) => Ok(()),
            (Release::Old, Self::Staff) => old::staff(db, n).await,
            (Release::Old, Self::Store) => old::store(db, n).await,
            (Release::New, Self::Actor) => new::actor(db, n).await,
            (Release::New, Self::Address) => new::address(db, n).await,
            (Release::New, Self::Category) => new::category(db, n).await,
            (Release::New, Self::Customer) => new::customer(db, n).await,
            (Release::New, Self::Film) => new::film(db, n).await,
            (Release::New, Self::Inventory) => new::inventory(db, n).await,
            (Release::New, Self::Payment) => new::payment(db, n).await,
            (Release::New, Self::Rental) => new::rental(db, n).await,
            (Release::New, Self::Review) => new::review(db, n).await,
            (Release::New, Self::Staff) => new::staff(db, n).await,
            (Release::New, Self::Store) => new::shop(db, n).await,
        }
    }
}

/// Both releases, which write until they are stopped what they can write both before and after a change.
#[derive(Debug)]
pub(super) struct Traffic {
    stop: Arc<AtomicBool>,
    writers: JoinSet<Result<usize, String>>,
}

impl Traffic {
    /// Starts both, on a pool that is theirs.
    pub(super) fn start(db: &DatabaseConnection, from: usize, to: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut writers = JoinSet::new();
        for release in [Release::Old, Release::New] {
            let (db, stop) = (db.clone(), Arc::clone(&stop));
            writers.spawn(write_until(db, release, (from, to), stop));
        }
        Self { stop, writers }
    }

    /// Stops them; how often they wrote. Not one write may have failed.
    pub(super) async fn stop(mut self) -> Result<usize, String> {
        self.stop.store(true, Ordering::Relaxed);
        let mut written = 0;
        while let Some(writer) = self.writers.join_next().await {
            written += writer.map_err(|error| error.to_string())??;
        }
        Ok(written)
    }
}

/// At least once each that it can.
async fn write_until(
    db: DatabaseConnection,
    release: Release,
    (from, to): (usize, usize),
    stop: Arc<AtomicBool>,
) -> Result<usize, String> {
    let can = |write: &Write| {
        let span = write.span(release);
        span.contains(&from) && span.contains(&to)
    };
    let can: Vec<Write> = WRITES.into_iter().filter(can).collect();
    let mut random = numbers(release, to);
    let mut written = 0;
    while written < can.len() || !stop.load(Ordering::Relaxed) {
        let write = can[written % can.len()];
        once(&db, release, write, &mut random)
            .await
            .map_err(|error| format!("{release:?} {write:?}: {error}"))?;
        written += 1;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(written)
}

/// Writes everything that either release can write after a change, so many times; both at once.
pub(super) async fn write_all(
    db: &DatabaseConnection,
    changes: usize,
    times: usize,
) -> Result<(), String> {
    let by = async |release| {
        let mut random = numbers(release, LAST + 1 + changes);
        let can = |write: &Write| write.span(release).contains(&changes);
        for write in WRITES
            .into_iter()
            .filter(can)
            .cycle()
            .take(times * WRITES.len())
        {
            once(db, release, write, &mut random)
                .await
                .map_err(|error| format!("{release:?} {write:?}: {error}"))?;
        }
        Ok::<_, String>(())
    };
    tokio::try_join!(by(Release::Old), by(Release::New)).map(drop)
}

/// As a program that is killed: writes without end, calling `wrote` now and then.
pub async fn write_on(db: &DatabaseConnection, changes: usize, wrote: impl Fn() + Sync) {
    let by = async |release| {
        let mut random = Random::new(u64::from(std::process::id()));
        for write in WRITES.into_iter().cycle() {
            if write.span(release).contains(&changes) {
                // A failure is no concern of one that is to be killed.
                let _outcome = once(db, release, write, &mut random).await;
                wrote();
            }
        }
    };
    tokio::join!(by(Release::Old), by(Release::New));
}

fn numbers(release: Release, of: usize) -> Random {
    let of = u64::try_from(of).unwrap_or_default();
    Random::new(2 * of + u64::from(release == Release::New))
}

/// Who writes stands in each record.
async fn once(
    db: &DatabaseConnection,
    release: Release,
    write: Write,
    random: &mut Random,
) -> Result<(), DbErr> {
    let n = i32::try_from(random.below(900_000_000)).unwrap_or_default();
    let who = AuditContext::new().actor(Actor::new(format!("{release:?}")));
    let db = db.audited_as(who);
    // Of every fourth write the statements are one transaction.
    if n % 4 != 0 {
        return write.by(release, &db, n).await;
    }
    let transaction = db.begin().await?;
    write.by(release, &transaction, n).await?;
    sea_orm::TransactionSession::commit(transaction).await
}
