//! A record among others on a page: of one request, one transaction, or one timeline.

use audit_sea_orm::entity::audit_log;

use super::{
    cell::{Cell, Moment},
    change::{self, ChangeView},
    listed::Listed,
};

/// A record among others, as `entry.html` shows it.
pub(super) struct Entry {
    pub(super) id: i64,
    pub(super) time: Moment,
    pub(super) badge: Cell,
    pub(super) object: Cell,
    /// Who, where and why, as far as the page says it of this record.
    pub(super) context: Vec<(&'static str, Cell)>,
    pub(super) changes: Vec<ChangeView>,
}

impl Entry {
    pub(super) fn new(
        record: &audit_log::Model,
        context: Vec<(&'static str, Cell)>,
        base: &str,
    ) -> Self {
        let cells = audit_log::Entity::cells(record, base);
        let [badge, object, _, _] = <[Cell; 4]>::try_from(cells).expect("a record has four cells");
        let is_told = |(_, cell): &(_, Cell)| !matches!(cell, Cell::Empty);
        Self {
            id: record.id,
            time: audit_log::Entity::time(record).into(),
            badge,
            object,
            context: context.into_iter().filter(is_told).collect(),
            changes: change::views(&record.changes()),
        }
    }
}
