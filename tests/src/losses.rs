//! Notes the records that are lost while a future runs, and those of nobody else.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    instrument::WithSubscriber,
};
use tracing_subscriber::{
    layer::{Context, Layer, SubscriberExt},
    registry,
};

/// The traced losses, each as its fields in one text.
type Noted = Arc<Mutex<Vec<String>>>;

/// Runs a future and gives what was traced of the records it lost.
///
/// [`lost_records`](audit_sea_orm::lost_records) counts for the whole process, in which other tests run: it can tell
/// that something was counted, not that nothing was.
///
/// # Panics
/// Where fewer were counted than were traced.
pub async fn losses_of<F: Future>(future: F) -> (F::Output, Vec<String>) {
    let noted = Noted::default();
    let subscriber = registry().with(Losses(Arc::clone(&noted)));
    let before = audit_sea_orm::lost_records();
    let output = future.with_subscriber(subscriber).await;
    let lost = std::mem::take(&mut *noted.lock().unwrap_or_else(PoisonError::into_inner));
    let counted = audit_sea_orm::lost_records() - before;
    let traced = u64::try_from(lost.len()).unwrap_or(u64::MAX);
    assert!(counted >= traced, "{counted} counted, {traced} traced");
    (output, lost)
}

struct Losses(Noted);

impl<S: Subscriber> Layer<S> for Losses {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let is_ours = event.metadata().target().starts_with("audit_sea_orm");
        if is_ours && *event.metadata().level() == Level::ERROR {
            let mut fields = Fields::default();
            event.record(&mut fields);
            let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            noted.push(fields.0);
        }
    }
}

#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0 += &format!("{}={value:?}; ", field.name());
    }
}
