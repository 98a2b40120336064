//! The task that writes.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use audit_sea_orm::{AuditContext, SharedContext, SystemEvent, entity::system_event::EventType};
use sea_orm::DatabaseConnection;
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

use super::{
    EventReporter, Message, Queue, Source,
    collapse::Collapse,
    report::{Report, from_panic},
};

pub(super) struct Writer {
    db: DatabaseConnection,
    collapse: Collapse,
    queue: Arc<Queue>,
    failed: Arc<AtomicU64>,
    /// The drops of errors, and of other events, that earlier events have reported.
    reported: (u64, u64),
}

impl Writer {
    pub(super) fn new(reporter: &EventReporter) -> Self {
        Self {
            db: reporter.db.clone(),
            collapse: Collapse::new(reporter.options),
            queue: Arc::clone(&reporter.queue),
            failed: Arc::clone(&reporter.failed),
            reported: (0, 0),
        }
    }

    pub(super) async fn run(mut self, mut receiver: mpsc::UnboundedReceiver<Message>) {
        loop {
            let message = match self.collapse.ends() {
                // Where events never cease `recv` is always ready, so the time is looked at first.
                Some(end) if end <= Instant::now() => None,
                Some(end) => timeout_at(end, receiver.recv()).await.ok(),
                None => Some(receiver.recv().await),
            };
            match message {
                Some(Some(Message::Event(report, place))) => {
                    drop(place);
                    self.take(*report).await;
                }
                Some(Some(Message::Flush(done))) => {
                    self.end_window().await;
                    // OK to ignore: who asked has gone away.
                    let _gone = done.send(());
                }
                Some(None) => return self.end_window().await,
                None => self.end_window().await,
            }
        }
    }

    async fn take(&mut self, report: Report) {
        if let Some(report) = self.collapse.admit(report, Instant::now()) {
            self.write(report).await;
        }
        if self.collapse.ends().is_none() {
            self.tell_drops().await;
        }
    }

    async fn end_window(&mut self) {
        for report in self.collapse.end() {
            self.write(report).await;
        }
        self.tell_drops().await;
    }

    async fn tell_drops(&mut self) {
        let dropped = (self.queue.errors.dropped(), self.queue.others.dropped());
        if dropped == self.reported {
            return;
        }
        let errors = dropped.0 - self.reported.0;
        let count = errors + dropped.1 - self.reported.1;
        self.reported = dropped;
        let scope = SharedContext::new(AuditContext::new());
        let title = "events were dropped: the queue was full".to_owned();
        let mut report = Report::new(EventType::Warning, title, &scope);
        report.description = Some(format!(
            "{count} since the last such event, {errors} of them of type ERROR"
        ));
        self.write(report).await;
    }

    async fn write(&self, report: Report) {
        let event = with_backtrace(report.event(), report.source).await;
        let scope = report.scope.apart(report.context);
        if let Err(error) = scope.scope(event.record(&self.db)).await {
            self.failed.fetch_add(1, Ordering::Relaxed);
            let error = sea_orm::DbErr::from(error);
            tracing::error!(title = report.title, %error, "event about a request lost");
        }
    }
}

/// Names of frames are looked up in the program's debug information, which can take a while.
async fn with_backtrace(event: SystemEvent, source: Source) -> SystemEvent {
    let Source::Panic { backtrace, .. } = source else {
        return event;
    };
    let text = tokio::task::spawn_blocking(move || backtrace.to_string()).await;
    match text {
        Ok(text) => event.stack_trace(from_panic(&text)),
        Err(_) => event,
    }
}
