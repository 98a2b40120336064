//! Who changed a column of an object, and since when it has a value.

use std::collections::VecDeque;

use audit_core::{Change, FieldPolicy, MASK};
use sea_orm::{ConnectionTrait, DbErr, IdenStatic, Value};
use serde_json::Value as Json;

use super::{
    History,
    reader::{Cursor, Reader, Told},
    state::{Event, Silenced},
    subject,
    values::decode,
};
use crate::{
    Audited, Error,
    audited::recorded::Recorded,
    entity::audit_log,
    record::{
        encoding,
        unknown::{Unknown, UnknownColumns},
    },
};

/// A change of one column of an object: see [`History::last_change`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ColumnChange {
    /// The record of it: who, when and why.
    pub record: audit_log::Model,
    /// The value before and after it, as records have them. `old` is `None` where it came with the object, and where nobody knows.
    pub change: Change,
    /// Whether records show that it was this one. They do not where a change since was silenced, by a context that said to record no
    /// values, or where an update was recorded without the values before and no earlier record tells them.
    pub is_certain: bool,
}

impl<E: Audited> History<E> {
    /// Who changed a column last, when and why: the newest record that gave it another value, or with which the object came.
    ///
    /// `None` where no record did: the value is older than the audit log, or the object never was. For an object that is gone it is
    /// the last change before it went. Of a masked column the record is known, its values are not.
    ///
    /// # Errors
    /// What the database reports, and [`Error::Incomplete`] for a column that is skipped: no record tells of it.
    ///
    /// # Example
    /// ```
    /// # mod cake {
    /// #     use sea_orm::entity::prelude::*;
    /// #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
    /// #     #[sea_orm(table_name = "cake")]
    /// #     pub struct Model { #[sea_orm(primary_key)] pub id: i32, pub price: i32 }
    /// #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    /// #     pub enum Relation {}
    /// # }
    /// # use audit_sea_orm::prelude::*;
    /// # use sea_orm::{DatabaseConnection, DbErr};
    /// async fn who_set_the_price(cake: &cake::Model, db: &DatabaseConnection) -> Result<Option<String>, DbErr> {
    ///     let last = History::of(cake).last_change(cake::Column::Price, db).await?;
    ///     Ok(last.and_then(|last| last.record.actor_name))
    /// }
    /// # fn main() {}
    /// ```
    pub async fn last_change<C: ConnectionTrait>(
        &self,
        column: E::Column,
        db: &C,
    ) -> Result<Option<ColumnChange>, DbErr> {
        self.last_change_where(column, |_| true, db).await
    }

    /// When a column last got a value, by whom and why.
    ///
    /// `None` where no record gave it that value.
    ///
    /// # Errors
    /// What the database reports, and [`Error::Incomplete`] for a column that is masked or skipped: no record has its values.
    ///
    /// # Example
    /// ```
    /// # mod cake {
    /// #     use sea_orm::entity::prelude::*;
    /// #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
    /// #     #[sea_orm(table_name = "cake")]
    /// #     pub struct Model { #[sea_orm(primary_key)] pub id: i32, pub price: i32 }
    /// #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    /// #     pub enum Relation {}
    /// # }
    /// # use audit_sea_orm::prelude::*;
    /// # use sea_orm::{DatabaseConnection, DbErr, prelude::DateTimeUtc};
    /// /// Since when the cake has its price.
    /// async fn since(cake: &cake::Model, db: &DatabaseConnection) -> Result<Option<DateTimeUtc>, DbErr> {
    ///     let change = History::of(cake).last_change_to(cake::Column::Price, cake.price, db).await?;
    ///     Ok(change.map(|change| change.record.occurred_at))
    /// }
    /// # fn main() {}
    /// ```
    pub async fn last_change_to<C: ConnectionTrait>(
        &self,
        column: E::Column,
        value: impl Into<Value> + Send,
        db: &C,
    ) -> Result<Option<ColumnChange>, DbErr> {
        let name = column.as_str();
        if Recorded::<E>::get().policy(name) == FieldPolicy::Mask {
            return Err(unknown(name, Unknown::Masked));
        }
        let value = encoding::to_json(&value.into()).map_err(Error::from)?;
        let value = decode::<E>(column, &value).map_err(Error::from)?;
        let is_asked = |new: &Json| decode::<E>(column, new).is_ok_and(|new| new == value);
        self.last_change_where(column, is_asked, db).await
    }

