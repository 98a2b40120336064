//! Writes the events about requests, apart from the requests.

mod collapse;
mod report;
mod writer;
mod writing;

use std::{
    borrow::Borrow,
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use audit_sea_orm::entity::system_event::EventType;
use sea_orm::DatabaseConnection;
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
};

pub(crate) use report::{Report, Source};
#[cfg(feature = "tracing")]
pub(crate) use writing::is_writing;

/// Writes the events that layers report, in a task of its own: no request waits for one, or fails with one.
///
/// [`AuditLayer`](crate::AuditLayer) and [`SecurityAuditLayer`](crate::SecurityAuditLayer) make one from a database
/// connection; make one yourself to share it between them, to set its bounds, or to flush it.
///
/// - **Bounded.** Events wait in a queue; one that finds it full is dropped and [counted](Self::dropped), and a
///   WARNING event says how many. In each [window](Self::collapse_within) an event is written once; its
///   repetitions are counted and written as one event when the window ends, with what they have in common of actor,
///   address and request. One client's different events of a type are written up to a [number](Self::most_per_client), and all
///   clients' up to [another](Self::most_per_window), beyond which they are counted, and the first titles are named.
/// - **Errors are not crowded out.** Each type of event has those numbers for itself, and events of type ERROR have their own
///   places in the queue: whoever probes for holes hides no panic and no failed request.
/// - **Failures.** An event that the database refuses is traced at level `ERROR` and [counted](Self::failed).
/// - **The end.** Call [`flush`](Self::flush) when the server has shut down. When the last clone, layer and service
///   is gone the task writes what it has and ends.
///
/// The task begins with the first event, on the runtime that the event comes from, which must have its time driver
/// enabled, as `#[tokio::main]` does. Skip lists of the [`AuditConfig`](audit_sea_orm::AuditConfig) in force where
/// the layer stands hold; `ERROR` in `AUDIT_SKIP_ACTIONS` leaves out those, for example.
///
/// # Example
/// ```
/// # use sea_orm::Database;
/// use audit_web::{AuditLayer, EventReporter, SecurityAuditLayer};
/// # #[tokio::main]
/// # async fn main() -> Result<(), sea_orm::DbErr> {
/// # let db = Database::connect("sqlite::memory:").await?;
/// let reporter = EventReporter::new(db);
/// let layers = (AuditLayer::new(&reporter), SecurityAuditLayer::new(&reporter));
/// // … serve until a signal comes, then:
/// reporter.flush().await;
/// assert_eq!((reporter.dropped(), reporter.failed()), (0, 0));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct EventReporter {
    db: DatabaseConnection,
    options: Options,
    queue: Arc<OnceLock<Queue>>,
    losses: Arc<Losses>,
}

#[derive(Clone, Copy, Debug)]
struct Options {
    queue: usize,
    window: Duration,
    most_per_window: usize,
    most_per_client: usize,
}

#[derive(Debug, Default)]
struct Losses {
    dropped: AtomicU64,
    /// Of these, those of type ERROR.
    dropped_errors: AtomicU64,
    failed: AtomicU64,
}

enum Message {
    Event(Box<Report>, OwnedSemaphorePermit),
    Flush(oneshot::Sender<()>),
}

/// What waits to be written, in the order in which it happened.
struct Queue {
    sender: mpsc::UnboundedSender<Message>,
    /// The free places of errors.
    errors: Arc<Semaphore>,
    /// Those of all other events, of which strangers can make as many as they like.
    others: Arc<Semaphore>,
}

impl Queue {
    fn new(sender: mpsc::UnboundedSender<Message>, places: usize) -> Self {
        let places = places.min(Semaphore::MAX_PERMITS);
        Self {
            sender,
            errors: Arc::new(Semaphore::new(places)),
            others: Arc::new(Semaphore::new(places)),
        }
    }

    /// Whether there was a place for it.
    fn take(&self, report: Report) -> bool {
        let places = match report.event_type {
            EventType::Error => &self.errors,
            _ => &self.others,
        };
        let place = Arc::clone(places).try_acquire_owned();
        place.is_ok_and(|place| {
            let event = Message::Event(Box::new(report), place);
            self.sender.send(event).is_ok()
        })
    }
}

