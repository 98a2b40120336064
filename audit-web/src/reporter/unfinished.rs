use std::{
    collections::HashMap,
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::report::Report;

/// What has begun, and can say of itself that it was cut off.
pub(crate) trait Unfinished: fmt::Debug + Send + Sync {
    /// What to report.
    fn cut_off(&self) -> Report;
}

/// All that has begun and not ended: whoever ends the process knows of nothing else what it cuts off, as a request whose
/// client does not read is polled by nobody.
#[derive(Debug, Default)]
pub(super) struct Begun {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    last: u64,
    running: HashMap<u64, Arc<dyn Unfinished>>,
}

/// The place of one in the table, until this is dropped.
#[derive(Debug)]
pub(crate) struct Listed {
    begun: Arc<Begun>,
    number: u64,
}

impl Begun {
    pub(super) fn list(self: &Arc<Self>, unfinished: Arc<dyn Unfinished>) -> Listed {
        let mut table = self.table();
        table.last += 1;
        let number = table.last;
        table.running.insert(number, unfinished);
        Listed {
            begun: Arc::clone(self),
            number,
        }
    }

    /// Takes all of them, those that began first at the front.
    pub(super) fn take(&self) -> Vec<Arc<dyn Unfinished>> {
        let mut running: Vec<_> = mem::take(&mut self.table().running).into_iter().collect();
        running.sort_unstable_by_key(|(number, _)| *number);
        running
            .into_iter()
            .map(|(_, unfinished)| unfinished)
            .collect()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // OK to go on after a panic: nothing in there calls what could.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listed {
    /// More is known of it now.
    #[cfg(feature = "actix")]
    pub(crate) fn replace(&self, unfinished: Arc<dyn Unfinished>) {
        if let Some(running) = self.begun.table().running.get_mut(&self.number) {
            *running = unfinished;
        }
    }

    /// Ends its place; whether it still had one, as nobody has reported that it was cut off.
    pub(crate) fn end(&self) -> bool {
        let ended = self.begun.table().running.remove(&self.number);
        ended.is_some()
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.end();
    }
}
