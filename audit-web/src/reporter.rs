//! Writes the events about requests, apart from the requests.

mod collapse;
mod logins;
mod on_failure;
mod refused_login;
mod report;
mod unfinished;
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

use audit_sea_orm::{AuditContext, LoginAttempt, entity::system_event::EventType};
use sea_orm::{DatabaseConnection, DbErr};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
};

use collapse::Budget;
use logins::Logins;
#[cfg(feature = "axum-login")]
pub(crate) use on_failure::under;
use refused_login::RefusedLogin;
pub(crate) use report::{Report, Source};
use unfinished::Begun;
pub(crate) use unfinished::{Listed, Unfinished};
#[cfg(feature = "tracing")]
pub(crate) use writing::is_writing;

/// Writes the events that layers report, in a task of its own: no request waits for one, or fails with one.
///
/// [`AuditLayer`](crate::AuditLayer) and [`SecurityAuditLayer`](crate::SecurityAuditLayer) make one from a database
/// connection; make one yourself to share it between them, to set its bounds, or to flush it.
///
/// - **Bounded.** Events wait in a queue; one that finds it full is dropped and [counted](Self::dropped), and a
///   WARNING event says how many. In each [window](Self::collapse_within) an event is written once. Its
///   repetitions are counted, and their count is written as an event, with what they have in common of actor, address and
///   request: after a twelfth of the window (5 seconds of 60, at least one), whenever the window is twice as old, and at its end.
///   So they are five rows at most, and a process that is killed loses at most what it counted in 20 seconds of 60, and never
///   the first of a kind. One client's different events of a type are written up to a [number](Self::most_per_client), and all
///   clients' up to [another](Self::most_per_window), beyond which they are counted, and the first titles are named.
/// - **Errors are not crowded out.** Each type of event has those numbers for itself, and events of type ERROR have their own
///   places in the queue: whoever probes for holes hides no panic and no failed request.
/// - **Failed logins** are bounded as events are: see [`record_login`](Self::record_login).
/// - **An incident loses nothing.** While the database gives no connection events wait, and repetitions are counted; the
///   queue fills with different ones only.
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
    sender: Arc<OnceLock<mpsc::UnboundedSender<Message>>>,
    queue: Arc<Queue>,
    logins: Arc<Logins>,
    begun: Arc<Begun>,
    failed: Arc<AtomicU64>,
}

#[derive(Clone, Copy, Debug)]
struct Options {
    queue: usize,
    window: Duration,
    most_per_window: usize,
    most_per_client: usize,
    most_failed_logins: usize,
}

impl Options {
    fn events(self) -> Budget {
        Budget {
            window: self.window,
            most_per_window: self.most_per_window,
            most_per_client: self.most_per_client,
        }
    }

    fn logins(self) -> Budget {
        Budget {
            most_per_window: self.most_failed_logins,
            ..self.events()
        }
    }
}

enum Message {
    Event(Box<Report>, OwnedSemaphorePermit),
    /// A login failed, so that a window of them has an end.
    LoginRefused,
    Flush(oneshot::Sender<()>),
}

/// The places of events that wait to be written, which they do in the order in which they happened.
#[derive(Debug)]
struct Queue {
    errors: Lane,
    /// All other events, of which strangers can make as many as they like.
    others: Lane,
}

impl Queue {
    fn new(places: usize) -> Self {
        Self {
            errors: Lane::new(places),
            others: Lane::new(places),
        }
    }

    fn lane(&self, event_type: &EventType) -> &Lane {
        match event_type {
            EventType::Error => &self.errors,
            _ => &self.others,
        }
    }

    /// How many errors, and how many others, were dropped.
    fn dropped(&self) -> (u64, u64) {
        (self.errors.dropped(), self.others.dropped())
    }
}

/// The places of one kind of event.
#[derive(Debug)]
struct Lane {
    places: Arc<Semaphore>,
    dropped: AtomicU64,
}

