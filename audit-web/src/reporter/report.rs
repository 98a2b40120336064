use std::{backtrace::Backtrace, borrow::Cow};

use audit_sea_orm::{AuditContext, SharedContext, SystemEvent, entity::system_event::EventType};
use sea_orm::{DatabaseConnection, DbErr};

use super::collapse::{Client, Collapsible, Counted};

/// An event on its way to the database.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) event_type: EventType,
    pub(crate) title: String,
    /// What tells apart events of one type and title.
    pub(crate) code: Option<Cow<'static, str>>,
    pub(crate) description: Option<String>,
    pub(crate) source: Source,
    /// Whether the same event of another client is another event.
    pub(crate) per_client: bool,
    /// Whether the same event with another description is another event.
    pub(crate) per_description: bool,
    /// Whether the same event of another request is another event.
    pub(crate) per_request: bool,
    /// Who and from where, as it was when it happened.
    pub(crate) context: AuditContext,
    /// The configuration that was in force then.
    pub(crate) scope: SharedContext,
}

/// Where in the code it happened.
#[derive(Debug)]
pub(crate) enum Source {
    /// At no line of the application's.
    Unknown,
    /// At an event of tracing.
    #[cfg(feature = "tracing")]
    Event { target: String, line: Option<u32> },
    /// At a panic.
    Panic {
        file: String,
        line: u32,
        backtrace: Box<Backtrace>,
    },
}

/// What makes two events the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) event_type: EventType,
    pub(super) title: String,
    pub(super) code: Option<Cow<'static, str>>,
    pub(super) client: Option<Client>,
    pub(super) description: Option<String>,
    pub(super) request: Option<String>,
}

impl Report {
    pub(crate) fn new(event_type: EventType, title: String, scope: &SharedContext) -> Self {
        Self {
            event_type,
            title,
            code: None,
            description: None,
            source: Source::Unknown,
            per_client: false,
            per_description: false,
            per_request: false,
            context: scope.get(),
            scope: scope.clone(),
        }
    }

    /// The event as it is written. Names of frames are looked up in the program's debug information, which can take a
    /// while.
    pub(super) async fn into_event(self) -> Event {
        let event = self.event();
        let event = if let Source::Panic { backtrace, .. } = self.source {
            let text = tokio::task::spawn_blocking(move || backtrace.to_string()).await;
            match text {
                Ok(text) => event.stack_trace(from_panic(&text)),
                Err(_) => event,
            }
        } else {
            event
        };
        Event {
            event,
            title: self.title,
            scope: self.scope.apart(self.context),
        }
    }

    /// The event, but for its backtrace.
    fn event(&self) -> SystemEvent {
        let event = SystemEvent::new(self.event_type.clone(), self.title.as_str()).without_source();
        let event = match &self.source {
            Source::Unknown => event,
            #[cfg(feature = "tracing")]
            Source::Event { target, line } => {
                let event = event.module(target.as_str());
                match line {
                    Some(line) => event.line(*line),
                    None => event,
                }
            }
            Source::Panic { file, line, .. } => event.module(file.as_str()).line(*line),
        };
        let event = match &self.code {
            Some(code) => event.code(code.as_ref()),
            None => event,
        };
        match &self.description {
            Some(description) => event.description(description.as_str()),
            None => event,
        }
    }
}

/// An event that is ready to be written, as often as it takes.
#[derive(Debug)]
pub(super) struct Event {
    event: SystemEvent,
    title: String,
    scope: SharedContext,
}

impl Event {
    pub(super) async fn record(&self, db: &DatabaseConnection) -> Result<(), DbErr> {
        self.event.clone().record(db).await
    }

    /// The context and the configuration to record it in.
    pub(super) fn scope(&self) -> &SharedContext {
        &self.scope
    }

    pub(super) fn title(&self) -> &str {
        &self.title
    }
}

impl Collapsible for Report {
    type Key = Key;
    type Kind = EventType;

    fn key(&self) -> Key {
        Key {
            event_type: self.event_type.clone(),
            title: self.title.clone(),
            code: self.code.clone(),
            client: self.per_client.then(|| self.client()),
            description: self.description.clone().filter(|_| self.per_description),
            request: self.context.request_id.clone().filter(|_| self.per_request),
        }
    }

    fn further_key(&self, client: Option<Client>) -> Key {
        Key {
            title: format!("further {} events", self.event_type),
            event_type: self.event_type.clone(),
            code: None,
            client,
            description: None,
            request: None,
        }
    }

    fn kind(&self) -> EventType {
        self.event_type.clone()
    }

    fn title(&self) -> &str {
        &self.title
    }

    fn context(&self) -> &AuditContext {
        &self.context
    }

    fn counted(self, counted: Counted<Key>) -> Self {
        let (count, within) = (counted.count, counted.within.as_secs_f64());
        // A timer is some milliseconds late.
        let seconds = if within < 1.0 { within } else { within.round() };
        let mut lines = vec![format!("{count} more within {seconds} s")];
        lines.extend(counted.titles);
        lines.extend(counted.key.description);
        Self {
            event_type: counted.key.event_type,
            title: counted.key.title,
            code: counted.key.code,
            description: Some(lines.join("\n")),
            source: Source::Unknown,
            per_client: false,
            per_description: false,
            per_request: false,
            context: counted.context,
            scope: self.scope,
        }
    }
}

/// The frames of a backtrace from where the panic was raised: what raises it is no news.
fn from_panic(backtrace: &str) -> &str {
    const MACHINERY: [&str; 4] = [
        "core::panicking::",
        "std::panicking::",
        "begin_unwind",
        "core::option::expect_failed",
    ];
    let is_machinery = |line: &str| MACHINERY.iter().any(|name| line.contains(name));
    // Only at the top: further down the same names catch panics, as in the runtime.
    let mut end = 0;
    let mut at = 0;
    for (number, line) in backtrace.split_inclusive('\n').enumerate() {
        at += line.len();
        if is_machinery(line) {
            end = at;
        }
        if number > 60 {
            break;
        }
    }
    let rest = &backtrace[end..];
    // The place in the source of the last such frame.
    match rest.split_once('\n') {
        Some((line, after)) if end > 0 && line.trim_start().starts_with("at ") => after,
        _ => rest,
    }
}
