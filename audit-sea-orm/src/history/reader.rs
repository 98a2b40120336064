//! Reads an object's records, a page at a time.

use std::collections::{BTreeMap, VecDeque};

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, QueryFilter, Select, Value,
    prelude::DateTimeUtc,
};
use serde_json::Value as Json;

use super::{
    state::{ACTIONS, Event},
    subject::Subject,
};
use crate::{
    Audited, TrailCursor, TrailQuery, clock,
    entity::audit_log::{Column, Entity, Model},
    read::stands_in,
};

/// How many records are read by one statement.
const PAGE: u64 = 100;

/// A record, and what it says.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) event: Event,
    pub(super) record: Model,
}

impl Told {
    pub(super) fn of(record: Model) -> Option<Self> {
        let event = Event::of(&record)?;
        Some(Self { event, record })
    }
}

/// The records of one object of an entity, and those that tell of all its table's objects.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    subject: &'static dyn Subject,
    key: Vec<Value>,
    select: Select<Entity>,
    /// Where the table was emptied, the oldest first. Few: they are read at once.
    truncations: Vec<Told>,
}

/// Some records.
struct Page {
    records: Vec<Told>,
    /// The number behind which more follow.
    end: Option<i64>,
}

/// Which way records are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    /// The oldest first.
    Ahead,
    /// The newest first.
    Back,
}

impl Reader {
    pub(crate) async fn new<C: ConnectionTrait>(
        subject: &'static dyn Subject,
        key: &[Value],
        db: &C,
    ) -> Result<Self, DbErr> {
        Ok(Self::with(subject, key, truncations(subject, db).await?))
    }

    /// The same, where it is known already where the table was emptied.
    pub(super) fn with(
        subject: &'static dyn Subject,
        key: &[Value],
        truncations: Vec<Told>,
    ) -> Self {
        let select = subject.records(key);
        Self {
            select: select.filter(Column::Action.is_in(ACTIONS)),
            key: key.to_vec(),
            subject,
            truncations,
        }
    }

    pub(super) fn subject(&self) -> &'static dyn Subject {
        self.subject
    }

    /// The columns of the present row, as records would have them; `None` where there is none.
    pub(super) async fn row<C: ConnectionTrait>(
        &self,
        db: &C,
    ) -> Result<Option<BTreeMap<String, Json>>, DbErr> {
        // As built: a restricted connection looks at what the statement touches.
        let row = db.query_one(&self.subject.select(&self.key)).await?;
        row.map(|row| self.subject.read(&row)).transpose()
    }

    /// Those alone that tell of a column, be it that they silenced its change.
    pub(super) fn about<E: Audited>(self, column: E::Column) -> Self {
        let tells = Condition::any()
            .add(Column::Action.is_in(["SKIPPED", "DELETE"]))
            .add(stands_in::<E>(&column));
        Self {
            select: self.select.filter(tells),
            ..self
        }
    }

    /// The last record.
    pub(super) async fn last<C: ConnectionTrait>(&self, db: &C) -> Result<Option<Told>, DbErr> {
        let own = self.select.clone().newest_first().one(db).await?;
        let truncation = self.truncations.last().cloned();
        let both = own.and_then(Told::of).into_iter().chain(truncation);
        Ok(both.max_by_key(|told| told.record.id))
    }

    /// The number of the last record up to a time.
    pub(super) async fn last_until<C: ConnectionTrait>(
        &self,
        time: DateTimeUtc,
        db: &C,
    ) -> Result<Option<i64>, DbErr> {
        let until = Column::OccurredAt.lt(clock::bound(clock::just_after(time)));
        let own = self.select.clone().filter(until).newest_first();
        let own = own.one(db).await?;
        let truncations = self.truncations.iter().rev();
        let mut truncations = truncations.map(|told| &told.record);
        let truncation = truncations.find(|record| record.occurred_at <= time);
        let ids = [own.as_ref(), truncation].into_iter().flatten();
        Ok(ids.map(|record| record.id).max())
    }

    /// Up to a page of the object's own records behind a number, and those of its table that lie between them.
    async fn page<C: ConnectionTrait>(
        &self,
        direction: Direction,
        behind: i64,
        db: &C,
    ) -> Result<Page, DbErr> {
        let select = self.select.clone();
        let select = match direction {
            Direction::Ahead => select.newer_than(behind.into()).oldest_first(),
            Direction::Back => select.older_than(behind.into()).newest_first(),
        };
        let page = select.page(db, PAGE).await?;
        let end = page.next.map(TrailCursor::id);
        let is_within = |told: &&Told| {
            let id = told.record.id;
            match direction {
                Direction::Ahead => id > behind && end.is_none_or(|end| id < end),
                Direction::Back => id < behind && end.is_none_or(|end| id > end),
            }
        };
        let of_table = self.truncations.iter().filter(is_within).cloned();
        let own = page.rows.into_iter().filter_map(Told::of);
        let mut records: Vec<_> = own.chain(of_table).collect();
        records.sort_by_key(|told| told.record.id);
        if direction == Direction::Back {
            records.reverse();
        }
        Ok(Page { records, end })
    }
}

/// Where the tables of an entity were emptied. Only PostgreSQL's triggers see that.
pub(super) async fn truncations<C: ConnectionTrait>(
    subject: &dyn Subject,
    db: &C,
) -> Result<Vec<Told>, DbErr> {
    if db.get_database_backend() != DbBackend::Postgres {
        return Ok(Vec::new());
    }
    let select = subject
        .records_of_table()
        .filter(Column::Action.is_in(["TRUNCATE", "SKIPPED"]));
    let records = select.oldest_first().all(db).await?;
    Ok(records.into_iter().filter_map(Told::of).collect())
}

/// A place among an object's records, from which they are read one by one.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    direction: Direction,
    behind: i64,
    page: VecDeque<Told>,
    is_at_end: bool,
}

impl Cursor {
    /// Those of greater numbers than this, the oldest first.
    pub(super) fn after(id: i64) -> Self {
        Self::new(Direction::Ahead, id)
    }

    /// Those of lower numbers than this, the newest first.
    pub(super) fn before(id: i64) -> Self {
        Self::new(Direction::Back, id)
    }

    fn new(direction: Direction, behind: i64) -> Self {
        Self {
            direction,
            behind,
            page: VecDeque::new(),
            is_at_end: false,
        }
    }

    /// The next record; `None` at the end.
    pub(super) async fn next<C: ConnectionTrait>(
        &mut self,
        reader: &Reader,
        db: &C,
    ) -> Result<Option<Told>, DbErr> {
        self.fill(reader, db).await?;
        let next = self.page.pop_front();
        if let Some(told) = &next {
            self.behind = told.record.id;
        }
        Ok(next)
    }

    /// What the next record says, which stays the next.
    pub(super) async fn peek<C: ConnectionTrait>(
        &mut self,
        reader: &Reader,
        db: &C,
    ) -> Result<Option<Event>, DbErr> {
        self.fill(reader, db).await?;
        Ok(self.page.front().map(|told| told.event))
    }

    async fn fill<C: ConnectionTrait>(&mut self, reader: &Reader, db: &C) -> Result<(), DbErr> {
        // A page may hold nothing but records that tell nothing.
        while self.page.is_empty() && !self.is_at_end {
            let page = reader.page(self.direction, self.behind, db).await?;
            (self.page, self.is_at_end) = (page.records.into(), page.end.is_none());
            self.behind = page.end.unwrap_or(self.behind);
        }
        Ok(())
    }

    /// Looks again for records that came since the end was met.
    pub(super) fn look_again(&mut self) {
        self.is_at_end = false;
    }
}
