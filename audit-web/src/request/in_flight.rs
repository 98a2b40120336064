use std::{borrow::Cow, mem, sync::Arc};

use audit_sea_orm::{SharedContext, entity::system_event::EventType, text};
use http::{HeaderMap, StatusCode};
use tokio::time::Instant;

use super::{
    OnPanic, Route, grpc,
    panic::{Origin, Panic},
    settings::Settings,
};
use crate::reporter::{Listed, Report, Source, Unfinished};

/// A request that has not ended. Dropped before it is [closed](Self::close), it was aborted.
#[derive(Debug)]
pub(crate) struct InFlight {
    settings: Arc<Settings>,
    running: Arc<Running>,
    /// Where whoever ends the server finds it.
    listed: Listed,
    is_grpc: bool,
    stage: Stage,
    /// A panic that something inside caught.
    caught: Option<Origin>,
}

/// What is known of a request from its begin on.
#[derive(Debug)]
struct Running {
    context: SharedContext,
    route: Route,
    started: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Handler,
    Body,
    Closed,
}

impl InFlight {
    pub(super) fn new(
        settings: Arc<Settings>,
        context: SharedContext,
        route: Route,
        headers: &HeaderMap,
    ) -> Self {
        let started = Instant::now();
        let running = Arc::new(Running {
            context,
            route,
            started,
        });
        let unfinished: Arc<dyn Unfinished> = Arc::<Running>::clone(&running);
        Self {
            listed: settings.reporter.list(unfinished),
            settings,
            running,
            is_grpc: grpc::is_call(headers),
            stage: Stage::Handler,
            caught: None,
        }
    }

    pub(super) fn context(&self) -> &SharedContext {
        &self.running.context
    }

    pub(super) fn route(&self) -> &Route {
        &self.running.route
    }

    pub(super) fn is_grpc(&self) -> bool {
        self.is_grpc
    }

    pub(super) fn on_panic(&self) -> OnPanic {
        self.settings.on_panic
    }

    /// Keeps a panic that something inside caught, as a layer does that answers it.
    pub(super) fn keep(&mut self, caught: Option<Origin>) {
        self.caught = caught.or(self.caught.take());
    }

    pub(super) fn db(&self) -> &sea_orm::DatabaseConnection {
        self.settings.reporter.db()
    }

    /// It ended as it should.
    pub(super) fn close(mut self) {
        self.stage = Stage::Closed;
    }

    /// The head of an answer is there; its body follows.
    pub(super) fn answered(&mut self, status: StatusCode, headers: &HeaderMap) {
        self.stage = Stage::Body;
        if let Some(watch) = &self.settings.actor_watch {
            watch.note(|| self.running.context.get().actor.is_some());
        }
        if status == StatusCode::REQUEST_TIMEOUT {
            // What a layer says that cut the handler off.
            let title = format!("{} timed out", self.running.route);
            return self.report(EventType::Performance, &title, "408");
        }
        self.report_if_slow();
        match self.caught.take() {
            Some(caught) if status == StatusCode::INTERNAL_SERVER_ERROR => {
                self.report_panic(&caught.message.clone(), Some(caught));
            }
            _ if status.is_server_error() => {
                let code = status.as_u16().to_string();
                let title = format!("{} answered {code}", self.running.route);
                self.report(EventType::Error, &title, code);
            }
            _ => self.told(headers),
        }
    }

    /// Headers or trailers came, in which gRPC says what became of a call.
    pub(super) fn told(&self, headers: &HeaderMap) {
        if self.is_grpc
            && let Some(failure) = grpc::Failure::told_by(headers)
        {
            let title = format!("{} answered {}", self.running.route, failure.name());
            self.report(EventType::Error, &title, failure.name());
        }
    }

    /// The service gave an error instead of an answer.
    pub(super) fn failed(mut self) {
        self.stage = Stage::Closed;
        self.report_if_slow();
        let title = format!("{} failed without an answer", self.running.route);
        self.report(EventType::Error, &title, "failed");
    }

    /// A view could not be recorded, so what was viewed is not sent.
    pub(super) fn view_failed(mut self, error: &sea_orm::DbErr) {
        self.stage = Stage::Closed;
        let title = format!("{} could not record a view", self.running.route);
        let report = self.new_report(EventType::Error, &title, "view");
        self.send(report, Some(format!("{error}. ")));
    }

    /// The body of the answer gave an error.
    pub(super) fn body_failed(mut self) {
        self.stage = Stage::Closed;
        let title = format!("{} failed within its body", self.running.route);
        self.report(EventType::Error, &title, "body");
    }

    /// The handler or the body panicked.
    pub(super) fn panicked(mut self, panic: &mut Panic) {
        self.stage = Stage::Closed;
        self.report_if_slow();
        let origin = panic.origin.take();
        self.report_panic(panic.message(), origin);
    }

    fn report_panic(&self, message: &str, origin: Option<Origin>) {
        let message = text::block(message, 8_000).into_owned();
        let title = format!("{} panicked: {message}", self.running.route);
        let mut report = self.new_report(EventType::Error, &title, "panic");
        if let Some(origin) = origin {
            report.source = Source::Panic {
                file: origin.file,
                line: origin.line,
                backtrace: Box::new(origin.backtrace),
            };
        }
        self.send(report, Some(format!("{message}\n")));
    }

    fn report_if_slow(&self) {
        let threshold = self.settings.slow_threshold;
        if threshold.is_some_and(|threshold| self.running.started.elapsed() >= threshold) {
            let title = format!("{} was slow", self.running.route);
            self.report(EventType::Performance, &title, "slow");
        }
    }

    fn report(&self, event_type: EventType, title: &str, code: impl Into<Cow<'static, str>>) {
        let report = self.new_report(event_type, title, code);
        self.send(report, None);
    }

    fn new_report(
        &self,
        event_type: EventType,
        title: &str,
        code: impl Into<Cow<'static, str>>,
    ) -> Report {
        self.running.new_report(event_type, title, code.into())
    }

    fn send(&self, report: Report, description: Option<String>) {
        let description = description.unwrap_or_default();
        let report = self.running.described(report, &description);
        self.settings.reporter.report(report);
    }
}

impl Running {
    fn new_report(&self, event_type: EventType, title: &str, code: Cow<'static, str>) -> Report {
        let title = text::line(title, 255).into_owned();
        let mut report = Report::new(event_type, title, &self.context);
        report.code = Some(code);
        report
    }

    /// The report, with what it was asked for and how long it has run.
    fn described(&self, mut report: Report, description: &str) -> Report {
        let elapsed = self.started.elapsed().as_secs_f64();
        let route = self.route.to_string();
        let route = text::line(&route, 500);
        report.description = Some(format!("{description}{route}, after {elapsed:.3} s"));
        report
    }
}

impl Unfinished for Running {
    fn cut_off(&self) -> Report {
        let title = format!("{} was cut off by the shutdown", self.route);
        let report = self.new_report(EventType::Warning, &title, "shutdown".into());
        let mut report = self.described(report, "");
        report.per_request = true;
        report
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let stage = mem::replace(&mut self.stage, Stage::Closed);
        let when = match stage {
            Stage::Closed => return,
            Stage::Handler => {
                self.report_if_slow();
                "before its answer"
            }
            Stage::Body => "before its answer ended",
        };
        if !self.listed.end() {
            // The end of the server cut it off, which is told.
            return;
        }
        let title = format!("{} was aborted {when}", self.running.route);
        self.report(EventType::Warning, &title, "aborted");
    }
}