    async fn last_change_where<C: ConnectionTrait>(
        &self,
        column: E::Column,
        is_asked: impl Fn(&Json) -> bool + Send,
        db: &C,
    ) -> Result<Option<ColumnChange>, DbErr> {
        let name = column.as_str();
        if Recorded::<E>::get().policy(name) == FieldPolicy::Skip {
            return Err(unknown(name, Unknown::Skipped));
        }
        let reader = Reader::new(subject::of::<E>(), self.key(), db).await?;
        let is_there = is_there(&reader, db).await?;
        let reader = reader.about::<E>(column);
        let mut records = Cursor::before(i64::MAX);
        let mut changes = ColumnChanges::<E>::of(column, is_there);
        while let Some(told) = records.next(&reader, db).await? {
            changes.back(told);
            if let Some(found) = changes.find(&is_asked) {
                return Ok(Some(found));
            }
        }
        changes.end();
        Ok(changes.find(&is_asked))
    }
}

/// Whether the object is there: as its last record says, or in spite of it.
async fn is_there<C: ConnectionTrait>(reader: &Reader, db: &C) -> Result<bool, DbErr> {
    let last = reader.last(db).await?;
    if last.is_some_and(|told| told.event.leaves_it_there()) {
        return Ok(true);
    }
    Ok(reader.row(db).await?.is_some())
}

/// The changes of a column, found one by one on the way back through the records of its object.
struct ColumnChanges<E: Audited> {
    column: E::Column,
    /// The newest first.
    found: VecDeque<ColumnChange>,
    /// An update whose values before nobody knows yet: it may have left the column as it was.
    open: Option<ColumnChange>,
    /// The object is there after the records that were read, and none of them says that it came.
    has_no_beginning: bool,
    /// No change that could have followed was silenced, or left no record.
    is_certain: bool,
}

impl<E: Audited> ColumnChanges<E> {
    fn of(column: E::Column, is_there: bool) -> Self {
        Self {
            column,
            has_no_beginning: is_there,
            found: VecDeque::new(),
            open: None,
            is_certain: true,
        }
    }

    /// The first of those found that was to such a value.
    fn find(&mut self, is_asked: impl Fn(&Json) -> bool) -> Option<ColumnChange> {
        while let Some(change) = self.found.pop_front() {
            if change.change.new.as_ref().is_some_and(&is_asked) {
                return Some(change);
            }
        }
        None
    }

    /// Takes the next older record.
    fn back(&mut self, told: Told) {
        match told.event {
            Event::Created | Event::Updated { knows_old: true } => {
                self.has_no_beginning &= told.event != Event::Created;
                if let Some(change) = self.change_of(told.record) {
                    self.close(change.change.new.as_ref());
                    self.found.push_back(change);
                }
            }
            Event::Updated { knows_old: false } => {
                if let Some(change) = self.change_of(told.record) {
                    self.close(change.change.new.as_ref());
                    self.open = Some(change);
                }
            }
            // Nobody knows what was before.
            Event::Found | Event::Skipped(Silenced::Create | Silenced::Update) => {
                self.end();
                self.is_certain = false;
            }
            // What comes after was another life of the object.
            Event::Deleted
            | Event::Truncated
            | Event::Skipped(Silenced::Delete | Silenced::Truncate) => {
                self.end();
                // It came back without a record, with whatever value.
                self.is_certain &= !self.has_no_beginning;
                self.has_no_beginning = false;
            }
        }
    }

    /// No record tells what the column was before.
    fn end(&mut self) {
        if let Some(mut open) = self.open.take() {
            open.is_certain = false;
            self.found.push_back(open);
        }
    }

    /// What the column was before the update that is open.
    fn close(&mut self, before: Option<&Json>) {
        let new = self.open.as_ref().and_then(|open| open.change.new.as_ref());
        let was_masked = |side: Option<&Json>| side.is_some_and(|value| value == MASK);
        let is_masked = Recorded::<E>::get().policy(self.column.as_str()) == FieldPolicy::Mask;
        if is_masked || was_masked(before) || was_masked(new) {
            return self.end();
        }
        let Some(mut open) = self.open.take() else {
            return;
        };
        let is_same = match (open.change.new.as_ref(), before) {
            (Some(new), Some(before)) => new == before || self.is_same(new, before),
            (new, before) => new == before,
        };
        if !is_same {
            open.change.old = before.cloned();
            self.found.push_back(open);
        }
    }

    /// Whether two values are the same, spelled otherwise as the column had another type then.
    fn is_same(&self, one: &Json, other: &Json) -> bool {
        let value = |json| decode::<E>(self.column, json).ok();
        value(one).is_some_and(|one| value(other) == Some(one))
    }

    fn change_of(&self, record: audit_log::Model) -> Option<ColumnChange> {
        let change = record.changes().get(self.column.as_str())?.clone();
        Some(ColumnChange {
            change,
            record,
            is_certain: self.is_certain,
        })
    }
}

fn unknown(column: &str, why: Unknown) -> DbErr {
    Error::Incomplete(UnknownColumns::new([(column.to_owned(), why)])).into()
}
