//! The task that writes.

use std::{
    collections::VecDeque,
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use audit_sea_orm::{
    AuditContext, AuditDbErrExt, Error, OnFailure, SharedContext, entity::system_event::EventType,
};
use sea_orm::{ConnAcquireErr, DatabaseConnection, DbErr};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc, oneshot},
    time::{Instant, sleep, sleep_until},
};

use super::{
    EventReporter, Logins, Message, Queue,
    collapse::Collapse,
    on_failure::under,
    refused_login::RefusedLogin,
    report::{Event, Report},
};

/// How long it waits where the database gave it no connection.
const PAUSE: Duration = Duration::from_secs(1);

/// Takes what is reported, also while a row waits for the database, so that an incident fills no queue: what is
/// repeated is counted, and the rest waits with its place in the queue.
pub(super) struct Writer {
    db: DatabaseConnection,
    collapse: Collapse<Report>,
    logins: Arc<Logins>,
    queue: Arc<Queue>,
    failed: Arc<AtomicU64>,
    /// The drops of errors, and of other events, that earlier events have reported.
    reported: (u64, u64),
    waiting: VecDeque<Waiting>,
    writing: Option<Writing>,
}

/// What waits for its turn.
enum Waiting {
    Event(Box<Report>, Option<OwnedSemaphorePermit>),
    Login(Box<RefusedLogin>),
    /// Somebody wants to know when all before it is written.
    Flush(oneshot::Sender<()>),
}

/// A row on its way.
enum Row {
    Event(Box<Event>),
    Login(Box<RefusedLogin>),
}

/// Gives a row back that found no connection, of which nothing was written.
type Writing = Pin<Box<dyn Future<Output = Outcome> + Send>>;

enum Outcome {
    Written,
    Lost,
    NoConnection(Row, Option<OwnedSemaphorePermit>),
}

/// What the task does next.
enum Step {
    Took(Option<Message>),
    Wrote(Outcome),
    /// There may be counts to write.
    Counted,
}

impl Writer {
    pub(super) fn new(reporter: &EventReporter) -> Self {
        Self {
            db: reporter.db.clone(),
            collapse: Collapse::new(reporter.options.events()),
            logins: Arc::clone(&reporter.logins),
            queue: Arc::clone(&reporter.queue),
            failed: Arc::clone(&reporter.failed),
            reported: (0, 0),
            waiting: VecDeque::new(),
            writing: None,
        }
    }

    pub(super) async fn run(mut self, mut receiver: mpsc::UnboundedReceiver<Message>) {
        let mut is_open = true;
        while is_open || self.writing.is_some() {
            match self.step(&mut receiver, is_open).await {
                Step::Took(Some(message)) => self.take(message),
                Step::Took(None) => {
                    is_open = false;
                    self.end_windows();
                }
                Step::Wrote(outcome) => self.settle(outcome, is_open),
                Step::Counted => self.write_counts(),
            }
            self.go_on();
        }
    }