impl Lane {
    fn new(places: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))),
            dropped: AtomicU64::new(0),
        }
    }

    fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// How many events found no place, or no task to write them.
    fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

impl EventReporter {
    /// A reporter that writes through this connection, given as itself or by reference.
    pub fn new(db: impl Borrow<DatabaseConnection>) -> Self {
        let options = Options {
            // Some seconds of a database that does not answer, at a rate that no sound application has.
            queue: 1024,
            // Long enough to take a burst, short enough that a count is read while it matters.
            window: Duration::from_secs(60),
            most_per_window: 200,
            most_per_client: 20,
            most_failed_logins: 40,
        };
        Self {
            db: db.borrow().clone(),
            options,
            sender: Arc::default(),
            queue: Arc::new(Queue::new(options.queue)),
            logins: Arc::new(Logins::new(options.logins())),
            begun: Arc::default(),
            failed: Arc::default(),
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

    /// Sets how many different failed logins are written in a window; see [`record_login`](Self::record_login). Default: 40.
    pub fn most_failed_logins(mut self, attempts: usize) -> Self {
        self.options.most_failed_logins = attempts;
        self.anew()
    }

    fn anew(self) -> Self {
        Self {
            sender: Arc::default(),
            queue: Arc::new(Queue::new(self.options.queue)),
            logins: Arc::new(Logins::new(self.options.logins())),
            begun: Arc::default(),
            failed: Arc::default(),
            ..self
        }
    }

    /// How many events were dropped because the queue was full or its runtime was gone.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        let (errors, others) = self.queue.dropped();
        errors + others
    }

    /// How many events the database refused.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Records an attempt to log in, but bounds the rows that failed ones make: a stranger can fail as often as the server
    /// answers.
    ///
    /// A success and a logout are written as [`LoginAttempt::record`] does. Of failed and blocked attempts the first of
    /// each user name, outcome and client in a [window](Self::collapse_within) is; its repetitions are counted, and
    /// written as [events are](Self), in rows whose `attempts` says how many. So are those beyond 40 different ones in a
    /// [window](Self::most_failed_logins), or 20 of one [client](Self::most_per_client): the sum of `attempts` is exact, and names are of
    /// the first of them.
    ///
    /// What was counted since the last of these rows is in memory: [`flush`](Self::flush) when the server has shut down.
    ///
    /// # Errors
    /// Those of [`LoginAttempt::record`]; what is counted has none.
    ///
    /// # Example
    /// ```
    /// # use sea_orm::{Database, EntityTrait};
    /// # use sea_orm_migration::MigratorTrait;
    /// use audit_sea_orm::{LoginAttempt, entity::login_attempt};
    /// use audit_web::EventReporter;
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let db = Database::connect("sqlite::memory:").await?;
    /// # audit_migration::Migrator::up(&db, None).await?;
    /// let reporter = EventReporter::new(&db);
    /// for _ in 0..1_000 {
    ///     reporter.record_login(LoginAttempt::failed("ada").reason("wrong password")).await?;
    /// }
    /// reporter.flush().await;
    /// let attempts: Vec<_> = login_attempt::Entity::find().all(&db).await?;
    /// let attempts: Vec<_> = attempts.iter().map(|row| row.attempts).collect();
    /// assert_eq!(attempts, [1, 999]);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn record_login(&self, attempt: LoginAttempt) -> Result<(), DbErr> {
        let refused = RefusedLogin::of(&attempt).filter(|_| !AuditContext::is_unaudited());
        let Some(refused) = refused else {
            return attempt.record(&self.db).await;
        };
        let first = self.logins.admit(refused);
        if let Some(sender) = self.running() {
            // OK to ignore: where the task is gone with its runtime nothing can be written any more.
            let _gone = sender.send(Message::LoginRefused);
        }
        match first {
            Some(first) => first.record(&self.db).await,
            None => Ok(()),
        }
    }

