//! Who guesses passwords is locked out for a while.
//!
//! In memory: the trail counts failed logins that come fast instead of writing each, so it knows of them too late.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// After so many failures nobody may try that name again from that address,
const MAX_FAILURES: usize = 5;
/// until the first of them is as old as this.
const WITHIN: Duration = Duration::from_secs(15 * 60);
/// So many are remembered; a stranger can make up any number of names.
const MAX_GUESSERS: usize = 10_000;

type Guesser = (String, Option<IpAddr>);

/// The failures of late.
#[derive(Clone, Debug, Default)]
pub struct Lockout {
    failures: Arc<Mutex<HashMap<Guesser, Vec<Instant>>>>,
}

impl Lockout {
    pub fn is_locked(&self, username: &str, ip: Option<IpAddr>) -> bool {
        self.of_late(|failures| {
            let of_guesser = failures.get(&(username.to_owned(), ip));
            of_guesser.is_some_and(|times| times.len() >= MAX_FAILURES)
        })
    }

    pub fn note_failure(&self, username: &str, ip: Option<IpAddr>) {
        self.of_late(|failures| {
            if failures.len() < MAX_GUESSERS {
                let of_guesser = failures.entry((username.to_owned(), ip)).or_default();
                of_guesser.push(Instant::now());
            }
        });
    }

    fn of_late<R>(&self, look: impl FnOnce(&mut HashMap<Guesser, Vec<Instant>>) -> R) -> R {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.retain(|_, times| {
            times.retain(|time| time.elapsed() < WITHIN);
            !times.is_empty()
        });
        look(&mut failures)
    }
}
