use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbBackend, DbErr};
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    TailDelay,
    listing::{Listing, OpenWriter},
    server::Server,
};
use crate::{
    clock,
    entity::{TrailCursor, TrailEntity},
};

/// InnoDB shows an old list to who asks again within a tenth of a second.
const PAUSE: Duration = Duration::from_millis(110);

/// How long a tail waits at most if another program keeps that list old.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// How far the rows of a table are final.
#[derive(Debug)]
pub(super) struct Horizon {
    /// No row up to this number will come any more.
    proven: i64,
    /// What must end before more is proven.
    barrier: Option<Barrier>,
    server: Option<Server>,
    pause: Pause,
    /// Since when rows are there and none is final.
    waits_since: Option<DateTime<Utc>>,
}

/// Rows up to a number are final when the writers are gone that were open when a row of that number was seen.
#[derive(Debug)]
struct Barrier {
    until: i64,
    writers: Vec<OpenWriter>,
    started: i64,
}

/// When InnoDB may be asked again.
#[derive(Debug)]
struct Pause {
    until: Option<Instant>,
    length: Duration,
}

impl Pause {
    fn lasts(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() < until)
    }

    /// After an old list the pause grows by a random part. So several tails do not ask in step, and in the end nobody asks for a while.
    fn begin(&mut self, list_is_old: bool) {
        self.length = if list_is_old {
            let random = Uuid::now_v7().as_bytes()[15];
            let longer = self.length.mul_f64(1.0 + f64::from(random) / 255.0);
            longer.min(LONGEST_PAUSE)
        } else {
            (self.length / 2).max(PAUSE)
        };
        self.until = Some(Instant::now() + self.length);
    }
}

impl Horizon {
    pub(super) fn new() -> Self {
        Self {
            proven: 0,
            barrier: None,
            server: None,
            pause: Pause {
                until: None,
                length: PAUSE,
            },
            waits_since: None,
        }
    }

    /// How many of the rows behind a place are final, by their own places.
    pub(super) fn count_final(
        &self,
        place: TrailCursor,
        rows: impl ExactSizeIterator<Item = TrailCursor>,
        backend: DbBackend,
    ) -> usize {
        if backend == DbBackend::Sqlite {
            // One transaction writes at a time, and gets its numbers while it does.
            return rows.len();
        }
        let mut before = place.id();
        let is_final = |row: &TrailCursor| {
            let is_next = before + 1 == row.id();
            before = row.id();
            is_next || row.id() <= self.proven
        };
        rows.take_while(is_final).count()
    }

    /// Whether rows behind a place are final because nobody can have a number between them.
    pub(super) fn reaches_behind(&self, place: TrailCursor) -> bool {
        self.proven > place.id()
    }

    /// Asks who writes; whether more is proven than before.
    pub(super) async fn ask<E: TrailEntity>(
        &mut self,
        db: &DatabaseConnection,
    ) -> Result<bool, DbErr> {
        let server = match self.server {
            Some(server) => server,
            None => *self.server.insert(Server::of(db).await?),
        };
        if server == Server::MariaDb && self.pause.lasts() {
            return Ok(false);
        }
        let listing = server.writers_of::<E>(db).await?;
        self.pause.begin(listing.is_none());
        let before = self.proven;
        if let Some(listing) = listing {
            self.advance(listing);
        }
        Ok(self.proven > before)
    }

    fn advance(&mut self, listing: Listing) {
        if let Some(barrier) = &mut self.barrier {
            if barrier.started.abs_diff(listing.started) > 2 {
                // A transaction that was prepared before has another number now.
                barrier.started = listing.started;
                barrier.writers.clone_from(&listing.writers);
            } else {
                let going_on = barrier.writers.iter();
                let going_on = going_on.flat_map(|writer| writer.going_on_in(&listing.writers));
                let mut going_on: Vec<OpenWriter> = going_on.collect();
                going_on.sort();
                going_on.dedup();
                barrier.writers = going_on;
            }
            if barrier.writers.is_empty() {
                self.proven = barrier.until;
                self.barrier = None;
            }
        }
        if self.barrier.is_some() || listing.last <= self.proven {
            return;
        }
        if listing.writers.is_empty() {
            self.proven = listing.last;
        } else {
            self.barrier = Some(Barrier {
                until: listing.last,
                writers: listing.writers,
                started: listing.started,
            });
        }
    }

