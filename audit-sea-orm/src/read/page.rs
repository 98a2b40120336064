use crate::entity::{TrailCursor, TrailEntity};

/// Some rows of the trail, and where the next ones begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailPage<M> {
    /// The rows, in the order asked for.
    pub rows: Vec<M>,
    /// The last row's place, where more follow: pass it to `older_than` or `newer_than`.
    pub next: Option<TrailCursor>,
}

impl<M> TrailPage<M> {
    pub(crate) fn of<E: TrailEntity<Model = M>>(mut rows: Vec<M>, size: u64) -> Self {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let has_more = rows.len() > size;
        rows.truncate(size);
        let next = rows.last().filter(|_| has_more).map(E::cursor);
        Self { rows, next }
    }
}
