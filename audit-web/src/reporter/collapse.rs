//! Which events are written, and which only counted.

use std::{collections::HashMap, time::Duration};

use audit_sea_orm::{AuditContext, SharedContext, entity::system_event::EventType};
use tokio::time::Instant;

use super::{
    Options, Source,
    report::{Client, Key, Report},
};

/// The events of the current window. It opens with an event and ends by itself; between windows nothing is kept.
#[derive(Debug)]
pub(super) struct Collapse {
    options: Options,
    ends: Option<Instant>,
    tallies: HashMap<Key, Tally>,
    /// Of each type apart: what strangers send at will must not use up the room of the application's errors.
    written: HashMap<EventType, Written>,
}

/// How many different events of one type were written.
#[derive(Debug, Default)]
struct Written {
    of_all: usize,
    per_client: HashMap<Client, usize>,
}

/// What was only counted of the events of one key.
#[derive(Debug, Default)]
struct Tally {
    count: u64,
    common: Option<(AuditContext, SharedContext)>,
    /// The first titles of those that differ from the key's.
    titles: Vec<String>,
}

/// So many different titles are kept of events that were too many.
const TITLES: usize = 5;

impl Collapse {
    pub(super) fn new(options: Options) -> Self {
        Self {
            options,
            ends: None,
            tallies: HashMap::new(),
            written: HashMap::new(),
        }
    }

    /// When the window ends, if one is open.
    pub(super) fn ends(&self) -> Option<Instant> {
        self.ends
    }

    /// The event, where it is to be written now.
    pub(super) fn admit(&mut self, report: Report, now: Instant) -> Option<Report> {
        if self.options.window.is_zero() {
            return Some(report);
        }
        self.ends = self.ends.or_else(|| Some(end(now, self.options.window)));
        let key = report.key();
        if let Some(tally) = self.tallies.get_mut(&key) {
            tally.add(report);
            return None;
        }
        let written = self.written.entry(report.event_type.clone()).or_default();
        if written.of_all >= self.options.most_per_window {
            self.overflow(report, None);
            return None;
        }
        let client = report.client();
        let of_client = written.per_client.entry(client).or_default();
        if *of_client >= self.options.most_per_client {
            self.overflow(report, Some(client));
            return None;
        }
        *of_client += 1;
        written.of_all += 1;
        self.tallies.insert(key, Tally::default());
        Some(report)
    }

    /// Counts an event among all others of its type that are too many, of one client or of all.
    fn overflow(&mut self, report: Report, client: Option<Client>) {
        let key = Key {
            title: format!("further {} events", report.event_type),
            event_type: report.event_type.clone(),
            code: None,
            client,
            description: None,
        };
        let tally = self.tallies.entry(key).or_default();
        if tally.titles.len() < TITLES && !tally.titles.contains(&report.title) {
            tally.titles.push(report.title.clone());
        }
        tally.add(report);
    }

    /// Ends the window: one event for each kind of which some were only counted.
    pub(super) fn end(&mut self) -> Vec<Report> {
        let window = self.options.window;
        self.ends = None;
        self.written.clear();
        let tallies = self.tallies.drain();
        tallies
            .filter_map(|(key, tally)| tally.into_report(key, window))
            .collect()
    }
}

impl Tally {
    fn add(&mut self, report: Report) {
        self.count += 1;
        self.common = Some(match self.common.take() {
            None => (report.context, report.scope),
            Some((context, scope)) => (common(context, &report.context), scope),
        });
    }

    fn into_report(self, key: Key, window: Duration) -> Option<Report> {
        let (context, scope) = self.common?;
        let (count, seconds) = (self.count, window.as_secs_f64());
        let mut lines = vec![format!("{count} more within {seconds} s")];
        lines.extend(self.titles);
        lines.extend(key.description);
        Some(Report {
            event_type: key.event_type,
            title: key.title,
            code: key.code,
            description: Some(lines.join("\n")),
            source: Source::Unknown,
            per_client: false,
            per_description: false,
            context,
            scope,
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
