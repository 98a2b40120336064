//! Which of many alike are written, and which only counted.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
    mem,
    net::IpAddr,
    time::Duration,
};

use audit_sea_orm::AuditContext;
use tokio::time::Instant;

/// What strangers can cause as often as they like.
pub(super) trait Collapsible: Sized {
    /// What makes two of them the same.
    type Key: Clone + Eq + Hash;
    /// What has budgets of its own: what strangers send at will must not use up the room of the rest.
    type Kind: Eq + Hash;

    fn key(&self) -> Self::Key;

    /// The key of all that are too many, of one client or of all.
    fn further_key(&self, client: Option<Client>) -> Self::Key;

    fn kind(&self) -> Self::Kind;

    fn title(&self) -> &str;

    /// Who and from where.
    fn context(&self) -> &AuditContext;

    /// What stands for all that were counted with a key, of which this was the first.
    fn counted(self, counted: Counted<Self::Key>) -> Self;

    fn client(&self) -> Client {
        Client::of(self.context())
    }
}

/// What was only counted in a window of one key.
#[derive(Debug)]
pub(super) struct Counted<K> {
    pub(super) key: K,
    pub(super) count: u64,
    /// What all of them have in common.
    pub(super) context: AuditContext,
    /// The first titles of those that differ from the key's.
    pub(super) titles: Vec<String>,
    pub(super) within: Duration,
}

/// Who sent it: an IPv4 address, or a network of IPv6, as one client has all of its addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Client(Option<IpAddr>);

impl Client {
    fn of(context: &AuditContext) -> Self {
        Self(context.ip.map(|ip| match ip {
            IpAddr::V4(_) => ip,
            IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & (u128::MAX << 64)).into()),
        }))
    }
}

/// How many are written in a window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    /// With none everything is written.
    pub(super) window: Duration,
    /// Different ones of a kind.
    pub(super) most_per_window: usize,
    /// Different ones of a kind of one client.
    pub(super) most_per_client: usize,
}

/// What was written and counted in the current window. It opens with the first and is ended by whoever looks at
/// [`ends`](Self::ends); between windows nothing is kept.
#[derive(Debug)]
pub(super) struct Collapse<T: Collapsible> {
    budget: Budget,
    window: Option<Window>,
    repetitions: HashMap<T::Key, Option<Repetitions<T>>>,
    written: HashMap<T::Kind, Written>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    began: Instant,
    ends: Instant,
    /// When what was counted is written next.
    counts: Instant,
    /// Since when it was not.
    counted_since: Instant,
}

/// The part of a window, one of so many, after which counts are written for the first time.
const FIRST_COUNT: u32 = 12;

/// Shorter parts are not worth a row.
const SHORTEST_COUNT: Duration = Duration::from_secs(1);

impl Window {
    fn new(began: Instant, length: Duration) -> Self {
        let ends = end(began, length);
        let mut window = Self {
            began,
            ends,
            counts: ends,
            counted_since: began,
        };
        window.counts = window.next_count(began);
        window
    }

    /// The next time to write counts: a part after the begin, and whenever the window is twice as old.
    fn next_count(&self, now: Instant) -> Instant {
        let mut age = SHORTEST_COUNT.max((self.ends - self.began) / FIRST_COUNT);
        while self.began + age <= now {
            age *= 2;
        }
        self.ends.min(self.began + age)
    }

    /// How long it was counted, as of a time at which that is written.
    fn counted_within(&self, until: Instant, now: Instant) -> Duration {
        // What nobody could write in time was counted for longer.
        until.max(now) - self.counted_since
    }
}

/// How many different ones of a kind were written.
#[derive(Debug, Default)]
struct Written {
    of_all: usize,
    per_client: HashMap<Client, usize>,
}

/// What was only counted of one key.
#[derive(Debug)]
struct Repetitions<T> {
    first: T,
    count: u64,
    context: AuditContext,
    titles: Vec<String>,
}

/// So many different titles are kept of those that were too many.
const TITLES: usize = 5;

impl<T: Collapsible> Collapse<T> {
    pub(super) fn new(budget: Budget) -> Self {
        Self {
            budget,
            window: None,
            repetitions: HashMap::new(),
            written: HashMap::new(),
        }
    }

    /// When the window ends, if one is open.
    pub(super) fn ends(&self) -> Option<Instant> {
        self.window.map(|window| window.ends)
    }

