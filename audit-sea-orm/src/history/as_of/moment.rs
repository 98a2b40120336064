//! What is asked once of a time.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, Select,
    prelude::DateTimeUtc,
    sea_query::{Expr, ExprTrait, SimpleExpr},
};

use super::super::{
    reader::{self, Told},
    subject,
};
use crate::{
    Audited, clock,
    entity::audit_log::{Column, Entity},
    read::by_index,
};

/// A time, and what the audit log has behind it.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    pub(super) time: DateTimeUtc,
    /// All records up to this number are of the time or before; `None` where all are.
    pub(super) start: Option<i64>,
    /// Whether records behind the start may be of the time or before, as clocks differ.
    pub(super) may_be_early: bool,
    /// Where the table was emptied.
    pub(super) truncations: Vec<Told>,
}

impl Moment {
    pub(super) async fn of<E: Audited, C: ConnectionTrait>(
        time: DateTimeUtc,
        db: &C,
    ) -> Result<Self, DbErr> {
        let later = Entity::find().filter(is_later(time));
        let first = number(later, |id| id.min(), db).await?;
        let truncations = match first {
            Some(_) => reader::truncations(subject::of::<E>(), db).await?,
            None => Vec::new(),
        };
        Ok(Self {
            time,
            start: first.map(|id| id - 1),
            may_be_early: true,
            truncations,
        })
    }

    /// Whether records behind the start are of the time or before. It reads much of an index, so it is asked where it spares a
    /// statement of many batches.
    pub(super) async fn has_early<C: ConnectionTrait>(&self, db: &C) -> Result<bool, DbErr> {
        let Some(start) = self.start else {
            return Ok(false);
        };
        let early = Entity::find().filter(self.is_not_later());
        let early = early.filter(Column::Id.gt(start));
        Ok(number(early, |id| id.max(), db).await?.is_some())
    }

    pub(super) fn is_later(&self) -> SimpleExpr {
        is_later(self.time)
    }

    pub(super) fn is_not_later(&self) -> SimpleExpr {
        Column::OccurredAt.lt(clock::bound(clock::just_after(self.time)))
    }

    /// Whether the table was emptied since.
    pub(super) fn was_emptied_since(&self) -> bool {
        let mut truncations = self.truncations.iter();
        truncations.any(|told| told.record.occurred_at > self.time)
    }

    /// The number of the last record up to the time that tells of the whole table.
    pub(super) fn last_truncation(&self) -> Option<i64> {
        let truncations = self.truncations.iter().map(|told| &told.record);
        let until = truncations.filter(|record| record.occurred_at <= self.time);
        until.map(|record| record.id).max()
    }
}

fn is_later(time: DateTimeUtc) -> SimpleExpr {
    Column::OccurredAt.gte(clock::bound(clock::just_after(time)))
}

/// The first or the last number of some records. Not of the column itself, but of a sum: so the index of times serves it, where
/// a database would walk through all numbers from the end on.
async fn number<C: ConnectionTrait>(
    select: Select<Entity>,
    of: impl FnOnce(SimpleExpr) -> SimpleExpr,
    db: &C,
) -> Result<Option<i64>, DbErr> {
    let sum = Expr::col((Entity, Column::Id)).add(0_i64);
    let select = by_index(select).select_only().expr_as(of(sum), "number");
    let number = select.into_tuple::<Option<i64>>().one(db).await?;
    Ok(number.flatten())
}