    /// Waits until every event reported so far is written, counts of repetitions too.
    ///
    /// While the database gives no connection events wait for one. Whoever flushes does so for one connection only: what
    /// finds none by the pool's `acquire_timeout` is given up then, and counted in [`failed`](Self::failed).
    pub async fn flush(&self) {
        let Some(sender) = self.sender.get() else {
            return;
        };
        let (done, is_done) = oneshot::channel();
        // Where the task is gone, as its runtime is, there is nothing left that could be written.
        if sender.send(Message::Flush(done)).is_ok() {
            let _gone = is_done.await;
        }
    }

    /// Reports each request of an [`AuditLayer`](crate::AuditLayer) that has not ended as one that is cut off: where a server
    /// ends without waiting for it. [`flush`](Self::flush) then. `Shutdown`, of the feature `shutdown`, does both.
    ///
    /// The events are of type WARNING, `GET /cakes/{id} was cut off by the shutdown`, with the code `shutdown`, and say how
    /// long the request ran. Each request is an event of its own, up to the numbers [of a client](Self::most_per_client) and
    /// [of a window](Self::most_per_window). Such a request leaves no event `aborted` later.
    ///
    /// # Example
    /// ```
    /// # use sea_orm::{Database, EntityTrait};
    /// # use sea_orm_migration::MigratorTrait;
    /// use audit_sea_orm::entity::system_event;
    /// use audit_web::{AuditLayer, EventReporter};
    /// # use axum::{body::Body, http::{Request, Response}};
    /// # use std::convert::Infallible;
    /// use tower::{Layer, Service, service_fn};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let db = Database::connect("sqlite::memory:").await?;
    /// # audit_migration::Migrator::up(&db, None).await?;
    /// let reporter = EventReporter::new(&db);
    /// let stuck = service_fn(|_: Request<Body>| std::future::pending::<Result<Response<Body>, Infallible>>());
    /// let _running = AuditLayer::new(&reporter).layer(stuck).call(Request::new(Body::empty()));
    ///
    /// reporter.report_unfinished();
    /// reporter.flush().await;
    /// let event = system_event::Entity::find().one(&db).await?.unwrap();
    /// assert_eq!(event.title, "GET / was cut off by the shutdown");
    /// # Ok(())
    /// # }
    /// ```
    pub fn report_unfinished(&self) {
        for unfinished in self.begun.take() {
            self.report(unfinished.cut_off());
        }
    }

    /// Notes that something has begun, until it ends.
    pub(crate) fn list(&self, unfinished: Arc<dyn Unfinished>) -> Listed {
        self.begun.list(unfinished)
    }

    /// Hands an event to the task; never waits.
    pub(crate) fn report(&self, report: Report) {
        let lane = self.queue.lane(&report.event_type);
        let event = lane
            .place()
            .map(|place| Message::Event(Box::new(report), place));
        let sent = event
            .zip(self.running())
            .is_some_and(|(event, sender)| sender.send(event).is_ok());
        if !sent {
            lane.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Starts the task in the runtime where this is called, if there is one. Else the first report starts it, and the task
    /// ends with the runtime of whoever reported: each worker of actix has its own.
    #[cfg(feature = "actix")]
    pub(crate) fn start(&self) {
        let _none_here = self.running();
    }

    pub(crate) fn db(&self) -> &DatabaseConnection {
        &self.db
    }

    fn running(&self) -> Option<&mpsc::UnboundedSender<Message>> {
        if self.sender.get().is_none() {
            let runtime = Handle::try_current().ok()?;
            self.sender.get_or_init(|| {
                let (sender, receiver) = mpsc::unbounded_channel();
                let writer = writer::Writer::new(self);
                runtime.spawn(writing::writing(writer.run(receiver)));
                sender
            });
        }
        self.sender.get()
    }
}

impl fmt::Debug for EventReporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventReporter")
            .field("options", &self.options)
            .field("queue", &self.queue)
            .field("failed", &self.failed)
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
