use std::marker::PhantomData;

use sea_orm::{ConnectionTrait, DbErr, Value};

use super::{Snapshot, Version, walk::Walk};
use crate::Audited;

/// A walk through the versions of an object, the oldest first: see [`History::walk`](super::History::walk).
#[derive(Debug)]
pub struct Versions<'db, E: Audited, C> {
    walk: Walk<'db, C>,
    key: Vec<Value>,
    entity: PhantomData<fn() -> E>,
}

impl<'db, E: Audited, C: ConnectionTrait> Versions<'db, E, C> {
    pub(super) fn of(walk: Walk<'db, C>, key: Vec<Value>) -> Self {
        Self {
            walk,
            key,
            entity: PhantomData,
        }
    }

    /// The next version; `None` at the end. A call that is dropped loses none.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn try_next(&mut self) -> Result<Option<Version<E>>, DbErr> {
        let step = self.walk.try_next().await?;
        Ok(step.map(|step| Version {
            record: step.record,
            snapshot: step
                .columns
                .map(|columns| Snapshot::new(&self.key, &columns)),
            unrecorded: step.unrecorded,
        }))
    }
}