    /// What the rows of a page wait for that are not final; `None` if all are.
    pub(super) fn delay(&mut self, final_rows: usize, rows: usize) -> Option<TailDelay> {
        if final_rows > 0 || rows == 0 {
            self.waits_since = None;
        }
        if final_rows == rows {
            return None;
        }
        let sessions = |barrier: &Barrier| {
            let writers = barrier.writers.iter();
            writers.map(|writer| writer.session.clone()).collect()
        };
        Some(TailDelay {
            since: *self.waits_since.get_or_insert_with(clock::now),
            sessions: self.barrier.as_ref().map(sessions),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tail::listing::Work;

    fn transaction(thread: u64, number: &str) -> OpenWriter {
        let number = number.to_owned();
        writer(Work::Transaction { thread, number })
    }

    fn statement(thread: u64, number: u64) -> OpenWriter {
        writer(Work::Statement { thread, number })
    }

    fn prepared(number: &str) -> OpenWriter {
        let number = number.to_owned();
        writer(Work::Prepared { number })
    }

    fn writer(work: Work) -> OpenWriter {
        OpenWriter {
            work,
            session: String::new(),
            may_be_renumbered: false,
        }
    }

    fn listing(last: i64, writers: Vec<OpenWriter>) -> Listing {
        let started = 100;
        Listing {
            last,
            writers,
            started,
        }
    }

    /// What is proven after each of some listings.
    fn proven<const N: usize>(listings: [(i64, Vec<OpenWriter>); N]) -> [i64; N] {
        let mut horizon = Horizon::new();
        listings.map(|(last, writers)| {
            horizon.advance(listing(last, writers));
            horizon.proven
        })
    }

    #[test]
    fn what_nobody_writes_is_proven_at_once() {
        assert_eq!(proven([(5, vec![]), (7, vec![])]), [5, 7]);
    }

    #[test]
    fn only_the_writers_of_the_time_are_waited_for() {
        let (old, new) = (|| transaction(1, "a"), || transaction(2, "b"));
        let listings = [
            (5, vec![old()]),
            (6, vec![old(), new()]),
            (7, vec![new()]),
            (8, vec![transaction(2, "c")]),
        ];
        assert_eq!(proven(listings), [0, 0, 5, 7]);
    }

    #[test]
    fn a_statement_may_become_a_transaction_of_its_session() {
        let listings = [
            (5, vec![statement(1, 10)]),
            (5, vec![statement(1, 10)]),
            (5, vec![transaction(1, "a")]),
            (5, vec![statement(1, 11)]),
        ];
        assert_eq!(proven(listings), [0, 0, 0, 5]);
        let listings = [(5, vec![statement(1, 10)]), (5, vec![transaction(2, "a")])];
        assert_eq!(proven(listings), [0, 5]);
    }

    #[test]
    fn a_transaction_may_be_prepared() {
        let listings = [
            (5, vec![transaction(1, "a")]),
            (5, vec![prepared("x"), prepared("y")]),
            (5, vec![prepared("y")]),
            (5, vec![prepared("z")]),
        ];
        assert_eq!(proven(listings), [0, 0, 0, 5]);
    }

    #[test]
    fn a_transaction_is_renumbered_once() {
        let renumbered = |thread, number| OpenWriter {
            may_be_renumbered: true,
            ..transaction(thread, number)
        };
        let listings = [
            (5, vec![renumbered(1, "a")]),
            (5, vec![renumbered(1, "b"), renumbered(2, "c")]),
            (5, vec![renumbered(1, "b"), renumbered(2, "c")]),
            (5, vec![renumbered(1, "d"), renumbered(2, "c")]),
        ];
        assert_eq!(proven(listings), [0, 0, 0, 5]);
    }

    #[test]
    fn after_a_restart_all_that_is_open_is_waited_for() {
        let mut horizon = Horizon::new();
        horizon.advance(listing(5, vec![prepared("a")]));
        let restarted = |writers| Listing {
            started: 200,
            ..listing(5, writers)
        };
        horizon.advance(restarted(vec![prepared("b")]));
        horizon.advance(restarted(vec![prepared("b")]));
        assert_eq!(horizon.proven, 0);
        horizon.advance(restarted(vec![]));
        assert_eq!(horizon.proven, 5);
    }

    #[test]
    fn rows_are_final_up_to_the_first_number_that_is_missing() {
        let mut horizon = Horizon::new();
        let count_on = |horizon: &Horizon, place: i64, backend| {
            let rows = [3, 4, 6, 7, 9].map(TrailCursor::from);
            horizon.count_final(place.into(), rows.into_iter(), backend)
        };
        let count = |horizon: &Horizon, place| count_on(horizon, place, DbBackend::Postgres);
        assert_eq!((count(&horizon, 2), count(&horizon, 1)), (2, 0));
        assert_eq!(count_on(&horizon, 1, DbBackend::Sqlite), 5);
        horizon.proven = 6;
        assert_eq!(count(&horizon, 1), 4);
        horizon.proven = 9;
        assert_eq!(count(&horizon, 1), 5);
    }
}
