use std::{
    borrow::Cow,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use audit_sea_orm::{SharedContext, entity::system_event::EventType, text};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::time::Instant;

use super::{
    OnPanic, Route, grpc,
    panic::{self, Origin, Panic},
    settings::Reporting,
};
use crate::reporter::{Listed, Report, Source, Unfinished};

/// A request that has not ended. Dropped before it is [closed](Self::close), it was aborted.
#[derive(Debug)]
pub(crate) struct InFlight {
    reporting: Arc<Reporting>,
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
    pub(crate) fn new(reporting: Arc<Reporting>, context: SharedContext, route: Route) -> Self {
        let started = Instant::now();
        let running = Arc::new(Running {
            context,
            route,
            started,
        });
        let unfinished: Arc<dyn Unfinished> = Arc::<Running>::clone(&running);
        Self {
            listed: reporting.reporter.list(unfinished),
            reporting,
            running,
            is_grpc: false,
            stage: Stage::Handler,
            caught: None,
        }
    }

    /// The same request, which is a call of gRPC if its headers say so.
    pub(super) fn with_grpc(mut self, headers: &HeaderMap) -> Self {
        self.is_grpc = grpc::is_call(headers);
        self
    }

    /// Polls what answers the request. `Err` is its panic.
    pub(crate) fn poll<F: Future>(
        &mut self,
        future: Pin<&mut F>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<F::Output, Panic>> {
        match panic::catch(|| future.poll(cx)) {
            Ok((polled, caught)) => {
                self.keep(caught);
                polled.map(Ok)
            }
            Err(panic) => Poll::Ready(Err(panic)),
        }
    }

    pub(crate) fn context(&self) -> &SharedContext {
        &self.running.context
    }

    pub(crate) fn route(&self) -> &Route {
        &self.running.route
    }

    /// Its route became known; the module of its context follows.
    #[cfg(feature = "actix")]
    pub(crate) fn found(&mut self, route: Route) {
        if route.is_matched() {
            let module = route.module();
            let context = self.context().clone();
            context.update(|context| context.module = Some(module));
            let started = self.running.started;
            self.running = Arc::new(Running {
                context,
                route,
                started,
            });
            self.listed.replace(Arc::<Running>::clone(&self.running));
        }
    }

    pub(super) fn is_grpc(&self) -> bool {
        self.is_grpc
    }

    pub(crate) fn on_panic(&self) -> OnPanic {
        self.reporting.on_panic
    }

    /// The header that tells a client the id of its request.
    pub(crate) fn id_header(&self) -> Option<(HeaderName, HeaderValue)> {
        let header = self.reporting.id_header.clone()?;
        let id = self.running.context.get().request_id?;
        Some((header, HeaderValue::try_from(id).ok()?))
    }

    /// Keeps a panic that something inside caught, as a layer does that answers it.
    pub(crate) fn keep(&mut self, caught: Option<Origin>) {
        self.caught = caught.or(self.caught.take());
    }

    pub(super) fn db(&self) -> &sea_orm::DatabaseConnection {
        self.reporting.reporter.db()
    }

    /// It ended as it should.
    pub(crate) fn close(mut self) {
        self.stage = Stage::Closed;
    }

    /// The head of an answer is there; its body follows. Some frameworks know what an error said.
    pub(crate) fn answered(&mut self, status: StatusCode, said: Option<&str>) {
        self.stage = Stage::Body;
        if let Some(watch) = &self.reporting.actor_watch {
            watch.note(|| self.running.context.get().actor.is_some());
        }
        if status == StatusCode::REQUEST_TIMEOUT {
            // What a layer says that cut the handler off.
            let title = format!("{} timed out", self.running.route);
            return self.report(EventType::Performance, &title, "408", None);
        }
        self.report_if_slow();
        match self.caught.take() {
            Some(caught) if status == StatusCode::INTERNAL_SERVER_ERROR => {
                self.report_panic(&caught.message.clone(), Some(caught));
            }
            _ if status.is_server_error() => {
                let code = status.as_u16().to_string();
                let title = format!("{} answered {code}", self.running.route);
                self.report(EventType::Error, &title, code, said);
            }
            _ => {}
        }
    }

    /// Headers or trailers came, in which gRPC says what became of a call.
    pub(super) fn told(&self, headers: &HeaderMap) {
        if self.is_grpc
            && let Some(failure) = grpc::Failure::told_by(headers)
        {
            let title = format!("{} answered {}", self.running.route, failure.name());
            self.report(EventType::Error, &title, failure.name(), None);
        }
    }

    /// The service gave an error instead of an answer.
    pub(super) fn failed(mut self) {
        self.stage = Stage::Closed;
        self.report_if_slow();
        let title = format!("{} failed without an answer", self.running.route);
        self.report(EventType::Error, &title, "failed", None);
    }

    /// A view could not be recorded, so what was viewed is not sent.
    pub(super) fn view_failed(mut self, error: &sea_orm::DbErr) {
        self.stage = Stage::Closed;
        let title = format!("{} could not record a view", self.running.route);
        let report = self.new_report(EventType::Error, &title, "view");
        self.send(report, Some(format!("{error}. ")));
    }

    /// The body of the answer gave an error.
    pub(super) fn body_failed(mut self, said: Option<&str>) {
        self.stage = Stage::Closed;
        let title = format!("{} failed within its body", self.running.route);
        self.report(EventType::Error, &title, "body", said);
    }

    /// The handler or the body panicked.
    pub(crate) fn panicked(mut self, panic: &mut Panic) {
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
        let threshold = self.reporting.slow_threshold;
        if threshold.is_some_and(|threshold| self.running.started.elapsed() >= threshold) {
            let title = format!("{} was slow", self.running.route);
            self.report(EventType::Performance, &title, "slow", None);
        }
    }

    fn report(
        &self,
        event_type: EventType,
        title: &str,
        code: impl Into<Cow<'static, str>>,
        said: Option<&str>,
    ) {
        let report = self.new_report(event_type, title, code);
        self.send(
            report,
            said.map(|said| format!("{}\n", text::block(said, 8_000))),
        );
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
        self.reporting.reporter.report(report);
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
            // The end of the server cut it off, and has reported it.
            return;
        }
        let title = format!("{} was aborted {when}", self.running.route);
        self.report(EventType::Warning, &title, "aborted", None);
    }
}
