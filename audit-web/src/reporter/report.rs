use std::{backtrace::Backtrace, borrow::Cow, net::IpAddr};

use audit_sea_orm::{AuditContext, SharedContext, SystemEvent, entity::system_event::EventType};

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
}

/// Who sent it: an IPv4 address, or a network of IPv6, as one client has all of its addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Client(Option<IpAddr>);

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
            context: scope.get(),
            scope: scope.clone(),
        }
    }

    pub(super) fn client(&self) -> Client {
        Client(self.context.ip.map(|ip| match ip {
            IpAddr::V4(_) => ip,
            IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & (u128::MAX << 64)).into()),
        }))
    }

    pub(super) fn key(&self) -> Key {
        Key {
            event_type: self.event_type.clone(),
            title: self.title.clone(),
            code: self.code.clone(),
            client: self.per_client.then(|| self.client()),
            description: self.description.clone().filter(|_| self.per_description),
        }
    }

    /// The event, but for its backtrace.
    pub(super) fn event(&self) -> SystemEvent {
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

/// The frames of a backtrace from where the panic was raised: what raises it is no news.
pub(super) fn from_panic(backtrace: &str) -> &str {
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
