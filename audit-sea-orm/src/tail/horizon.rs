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
use crate::{clock, entity::TrailEntity};

/// InnoDB shows an old list to who asks again within a tenth of a second.
const PAUSE: Duration = Duration::from_millis(110);

/// How long a tail waits at most where somebody else keeps that list old.
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
    /// Since when no row came, while there are some.
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

    /// Who met an old list waits longer each time, and not as long as others that do: in the end nobody asks for a while.
    fn begin(&mut self, met_an_old_list: bool) {
        self.length = if met_an_old_list {
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

    /// How many of the rows behind a place are final, by their numbers.
    pub(super) fn count_final(&self, after: i64, numbers: &[i64], backend: DbBackend) -> usize {
        if backend == DbBackend::Sqlite {
            // One transaction writes at a time, and gets its numbers while it does.
            return numbers.len();
        }
        let before = std::iter::once(after).chain(numbers.iter().copied());
        let pairs = before.zip(numbers);
        pairs
            .take_while(|(before, number)| **number <= self.proven || before + 1 == **number)
            .count()
    }

    /// Whether rows behind a place are final by what was asked, and not by their numbers alone.
    pub(super) fn reaches_behind(&self, after: i64) -> bool {
        self.proven > after
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
                // Whatever was prepared before has another number now.
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

    /// What the rows wait for that are not final, of which there are some or none, behind some that are or none.
    pub(super) fn delay(&mut self, some_are_final: bool, some_are_not: bool) -> Option<TailDelay> {
        if some_are_final || !some_are_not {
            self.waits_since = None;
        }
        if !some_are_not {
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
        let count = |horizon: &Horizon, after| {
            horizon.count_final(after, &[3, 4, 6, 7, 9], DbBackend::Postgres)
        };
        assert_eq!((count(&horizon, 2), count(&horizon, 1)), (2, 0));
        assert_eq!(horizon.count_final(1, &[3, 4, 6], DbBackend::Sqlite), 3);
        horizon.proven = 6;
        assert_eq!(count(&horizon, 1), 4);
        horizon.proven = 9;
        assert_eq!(count(&horizon, 1), 5);
    }
}
