//! Notes the statements that sqlx logs, which are all that it sends: those of its pools' callbacks too.

use std::{
    fmt,
    sync::{LazyLock, Mutex, OnceLock, PoisonError},
};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    layer::{Context, Layer, SubscriberExt},
    registry,
};

static NOTED: LazyLock<Mutex<Vec<String>>> = LazyLock::new(Mutex::default);

/// Begins to note, in the whole process, as SQLite's are logged in threads of sqlx. Only pools that do not say
/// `sqlx_logging(false)` are noted: one at a time.
///
/// # Panics
/// Where the process has another global subscriber.
pub fn begin() {
    static BEGUN: OnceLock<()> = OnceLock::new();
    BEGUN.get_or_init(|| {
        let subscriber = registry().with(Logged);
        tracing::subscriber::set_global_default(subscriber).expect("nobody else sets one");
    });
}

/// Takes what was noted since the last time.
#[must_use]
pub fn take() -> Vec<String> {
    std::mem::take(&mut NOTED.lock().unwrap_or_else(PoisonError::into_inner))
}

struct Logged;

impl<S: Subscriber> Layer<S> for Logged {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = Text::default();
        event.record(&mut text);
        let mut noted = NOTED.lock().unwrap_or_else(PoisonError::into_inner);
        noted.push(text.0);
    }
}

/// The statement, whole where sqlx has it so, else its first words.
#[derive(Default)]
struct Text(String);

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        let is_whole = field.name() == "db.statement" && !value.trim().is_empty();
        if is_whole || (field.name() == "summary" && self.0.is_empty()) {
            value.trim().clone_into(&mut self.0);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