    async fn step(
        &mut self,
        receiver: &mut mpsc::UnboundedReceiver<Message>,
        is_open: bool,
    ) -> Step {
        let is_due_at = self.is_due_at();
        let due = async {
            match is_due_at {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let is_writing = self.writing.is_some();
        tokio::select! {
            () = due => Step::Counted,
            message = receiver.recv(), if is_open => Step::Took(message),
            outcome = written(&mut self.writing), if is_writing => Step::Wrote(outcome),
        }
    }

    /// When counts are written next. While rows wait they are not: what is repeated goes on being counted.
    fn is_due_at(&self) -> Option<Instant> {
        if self.writing.is_some() {
            return None;
        }
        self.collapse
            .is_due_at()
            .into_iter()
            .chain(self.logins.is_due_at())
            .min()
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Event(report, place) => {
                if let Some(report) = self.collapse.admit(*report, Instant::now()) {
                    let event = Waiting::Event(Box::new(report), Some(place));
                    self.waiting.push_back(event);
                }
            }
            // Sent so that the end of their window is known.
            Message::LoginRefused => {}
            Message::Flush(done) => {
                self.end_windows();
                self.waiting.push_back(Waiting::Flush(done));
            }
        }
    }

    /// Begins with the next row, if there is one and none is on its way.
    fn go_on(&mut self) {
        while self.writing.is_none() {
            match self.waiting.pop_front() {
                Some(Waiting::Event(report, place)) => {
                    let db = self.db.clone();
                    self.writing = Some(Box::pin(async move {
                        let event = Box::new(report.into_event().await);
                        write(Row::Event(event), place, &db).await
                    }));
                }
                Some(Waiting::Login(login)) => self.write(Row::Login(login), None),
                Some(Waiting::Flush(done)) => {
                    // OK to ignore: who asked has gone away.
                    let _gone = done.send(());
                }
                None if self.collapse.ends().is_none() && self.has_drops() => self.tell_drops(),
                None => return,
            }
        }
    }

    fn write(&mut self, row: Row, place: Option<OwnedSemaphorePermit>) {
        let db = self.db.clone();
        self.writing = Some(Box::pin(async move { write(row, place, &db).await }));
    }

    fn settle(&mut self, outcome: Outcome, is_open: bool) {
        self.writing = None;
        match outcome {
            Outcome::Written => {}
            Outcome::Lost => self.lose(1),
            Outcome::NoConnection(row, place) if is_open && !self.is_awaited() => {
                let db = self.db.clone();
                self.writing = Some(Box::pin(async move {
                    sleep(PAUSE).await;
                    write(row, place, &db).await
                }));
            }
            // Whoever waits for the end waits no longer than one connection takes.
            Outcome::NoConnection(..) => self.give_up(),
        }
    }

    /// Whether somebody waits until all is written.
    fn is_awaited(&self) -> bool {
        let is_flush = |waiting: &Waiting| matches!(waiting, Waiting::Flush(_));
        self.waiting.iter().any(is_flush)
    }

    /// Lets go what waits, which the database has no connection for.
    fn give_up(&mut self) {
        let mut lost = 1;
        for waiting in self.waiting.drain(..) {
            match waiting {
                Waiting::Event(..) | Waiting::Login(_) => lost += 1,
                Waiting::Flush(done) => {
                    // OK to ignore: who asked has gone away.
                    let _gone = done.send(());
                }
            }
        }
        tracing::error!(
            lost,
            "events about requests lost: the database gave no connection"
        );
        self.lose(lost);
    }

    fn lose(&self, rows: u64) {
        self.failed.fetch_add(rows, Ordering::Relaxed);
    }

    /// Writes what was counted and is due, and ends the windows that are over.
    fn write_counts(&mut self) {
        let now = Instant::now();
        let events = self.collapse.due(now);
        let logins = self.logins.due(now);
        self.write_counted(events, logins);
    }

    /// Ends all windows.
    fn end_windows(&mut self) {
        let now = Instant::now();
        let events = self.collapse.end(now);
        let logins = self.logins.end(now);
        self.write_counted(events, logins);
    }

    fn write_counted(&mut self, events: Vec<Report>, logins: Vec<RefusedLogin>) {
        let events = events.into_iter();
        self.waiting
            .extend(events.map(|report| Waiting::Event(Box::new(report), None)));
        let logins = logins.into_iter();
        self.waiting
            .extend(logins.map(|login| Waiting::Login(Box::new(login))));
        self.tell_drops();
    }

    fn has_drops(&self) -> bool {
        self.reported != self.queue.dropped()
    }

    fn tell_drops(&mut self) {
        if !self.has_drops() {
            return;
        }
        let dropped = self.queue.dropped();
        let errors = dropped.0 - self.reported.0;
        let count = errors + dropped.1 - self.reported.1;
        self.reported = dropped;
        let scope = SharedContext::new(AuditContext::new());
        let title = "events were dropped: the queue was full".to_owned();
        let mut report = Report::new(EventType::Warning, title, &scope);
        report.description = Some(format!(
            "{count} since the last such event, {errors} of them of type ERROR"
        ));
        self.waiting
            .push_back(Waiting::Event(Box::new(report), None));
    }
}

/// What became of the row on its way; it goes on where this is dropped.
async fn written(writing: &mut Option<Writing>) -> Outcome {
    match writing {
        Some(writing) => poll_fn(|cx| writing.as_mut().poll(cx)).await,
        None => std::future::pending().await,
    }
}

/// Writes a row that holds its place in the queue until then.
async fn write(row: Row, place: Option<OwnedSemaphorePermit>, db: &DatabaseConnection) -> Outcome {
    let Err(error) = row.record(db).await else {
        return Outcome::Written;
    };
    if found_no_connection(&error) {
        return Outcome::NoConnection(row, place);
    }
    tracing::error!(title = row.title(), %error, "event about a request lost");
    Outcome::Lost
}

/// Whether the database may give one later. Only then it is sure that nothing was written.
fn found_no_connection(error: &DbErr) -> bool {
    let source = match error.audit_err() {
        Some(Error::Write { source, .. }) => source,
        Some(_) => return false,
        None => error,
    };
    matches!(
        source,
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) | DbErr::Conn(_)
    )
}

impl Row {
    async fn record(&self, db: &DatabaseConnection) -> Result<(), DbErr> {
        // Also where the application's own losses are counted.
        let or_fail = OnFailure::Fail;
        match self {
            Self::Event(event) => event.scope().scope(under(or_fail, event.record(db))).await,
            Self::Login(login) => login.scope().scope(under(or_fail, login.record(db))).await,
        }
    }

    fn title(&self) -> &str {
        match self {
            Self::Event(event) => event.title(),
            Self::Login(_) => "failed logins",
        }
    }
}
