//! Carries a row's before-image from `before_save` to `after_save`.
//!
//! SeaORM passes nothing between the two, so images wait here, each under the connection, entity and key of
//! its update. Three things make that hard:
//!
//! - **Many tasks, one row, one pool.** An image also knows the task that read it, and is handed to that task.
//! - **Updates that end without an `after_save`**: failed, cancelled, or `update_without_returning`. Nobody
//!   says so. Their images stay behind, so a newer image of the same task goes first, and what is old is
//!   removed when much has piled up.
//! - **Two updates of one row joined in one task.** Then the newest image may be the other's, so an image
//!   that explains the row's new state (before + what was set = after) goes before one that does not.
//!
//! Inside a transaction statements run one after another and the row is locked: what one update left is what
//! the next one finds, so the images that still wait there become the state after the one that ended.

use std::{
    any::TypeId,
    collections::{BTreeMap, HashMap},
    sync::{LazyLock, Mutex, PoisonError},
    thread::{self, ThreadId},
    time::{Duration, Instant},
};

use sea_orm::Value;

use crate::{before_image::Intent, encoding::Captured, writer::Record};

/// Images older than this are removed once [`PILED_UP`] is reached: their updates are most likely over.
const GRACE: Duration = Duration::from_secs(60);
/// The memory, in bytes, that images may hold before old ones are removed.
const PILED_UP: usize = 8 * 1024 * 1024;
/// The memory, in bytes, that images never exceed: beyond it the oldest go, whatever their age.
const MOST: usize = 256 * 1024 * 1024;

/// Where an image belongs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Slot {
    connection: usize,
    entity: TypeId,
    intent: Intent,
    object_id: String,
}

impl Slot {
    pub(crate) fn into_object_id(self) -> String {
        self.object_id
    }

    pub(crate) fn new<E: 'static, C>(connection: &C, intent: Intent, object_id: String) -> Self {
        Self {
            // The same reference comes to both hooks of an update; it is compared, never followed.
            connection: std::ptr::from_ref(connection).addr(),
            entity: TypeId::of::<E>(),
            intent,
            object_id,
        }
    }
}

/// What a hook before a write leaves for the one after it.
#[derive(Debug)]
pub(crate) enum Kept {
    /// An update: the row as it was.
    Image(Image),
    /// A delete: its record, ready to be written.
    Record(Box<Record>),
    /// An update of a row that was not there.
    NoRow,
    /// A write that leaves no record: an update that sets nothing, a delete of a row that was not there.
    NothingToRecord,
}

/// A row's state before an update.
#[derive(Debug)]
pub(crate) struct Image {
    /// The recorded columns.
    pub(crate) before: Vec<Captured>,
    /// What the update sets, by position.
    pub(crate) set: Vec<(usize, Captured)>,
}

/// About the memory that a JSON value holds, told without writing its text.
fn json_weight(json: &serde_json::Value) -> usize {
    use serde_json::Value;
    let heap = match json {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(json_weight).sum(),
        Value::Object(map) => {
            let entries = map.iter();
            entries
                .map(|(key, value)| size_of::<String>() + key.len() + json_weight(value))
                .sum()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    };
    size_of::<Value>() + heap
}

impl Kept {
    fn explains(&self, after: &[Captured]) -> bool {
        let Self::Image(image) = self else {
            return false;
        };
        let set = |position| image.set.iter().find(|(set, _)| *set == position);
        let explained = image.before.iter().enumerate();
        explained
            .map(|(position, old)| set(position).map_or(old, |(_, new)| new))
            .eq(after)
    }

    fn weight(&self) -> usize {
        let heap = match self {
            Self::Image(image) => {
                let set = image.set.iter().map(|(_, value)| value);
                image.before.iter().chain(set).map(weight).sum()
            }
            Self::Record(record) => record.old_values.as_ref().map_or(0, String::len),
            Self::NoRow | Self::NothingToRecord => 0,
        };
        size_of::<Waiting>() + heap
    }
}

fn weight(value: &Captured) -> usize {
    let heap = match &value.0 {
        Value::String(Some(text)) => text.len(),
        Value::Bytes(Some(bytes)) => bytes.len(),
        Value::Json(Some(json)) => json_weight(json),
        _ => 0,
    };
    size_of::<Captured>() + heap
}

/// Who reads and writes: a tokio task, or a thread that blocks on a future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runner {
    Task(tokio::task::Id),
    Thread(ThreadId),
}

