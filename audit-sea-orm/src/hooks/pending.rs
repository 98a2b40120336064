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
//! the next one finds, so the images that still wait there become the state after the one that ended. The state
//! is kept once for all of them.
//!
//! An update whose image is not found, since it was removed or its key was changed by a trigger, is recorded
//! with its new values alone.

mod weight;

use std::{
    any::TypeId,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{LazyLock, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    audited::intent::Intent,
    connection::AwaitedHit,
    hooks::before_image::Counted,
    record::{Record, encoding::Captured},
    task::Runner,
};

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

    /// Of the connection at that address: the same reference comes to both hooks of an update.
    pub(crate) fn new(
        connection: usize,
        entity: TypeId,
        intent: Intent,
        object_id: String,
    ) -> Self {
        Self {
            connection,
            entity,
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
    /// A delete.
    Deletion(Deletion),
    /// An update of a row that was not there.
    NoRow,
    /// An update that leaves no record, as it sets nothing, or as its loss is counted already.
    NothingToRecord,
}

/// What is known of a delete before it is sent, and once it was.
#[derive(Debug, Default)]
pub(crate) struct Deletion {
    /// Ready to be written; `None` where no row was found, or the loss is counted already.
    pub(crate) record: Option<Box<Record>>,
    /// What the server had counted.
    pub(crate) counted: Option<Counted>,
    /// How many rows it hit.
    pub(crate) hit: Option<AwaitedHit>,
}

impl Deletion {
    /// Leaves of the record what tells which row it was.
    fn lighten(&mut self) {
        if let Some(record) = &mut self.record {
            record.old_values = None;
            record.object_repr = None;
        }
    }
}

/// A row's state before an update.
#[derive(Debug)]
pub(crate) struct Image {
    /// The recorded columns.
    pub(crate) before: Vec<Captured>,
    /// What the update sets, by position.
    pub(crate) set: Vec<(usize, Captured)>,
}

impl Image {
    /// Whether the update alone made the row what it is now.
    fn explains(&self, before: &[Captured], after: &[Captured]) -> bool {
        let set = |position| self.set.iter().find(|(set, _)| *set == position);
        let explained = before.iter().enumerate();
        explained
            .map(|(position, old)| set(position).map_or(old, |(_, new)| new))
            .eq(after)
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
    queues: HashMap<Slot, Queue>,
    /// Those that hold a row.
    heavy: BTreeSet<u64>,
    next: u64,
    weight: usize,
}

/// The images that wait in one slot.
#[derive(Debug, Default)]
struct Queue {
    numbers: Vec<u64>,
    renewed: Option<Renewed>,
}

/// The state that took the place of the images before that number.
#[derive(Debug)]
struct Renewed {
    below: u64,
    state: Vec<Captured>,
}

impl Queue {
    /// What an image's state has become.
    fn renewed(&self, number: u64) -> Option<&[Captured]> {
        let renewed = self.renewed.as_ref()?;
        (number < renewed.below).then_some(&renewed.state)
    }

    fn weight(&self) -> usize {
        let state = self.renewed.iter().flat_map(|renewed| &renewed.state);
        state.map(weight::of_value).sum()
    }
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

/// What the writes hold in memory that wait for their end: see [`waiting_writes`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaitingWrites {
    /// How many there are, those included that were dropped and not yet forgotten.
    pub count: usize,
    /// About how many bytes the rows before them take, of at most 256 MB.
    pub bytes: usize,
}

/// The updates and deletes between their two hooks, in this process: a gauge for metrics.
///
/// Many bytes are many large rows that are changed at once. At 256 MB the oldest rows are forgotten, and their records have no
/// old values.
#[must_use]
pub fn waiting_writes() -> WaitingWrites {
    with_images(|images| WaitingWrites {
        count: images.waiting.len(),
        bytes: images.weight,
    })
}

impl Images {
    fn keep(&mut self, slot: Slot, kept: Kept, now: Instant) {
        let number = self.next;
        self.next += 1;
        let weight = size_of::<Waiting>() + weight::of(&kept) + slot.object_id.len();
        self.weight += weight;
        match &kept {
            Kept::Image(_) => {
                self.heavy.insert(number);
            }
            Kept::Deletion(deletion) if holds_row(deletion) => {
                self.heavy.insert(number);
            }
            Kept::Deletion(_) | Kept::NoRow | Kept::NothingToRecord => {}
        }
        let queue = self.queues.entry(slot.clone()).or_default();
        queue.numbers.push(number);
        let runner = Runner::current();
        let waiting = Waiting {
            slot,
            runner,
            since: now,
            weight,
            kept,
        };
        self.waiting.insert(number, waiting);
        self.shrink(now);
    }

    /// Makes room. What holds no row tells that there was none, or that nothing is to be recorded: so it stays
    /// while there is anything else, and of a delete stays which row it was.
    fn shrink(&mut self, now: Instant) {
        while self.weight > PILED_UP {
            let Some((oldest, waiting)) = self.waiting.iter().next() else {
                return;
            };
            if now.duration_since(waiting.since) > GRACE {
                let oldest = *oldest;
                self.remove(oldest);
            } else if self.weight <= MOST {
                return;
            } else {
                let heavy = self.heavy.pop_first().unwrap_or(*oldest);
                self.lighten(heavy);
            }
        }
    }

    fn lighten(&mut self, number: u64) {
        match self.waiting.get_mut(&number) {
            Some(Waiting {
                kept: Kept::Deletion(deletion),
                weight,
                ..
            }) if holds_row(deletion) => {
                let before = weight::of_deletion(deletion);
                deletion.lighten();
                let lost = before - weight::of_deletion(deletion);
                *weight -= lost;
                self.weight -= lost;
            }
            _ => {
                self.remove(number);
            }
        }
    }

    /// Of the task's own images, or of all where it has none (the future moved to another task): the newest
    /// that explains the new state, else the newest.
    fn choose(&self, slot: &Slot, after: &[Captured]) -> Option<u64> {
        let queue = self.queues.get(slot)?;
        let runner = Runner::current();
        let is_own = |number: &u64| self.waiting[number].runner == runner;
        let explains = |number: &u64| match &self.waiting[number].kept {
            Kept::Image(image) => {
                let before = queue.renewed(*number).unwrap_or(&image.before);
                image.explains(before, after)
            }
            _ => false,
        };
        let newest_first = || queue.numbers.iter().rev().copied();
        let has_own = newest_first().any(|number| is_own(&number));
        let candidates = || newest_first().filter(|number| !has_own || is_own(number));
        candidates().find(explains).or_else(|| candidates().next())
    }

    fn remove(&mut self, number: u64) -> Option<Kept> {
        let Waiting {
            slot,
            weight,
            mut kept,
            ..
        } = self.waiting.remove(&number)?;
        self.weight -= weight;
        self.heavy.remove(&number);
        let queue = self.queues.get_mut(&slot)?;
        queue.numbers.retain(|waiting| *waiting != number);
        if let (Kept::Image(image), Some(state)) = (&mut kept, queue.renewed(number)) {
            image.before = state.to_vec();
        }
        if queue.numbers.is_empty() {
            self.weight -= queue.weight();
            self.queues.remove(&slot);
        }
        Some(kept)
    }

    /// What waits in the slot will find the row in that state.
    fn renew(&mut self, slot: &Slot, state: &[Captured]) {
        let Some(queue) = self.queues.get_mut(slot) else {
            return;
        };
        self.weight -= queue.weight();
        queue.renewed = Some(Renewed {
            below: self.next,
            state: state.to_vec(),
        });
        self.weight += queue.weight();
    }
}

/// Whether a delete's record has the values of its row.
fn holds_row(deletion: &Deletion) -> bool {
    let record = deletion.record.as_ref();
    record.is_some_and(|record| record.old_values.is_some())
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
        Slot::new(0, TypeId::of::<()>(), Intent::Update, object_id.to_owned())
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
        assert!(images.waiting.is_empty() && images.queues.is_empty() && images.weight == 0);
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
    fn many_joined_updates_share_the_state_that_the_last_one_left() {
        let mut images = Images::default();
        let text = |letter: &str| letter.repeat(1024 * 1024);
        for _ in 0..100 {
            images.keep(slot("1"), image_of(text("a")), Instant::now());
        }
        let kept = images.weight;
        for round in 0..10 {
            images.renew(&slot("1"), &[Captured(text(&round.to_string()).into())]);
        }
        assert!(images.weight < kept + 2 * 1024 * 1024);
        let mut number = 0;
        while let Some(Kept::Image(image)) = images.remove(number) {
            assert_eq!(image.before, [Captured(text("9").into())]);
            number += 1;
        }
        assert_eq!((number, images.weight, images.queues.len()), (100, 0, 0));
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

    fn deletion(old_values: Option<&str>) -> Kept {
        let record = Record {
            object_id: Some("1".to_owned()),
            old_values: old_values.map(str::to_owned),
            ..Record::default()
        };
        Kept::Deletion(Deletion {
            record: old_values.map(|_| Box::new(record)),
            ..Deletion::default()
        })
    }

    fn take_deletion(images: &mut Images, object_id: &str) -> Deletion {
        let number = images.choose(&slot(object_id), &[]).expect("it is kept");
        match images.remove(number) {
            Some(Kept::Deletion(deletion)) => deletion,
            other => panic!("{other:?} instead of a delete"),
        }
    }

    #[test]
    fn a_delete_that_makes_room_still_tells_whether_there_was_a_row() {
        let mut images = Images::default();
        images.keep(slot("absent"), deletion(None), Instant::now());
        images.keep(slot("1"), deletion(Some("{}")), Instant::now());
        images.keep(slot("set"), Kept::NothingToRecord, Instant::now());
        for _ in 0..300 {
            images.keep(slot("2"), image_of("x".repeat(1024 * 1024)), Instant::now());
        }
        assert!(images.weight <= MOST);
        assert!(take_deletion(&mut images, "absent").record.is_none());
        let record = take_deletion(&mut images, "1").record.unwrap();
        assert_eq!(
            (record.object_id.as_deref(), record.old_values),
            (Some("1"), None)
        );
        assert!(images.choose(&slot("set"), &[]).is_some());
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
