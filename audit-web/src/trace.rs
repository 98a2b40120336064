//! Events of [tracing] as system events.
//!
//! # Example
//! ```
//! # use sea_orm::{ConnectionTrait, Database, DbBackend, EntityTrait, Schema};
//! # use audit_sea_orm::prelude::*;
//! use audit_web::{EventReporter, trace::AuditTraceLayer};
//! use tracing_subscriber::{Layer, filter::LevelFilter, layer::SubscriberExt};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), sea_orm::DbErr> {
//! # let db = Database::connect("sqlite::memory:").await?;
//! # db.execute(&Schema::new(DbBackend::Sqlite).create_table_from_entity(system_event::Entity)).await?;
//! let reporter = EventReporter::new(db.clone());
//! let layer = AuditTraceLayer::new(&reporter).with_filter(LevelFilter::ERROR);
//! let subscriber = tracing_subscriber::registry().with(layer);
//! # let _guard = tracing::subscriber::set_default(subscriber);
//! // subscriber.init();
//!
//! tracing::error!(order = 1815, "payment refused");
//!
//! // When the server has shut down:
//! reporter.flush().await;
//! # let event = system_event::Entity::find().one(&db).await?.expect("it was recorded");
//! # assert_eq!(event.title, "payment refused");
//! # Ok(())
//! # }
//! ```

mod fields;

use std::{fmt, sync::Arc};

use audit_sea_orm::{AuditContext, SharedContext, entity::system_event::EventType};
use tokio::runtime::Handle;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use self::fields::Fields;
use crate::{
    EventReporter,
    reporter::{Report, Source, is_writing},
};

/// A layer of `tracing-subscriber` that hands events to an [`EventReporter`], which writes them as rows of
/// `audit_system_event`.
///
/// A row holds the message as its title, the target as its module, the line, and as its description the other
/// fields, one to a line, errors with their causes, and the source file. Actor, address and request are those of
/// the current [`AuditContext`] where the event happens. `ERROR` becomes an ERROR event, `WARN` a WARNING, the
/// rest INFO.
///
/// - **It never waits and never fails**, and works on threads outside a runtime too. The reporter's bounds hold:
///   an event that is repeated with the same fields is counted, one too many is dropped and counted.
/// - **No recursion.** What is traced while the reporter writes is left alone: an event that cannot be written
///   makes no other. A record that is lost elsewhere does make one.
/// - **No doubles.** What tower-http traces about requests that fail is [left out](Self::without_targets).
/// - In an [unaudited](AuditContext::unaudited) scope nothing is recorded.
///
/// It looks only at events that the subscriber lets pass. Alone it asks for all levels; with
/// `.with_filter(LevelFilter::ERROR)` the others cost nothing.
///
/// See the [module docs](crate::trace) for an example.
#[derive(Clone)]
#[must_use]
pub struct AuditTraceLayer {
    reporter: EventReporter,
    level: Level,
    without: Arc<[String]>,
    runtime: Option<Handle>,
}

/// Where tower-http says that a request failed, which `AuditLayer` reports, with more.
const OF_LAYERS: [&str; 2] = ["tower_http::trace::on_failure", "tower_http::catch_panic"];

impl AuditTraceLayer {
    /// A layer for events of level `ERROR`, given a database connection or an [`EventReporter`].
    ///
    /// Make it within the runtime that is to write. Made outside one, it has events written only if the reporter
    /// runs already, or they happen within a runtime; others are dropped and [counted](EventReporter::dropped).
    pub fn new(reporter: impl Into<EventReporter>) -> Self {
        Self {
            reporter: reporter.into(),
            level: Level::ERROR,
            without: OF_LAYERS.map(ToOwned::to_owned).into(),
            runtime: Handle::try_current().ok(),
        }
    }

    /// Sets the least severe level that is recorded. Default: `ERROR`.
    pub fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// Sets whose events are left out, by target and what is below it. Default: `tower_http::trace::on_failure` and
    /// `tower_http::catch_panic`, which repeat what [`AuditLayer`](crate::AuditLayer) reports; give an empty list where there
    /// is none.
    pub fn without_targets(mut self, targets: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.without = targets.into_iter().map(Into::into).collect();
        self
    }

    fn leaves_out(&self, target: &str) -> bool {
        self.without.iter().any(|left_out| {
            let below = target.strip_prefix(left_out.as_str());
            below.is_some_and(|below| below.is_empty() || below.starts_with("::"))
        })
    }

    /// The reporter, to flush it or to read its counts.
    pub fn reporter(&self) -> &EventReporter {
        &self.reporter
    }
}

impl<S: Subscriber> Layer<S> for AuditTraceLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        if *metadata.level() > self.level || self.leaves_out(metadata.target()) || is_writing() {
            return;
        }
        let report = report(event);
        // The reporter's task begins with the first event, which may come from a thread of its own.
        let _runtime = self.runtime.as_ref().map(Handle::enter);
        self.reporter.report(report);
    }
}

fn report(event: &Event<'_>) -> Report {
    let metadata = event.metadata();
    let level = *metadata.level();
    let event_type = if level == Level::ERROR {
        EventType::Error
    } else if level == Level::WARN {
        EventType::Warning
    } else {
        EventType::Info
    };
    let mut fields = Fields::default();
    event.record(&mut fields);
    let (title, description) = fields.into_title_and_description(metadata);
    let scope = SharedContext::new(AuditContext::current());
    Report {
        description: Some(description),
        source: Source::Event {
            target: metadata.target().to_owned(),
            line: metadata.line(),
        },
        // Another value of a field is another event.
        per_description: true,
        per_request: false,
        ..Report::new(event_type, title, &scope)
    }
}

impl fmt::Debug for AuditTraceLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditTraceLayer")
            .field("reporter", &self.reporter)
            .field("level", &self.level)
            .field("without", &self.without)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
