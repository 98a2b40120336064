//! The records of a timeline's objects, in one order.

use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, DbErr, QueryFilter, QueryTrait, Select};

use super::{Ids, Member};
use crate::{
    TrailCursor, TrailPage, TrailQuery,
    entity::audit_log::{Column, Entity, Model},
    record::object_key,
};

/// How many objects are asked for by one statement.
const BATCH: usize = 500;

/// Up to `size` records of these objects, the newest first.
pub(super) async fn page<C: ConnectionTrait>(
    objects: &[Ids],
    members: &[Member],
    before: Option<TrailCursor>,
    size: u64,
    db: &C,
) -> Result<TrailPage<Model>, DbErr> {
    let (mut newest, backend) = (Newest::new(size), db.get_database_backend());
    for (ids, member) in objects.iter().zip(members) {
        let stored = ids.iter().map(|id| object_key::stored(id.clone(), backend));
        let stored: Vec<String> = stored.collect();
        for stored in stored.chunks(BATCH) {
            let stored: Vec<&str> = stored.iter().map(String::as_str).collect();
            newest
                .take(member.entity.records(&stored), before, db)
                .await?;
        }
        // Only PostgreSQL's triggers see it.
        if backend == DbBackend::Postgres && !ids.is_empty() {
            let emptied = member.entity.subject().records_of_table();
            let emptied = emptied.filter(Column::Action.is_in(["TRUNCATE", "SKIPPED"]));
            newest.take(emptied, before, db).await?;
        }
    }
    Ok(newest.page())
}

/// The newest of the records that were read so far: those of a page, and one more.
struct Newest {
    size: u64,
    records: BTreeMap<i64, Model>,
}

impl Newest {
    fn new(size: u64) -> Self {
        Self {
            size,
            records: BTreeMap::new(),
        }
    }

    async fn take<C: ConnectionTrait>(
        &mut self,
        select: Select<Entity>,
        before: Option<TrailCursor>,
        db: &C,
    ) -> Result<(), DbErr> {
        let select = select
            .apply_if(before, TrailQuery::older_than)
            .apply_if(self.floor(), TrailQuery::newer_than);
        let page = select.newest_first().page(db, self.size.saturating_add(1));
        let read = page.await?.rows.into_iter();
        self.records.extend(read.map(|record| (record.id, record)));
        while self.is_full() && self.len() > self.size.saturating_add(1) {
            self.records.pop_first();
        }
        Ok(())
    }

    /// What is not newer than that comes on a later page.
    fn floor(&self) -> Option<TrailCursor> {
        let (oldest, _) = self.records.first_key_value()?;
        self.is_full().then(|| TrailCursor::from(*oldest))
    }

    fn is_full(&self) -> bool {
        self.len() > self.size
    }

    fn len(&self) -> u64 {
        u64::try_from(self.records.len()).unwrap_or(u64::MAX)
    }

    fn page(self) -> TrailPage<Model> {
        let rows: Vec<_> = self.records.into_values().rev().collect();
        TrailPage::of::<Entity>(rows, self.size)
    }
}