impl EventReporter {
    /// A reporter that writes through this connection, given as itself or by reference.
    pub fn new(db: impl Borrow<DatabaseConnection>) -> Self {
        Self {
            db: db.borrow().clone(),
            options: Options {
                // Some seconds of a database that does not answer, at a rate that no sound application has.
                queue: 1024,
                // Long enough to take a burst, short enough that a count is read while it matters.
                window: Duration::from_secs(60),
                most_per_window: 200,
                most_per_client: 20,
            },
            queue: Arc::default(),
            losses: Arc::default(),
        }
    }

    /// Sets how many events of type ERROR, and how many others, may wait to be written; at least one. Default: 1,024 of each.
    ///
    /// Set this, as the other bounds, before the reporter is shared: it parts from clones made earlier.
    pub fn queue(mut self, events: usize) -> Self {
        self.options.queue = events.max(1);
        self.anew()
    }

    /// Sets the window within which repetitions are counted instead of written. Default: 60 seconds; with zero
    /// every event is written, and the two numbers per window bound nothing.
    pub fn collapse_within(mut self, window: Duration) -> Self {
        self.options.window = window;
        self.anew()
    }

    /// Sets how many different events of each type are written in a window. Default: 200.
    pub fn most_per_window(mut self, events: usize) -> Self {
        self.options.most_per_window = events;
        self.anew()
    }

    /// Sets how many different events of each type of one client are written in a window. Default: 20.
    ///
    /// A client is an IPv4 address or a /64 network of IPv6; requests of unknown address are one client.
    pub fn most_per_client(mut self, events: usize) -> Self {
        self.options.most_per_client = events;
        self.anew()
    }

    fn anew(self) -> Self {
        Self {
            queue: Arc::default(),
            losses: Arc::default(),
            ..self
        }
    }

    /// How many events were dropped because the queue was full or its runtime was gone.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.losses.dropped.load(Ordering::Relaxed)
    }

    /// How many events the database refused.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.losses.failed.load(Ordering::Relaxed)
    }

    /// Waits until every event reported so far is written, counts of repetitions too.
    pub async fn flush(&self) {
        let Some(queue) = self.queue.get() else {
            return;
        };
        let (done, is_done) = oneshot::channel();
        // Where the task is gone, as its runtime is, there is nothing left that could be written.
        if queue.sender.send(Message::Flush(done)).is_ok() {
            let _gone = is_done.await;
        }
    }

    /// Hands an event to the task; never waits.
    pub(crate) fn report(&self, report: Report) {
        let is_error = report.event_type == EventType::Error;
        if self.running().is_some_and(|queue| queue.take(report)) {
            return;
        }
        self.losses.dropped.fetch_add(1, Ordering::Relaxed);
        if is_error {
            self.losses.dropped_errors.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn db(&self) -> &DatabaseConnection {
        &self.db
    }

    fn running(&self) -> Option<&Queue> {
        if self.queue.get().is_none() {
            let runtime = Handle::try_current().ok()?;
            self.queue.get_or_init(|| {
                let (sender, receiver) = mpsc::unbounded_channel();
                let losses = Arc::clone(&self.losses);
                let writer = writer::Writer::new(self.db.clone(), self.options, losses);
                runtime.spawn(writing::writing(writer.run(receiver)));
                Queue::new(sender, self.options.queue)
            });
        }
        self.queue.get()
    }
}

impl fmt::Debug for EventReporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventReporter")
            .field("options", &self.options)
            .field("losses", &self.losses)
            .finish_non_exhaustive()
    }
}

impl From<DatabaseConnection> for EventReporter {
    fn from(db: DatabaseConnection) -> Self {
        Self::new(db)
    }
}

impl From<&DatabaseConnection> for EventReporter {
    fn from(db: &DatabaseConnection) -> Self {
        Self::new(db)
    }
}

impl From<&Self> for EventReporter {
    fn from(reporter: &Self) -> Self {
        reporter.clone()
    }
}