impl Runner {
    pub(crate) fn current() -> Self {
        tokio::task::try_id().map_or_else(|| Self::Thread(thread::current().id()), Self::Task)
    }
}

#[derive(Debug)]
struct Waiting {
    slot: Slot,
    runner: Runner,
    since: Instant,
    weight: usize,
    kept: Kept,
}

#[derive(Debug, Default)]
struct Images {
    /// By number, so that the first is the oldest.
    waiting: BTreeMap<u64, Waiting>,
    numbers: HashMap<Slot, Vec<u64>>,
    next: u64,
    weight: usize,
}

static IMAGES: LazyLock<Mutex<Images>> = LazyLock::new(Mutex::default);

fn with_images<R>(function: impl FnOnce(&mut Images) -> R) -> R {
    // OK to go on after a panic: every change below leaves the maps whole.
    function(&mut IMAGES.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Keeps an image until its update ends.
pub(crate) fn keep(slot: Slot, kept: Kept) {
    with_images(|images| images.keep(slot, kept, Instant::now()));
}

/// Takes what was kept for a write of this task that left the row as `after`: nothing, for a delete.
pub(crate) fn take(slot: &Slot, after: &[Captured], in_transaction: bool) -> Option<Kept> {
    with_images(|images| {
        let number = images.choose(slot, after)?;
        let kept = images.remove(number)?;
        if in_transaction {
            images.renew(slot, after);
        }
        Some(kept)
    })
}

/// How many images wait, and the memory they hold in bytes: for tests and for the curious.
pub(crate) fn load() -> (usize, usize) {
    with_images(|images| (images.waiting.len(), images.weight))
}

impl Images {
    fn keep(&mut self, slot: Slot, kept: Kept, now: Instant) {
        let number = self.next;
        self.next += 1;
        let weight = kept.weight() + slot.object_id.len();
        self.weight += weight;
        self.numbers.entry(slot.clone()).or_default().push(number);
        let runner = Runner::current();
        let waiting = Waiting {
            slot,
            runner,
            since: now,
            weight,
            kept,
        };
        self.waiting.insert(number, waiting);
        while self.has_surplus(now) {
            let oldest = self.waiting.keys().next().copied();
            oldest.and_then(|oldest| self.remove(oldest));
        }
    }

    fn has_surplus(&self, now: Instant) -> bool {
        let oldest = self.waiting.values().next();
        let is_old = oldest.is_some_and(|oldest| now.duration_since(oldest.since) > GRACE);
        self.weight > MOST || (self.weight > PILED_UP && is_old)
    }

    /// Of the task's own images, or of all where it has none (the future moved to another task): the newest
    /// that explains the new state, else the newest.
    fn choose(&self, slot: &Slot, after: &[Captured]) -> Option<u64> {
        let numbers = self.numbers.get(slot)?;
        let runner = Runner::current();
        let is_own = |number: &&u64| self.waiting[*number].runner == runner;
        let mut candidates: Vec<u64> = numbers.iter().filter(is_own).copied().collect();
        if candidates.is_empty() {
            candidates.clone_from(numbers);
        }
        let explains = |number: &&u64| self.waiting[*number].kept.explains(after);
        candidates
            .iter()
            .rev()
            .find(explains)
            .or(candidates.last())
            .copied()
    }

    fn remove(&mut self, number: u64) -> Option<Kept> {
        let removed = self.waiting.remove(&number)?;
        self.weight -= removed.weight;
        if let Some(numbers) = self.numbers.get_mut(&removed.slot) {
            numbers.retain(|waiting| *waiting != number);
            if numbers.is_empty() {
                self.numbers.remove(&removed.slot);
            }
        }
        Some(removed.kept)
    }

    fn renew(&mut self, slot: &Slot, state: &[Captured]) {
        for number in self.numbers.get(slot).into_iter().flatten() {
            if let Some(Waiting {
                kept: Kept::Image(image),
                ..
            }) = self.waiting.get_mut(number)
            {
                image.before = state.to_vec();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(values: [i32; 2]) -> Vec<Captured> {
        values.map(|value| Captured(value.into())).to_vec()
    }

    fn image(before: [i32; 2], position: usize, value: i32) -> Kept {
        Kept::Image(Image {
            before: state(before),
            set: vec![(position, Captured(value.into()))],
        })
    }

    fn image_of(text: String) -> Kept {
        Kept::Image(Image {
            before: vec![Captured(text.into())],
            set: Vec::new(),
        })
    }

    fn slot(object_id: &str) -> Slot {
        Slot::new::<(), _>(&(), Intent::Update, object_id.to_owned())
    }

    fn take_before(images: &mut Images, after: [i32; 2]) -> Vec<Captured> {
        let number = images.choose(&slot("1"), &state(after)).unwrap();
        match images.remove(number) {
            Some(Kept::Image(image)) => image.before,
            other => panic!("{other:?} instead of an image"),
        }
    }

    #[test]
    fn the_image_a_failed_update_left_is_not_handed_to_the_next() {
        let mut images = Images::default();
        let now = Instant::now();
        images.keep(slot("1"), image([1, 0], 0, 5), now);
        images.keep(slot("1"), image([2, 0], 0, 6), now);
        assert_eq!(take_before(&mut images, [6, 0]), state([2, 0]));
    }

    #[test]
    fn a_new_image_goes_first_even_where_the_database_changed_the_value() {
        let mut images = Images::default();
        images.keep(slot("1"), image([1, 0], 0, 5), Instant::now());
        images.keep(slot("1"), image([2, 0], 0, 6), Instant::now());
        assert_eq!(take_before(&mut images, [7, 0]), state([2, 0]));
    }

    #[test]
    fn joined_updates_each_get_the_image_that_explains_their_change() {
        let mut images = Images::default();
        images.keep(slot("1"), image([1, 0], 0, 5), Instant::now());
        images.keep(slot("1"), image([5, 0], 1, 9), Instant::now());
        assert_eq!(take_before(&mut images, [5, 0]), state([1, 0]));
        assert_eq!(take_before(&mut images, [5, 9]), state([5, 0]));
        assert!(images.waiting.is_empty() && images.numbers.is_empty() && images.weight == 0);
    }

    #[test]
    fn in_a_transaction_the_images_that_wait_become_the_state_an_update_left() {
        let mut images = Images::default();
        images.keep(slot("1"), image([1, 0], 0, 5), Instant::now());
        images.keep(slot("1"), image([1, 0], 1, 9), Instant::now());
        assert_eq!(take_before(&mut images, [5, 0]), state([1, 0]));
        images.renew(&slot("1"), &state([5, 0]));
        assert_eq!(take_before(&mut images, [5, 9]), state([5, 0]));
    }

    #[test]
    fn an_image_of_another_object_is_never_handed_out() {
        let mut images = Images::default();
        images.keep(slot("2"), image([1, 0], 0, 5), Instant::now());
        assert_eq!(images.choose(&slot("1"), &state([5, 0])), None);
    }

    #[test]
    fn images_left_behind_are_removed_when_they_are_old_and_many() {
        let mut images = Images::default();
        let large = || image_of("x".repeat(64 * 1024));
        let start = Instant::now();
        for number in 0..1_000 {
            images.keep(slot(&number.to_string()), large(), start);
        }
        assert_eq!(
            images.waiting.len(),
            1_000,
            "none is removed while it may still be needed"
        );
        images.keep(slot("new"), large(), start + GRACE * 2);
        assert!(images.weight <= PILED_UP, "{} bytes stayed", images.weight);
        assert!(images.choose(&slot("new"), &[]).is_some());
    }

    #[test]
    fn images_never_hold_more_than_the_most() {
        let mut images = Images::default();
        for _ in 0..600 {
            images.keep(slot("1"), image_of("x".repeat(1024 * 1024)), Instant::now());
            assert!(images.weight <= MOST);
        }
    }
}