    /// When there may be something to [write](Self::due): at the end of the window, and before it so that a process that
    /// is killed does not lose all that it counted.
    pub(super) fn is_due_at(&self) -> Option<Instant> {
        self.window.map(|window| window.counts)
    }

    /// What is to be written by now of what was only counted.
    pub(super) fn due(&mut self, now: Instant) -> Vec<T> {
        match &mut self.window {
            Some(window) if window.ends <= now => self.end(now),
            Some(window) if window.counts <= now => {
                let within = window.counted_within(window.counts, now);
                window.counted_since = now;
                window.counts = window.next_count(now);
                let repetitions = self.repetitions.iter_mut();
                repetitions
                    .filter_map(|(key, repeated)| Some(repeated.take()?.ended(key.clone(), within)))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// What is to be written now; `None` where it was counted instead.
    pub(super) fn admit(&mut self, item: T, now: Instant) -> Option<T> {
        if self.budget.window.is_zero() {
            return Some(item);
        }
        let length = self.budget.window;
        self.window.get_or_insert_with(|| Window::new(now, length));
        let key = item.key();
        if self.repetitions.contains_key(&key) {
            self.count(key, item, false);
            return None;
        }
        let written = self.written.entry(item.kind()).or_default();
        if written.of_all >= self.budget.most_per_window {
            self.count(item.further_key(None), item, true);
            return None;
        }
        let client = item.client();
        let of_client = written.per_client.entry(client).or_default();
        if *of_client >= self.budget.most_per_client {
            self.count(item.further_key(Some(client)), item, true);
            return None;
        }
        *of_client += 1;
        written.of_all += 1;
        self.repetitions.insert(key, None);
        Some(item)
    }

    fn count(&mut self, key: T::Key, item: T, is_titled: bool) {
        let title = is_titled.then(|| item.title().to_owned());
        let repeated = match self.repetitions.entry(key) {
            Entry::Occupied(repeated) => repeated.into_mut(),
            Entry::Vacant(none) => none.insert(None),
        };
        let repeated = match repeated {
            Some(repeated) => {
                repeated.count += 1;
                repeated.context = common(mem::take(&mut repeated.context), item.context());
                repeated
            }
            None => repeated.insert(Repetitions::of(item)),
        };
        if let Some(title) = title
            && repeated.titles.len() < TITLES
            && !repeated.titles.contains(&title)
        {
            repeated.titles.push(title);
        }
    }

    /// Ends the window: one for each key of which some were only counted.
    pub(super) fn end(&mut self, now: Instant) -> Vec<T> {
        self.written.clear();
        let Some(window) = self.window.take() else {
            return Vec::new();
        };
        let within = window.counted_within(window.ends, now);
        let repetitions = self.repetitions.drain();
        repetitions
            .filter_map(|(key, repeated)| Some(repeated?.ended(key, within)))
            .collect()
    }
}

impl<T: Collapsible> Repetitions<T> {
    fn of(first: T) -> Self {
        Self {
            count: 1,
            context: first.context().clone(),
            titles: Vec::new(),
            first,
        }
    }

    fn ended(self, key: T::Key, within: Duration) -> T {
        self.first.counted(Counted {
            key,
            count: self.count,
            context: self.context,
            titles: self.titles,
            within,
        })
    }
}

/// What two contexts agree on: an event that stands for several names only what is true of each.
fn common(one: AuditContext, other: &AuditContext) -> AuditContext {
    fn kept<T: PartialEq>(one: Option<T>, other: Option<&T>) -> Option<T> {
        one.filter(|one| Some(one) == other)
    }
    let mut context = AuditContext::new();
    context.actor = kept(one.actor, other.actor.as_ref());
    context.on_behalf_of = kept(one.on_behalf_of, other.on_behalf_of.as_ref());
    context.tenant_id = kept(one.tenant_id, other.tenant_id.as_ref());
    context.ip = kept(one.ip, other.ip.as_ref());
    context.user_agent = kept(one.user_agent, other.user_agent.as_ref());
    context.session_id = kept(one.session_id, other.session_id.as_ref());
    context.request_id = kept(one.request_id, other.request_id.as_ref());
    context.reason = kept(one.reason, other.reason.as_ref());
    context.module = kept(one.module, other.module.as_ref());
    context.metadata = kept(one.metadata, other.metadata.as_ref());
    context
}

/// Where the clock ends before the window, in a year.
fn end(now: Instant, window: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    now.checked_add(window).unwrap_or_else(|| now + YEAR)
}

#[cfg(test)]
mod tests;
