//! How many rows a delete hit, which SeaORM does not pass to a hook: an audited connection sees the answer.

use std::{
    collections::BTreeMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use sea_orm::Value;

use super::AnyConnection;
use crate::task::Runner;

/// The deletes whose answer is awaited, by their connection, the newest of one last.
static AWAITED: LazyLock<Mutex<Awaited>> = LazyLock::new(Mutex::default);

#[derive(Debug, Default)]
struct Awaited {
    deletes: BTreeMap<(usize, u64), Delete>,
    next: u64,
}

/// A delete that is about to be sent, by what its statement is known.
#[derive(Debug)]
struct Delete {
    runner: Runner,
    table: &'static str,
    key: Vec<Value>,
    hit: Option<u64>,
}

/// The answer of a delete, once there is one. Nobody waits for it any more where this is dropped.
#[derive(Debug)]
pub(crate) struct AwaitedHit {
    place: (usize, u64),
}

fn with_awaited<R>(function: impl FnOnce(&mut Awaited) -> R) -> R {
    // OK to go on after a panic: every change below leaves the map whole.
    function(&mut AWAITED.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Compared, never followed: the same reference comes to the hooks before and after a delete.
fn address<C>(connection: &C) -> usize {
    std::ptr::from_ref(connection).addr()
}

impl AwaitedHit {
    /// Of the next delete of that row that this task sends through the connection.
    pub(crate) fn of(connection: &AnyConnection<'_>, table: &'static str, key: Vec<Value>) -> Self {
        Self::at(connection.address(), table, key)
    }

    fn at(connection: usize, table: &'static str, key: Vec<Value>) -> Self {
        let delete = Delete {
            runner: Runner::current(),
            table,
            key,
            hit: None,
        };
        with_awaited(|awaited| awaited.add(connection, delete))
    }

    /// How many rows it hit; `None` where no audited connection saw it.
    pub(crate) fn rows(&self) -> Option<u64> {
        with_awaited(|awaited| awaited.deletes.get(&self.place)?.hit)
    }
}

impl Drop for AwaitedHit {
    fn drop(&mut self) {
        with_awaited(|awaited| awaited.deletes.remove(&self.place));
    }
}

/// Whether a delete through that connection is awaited.
pub(super) fn is_awaited<C>(connection: &C) -> bool {
    let connection = address(connection);
    with_awaited(|awaited| awaited.through(connection).next().is_some())
}

/// Notes how many rows a delete hit that was sent through that connection: for the newest of this task that is of that row,
/// and of which it is not known yet.
pub(super) fn note<C>(connection: &C, sql: &str, key: &[Value], hit: u64) {
    let connection = address(connection);
    with_awaited(|awaited| awaited.note(connection, sql, key, hit));
}

impl Awaited {
    fn add(&mut self, connection: usize, delete: Delete) -> AwaitedHit {
        let place = (connection, self.next);
        self.next += 1;
        self.deletes.insert(place, delete);
        AwaitedHit { place }
    }

    fn through(&mut self, connection: usize) -> impl Iterator<Item = &mut Delete> {
        let all = (connection, 0)..=(connection, u64::MAX);
        self.deletes.range_mut(all).rev().map(|(_, delete)| delete)
    }

    fn note(&mut self, connection: usize, sql: &str, key: &[Value], hit: u64) {
        let runner = Runner::current();
        let awaited = self.through(connection).find(|delete| {
            delete.runner == runner && delete.hit.is_none() && delete.is_of(sql, key)
        });
        if let Some(delete) = awaited {
            delete.hit = Some(hit);
        }
    }
}

impl Delete {
    /// Whether what a statement deletes is this.
    fn is_of(&self, sql: &str, key: &[Value]) -> bool {
        self.key == key && sql.contains(self.table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hit_is_noted_for_the_delete_of_that_row() {
        let (here, there) = (1_u8, 2_u8);
        assert!(!is_awaited(&here));
        let failed = AwaitedHit::at(address(&here), "pie", vec![1.into()]);
        let sent = AwaitedHit::at(address(&here), "pie", vec![1.into()]);
        note(&here, "DELETE FROM cake", &[1.into()], 7);
        note(&here, "DELETE FROM pie", &[2.into()], 7);
        note(&there, "DELETE FROM pie", &[1.into()], 7);
        assert_eq!((failed.rows(), sent.rows()), (None, None));
        note(&here, "DELETE FROM pie", &[1.into()], 0);
        assert_eq!((failed.rows(), sent.rows()), (None, Some(0)));
        assert!(is_awaited(&here) && !is_awaited(&there));
        drop((failed, sent));
        assert!(!is_awaited(&here));
    }
}
