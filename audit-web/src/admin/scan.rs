//! Rows in the order of the trail, by way of an index, at a cost that does not grow with the trail.
//!
//! A page finds the numbers of its rows in an index that has them in that order, and reads those rows then: as the
//! index alone answers the first part, no planner hopes to meet the rows sooner elsewhere. What the index does not
//! know, a second filter, a time or a part of a text, is asked of [`SCAN_LIMIT`] rows, and the page says how far it looked.

use audit_sea_orm::{
    TrailCursor,
    entity::{RecordedTime, UNREADABLE_TIME},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, FromQueryResult,
    IdenStatic, QueryFilter, QueryOrder, QueryResult, QuerySelect, QueryTrait, Select,
    sea_query::{Alias, Expr, ExprTrait, IntoCondition, Order, Query, SelectStatement, UnionType},
};

use super::{
    count, listed::Listed, period::Span, position::Position, prefix::IndexPrefix, range::Numbers,
    viewer::Viewer,
};

/// How many rows a page looks at for what no index knows.
pub(super) const SCAN_LIMIT: u64 = 2_000;

/// The name of the numbers found, in statements.
const FOUND: &str = "found";

/// The rows found, in the order asked for, where the next page goes on, and how far this one looked if not to the
/// end.
pub(super) struct Found<E: Listed> {
    pub(super) rows: Vec<E::Model>,
    pub(super) next: Option<TrailCursor>,
    pub(super) looked_to: Option<DateTime<Utc>>,
}

/// What an index knows.
#[derive(Clone)]
enum Source<E: Listed> {
    /// One prefix of it, or several.
    Prefixes(Vec<IndexPrefix<E>>),
    /// The rows of a range of time, of which there are [`SCAN_LIMIT`] at most: they are put in order.
    Times(Box<Select<E>>),
}

/// Rows that an index finds in the order of the trail.
#[derive(Clone)]
pub(super) struct Scan<E: Listed> {
    source: Source<E>,
    /// What else the rows must fulfil.
    rest: Option<Condition>,
}

impl<E: Listed> Scan<E> {
    /// One prefix of an index.
    pub(super) fn along(prefix: IndexPrefix<E>) -> Self {
        Self::over(vec![prefix])
    }

    /// Several prefixes of an index, which together are the whole.
    pub(super) fn over(prefixes: Vec<IndexPrefix<E>>) -> Self {
        Self {
            source: Source::Prefixes(prefixes),
            rest: None,
        }
    }

    /// The rows of a range of time, of which there are [`SCAN_LIMIT`] at most: they are put in order.
    pub(super) fn by_time(few: Select<E>) -> Self {
        Self {
            source: Source::Times(Box::new(few)),
            rest: None,
        }
    }

    /// Narrows it to the numbers from one to another, which every index knows.
    pub(super) fn within(mut self, numbers: Numbers) -> Self {
        if let Source::Prefixes(prefixes) = self.source {
            let narrow = |prefix: IndexPrefix<E>| prefix.within(numbers);
            self.source = Source::Prefixes(prefixes.into_iter().map(narrow).collect());
        }
        self
    }

    /// Narrows it by what the index does not know.
    pub(super) fn but(mut self, condition: impl IntoCondition) -> Self {
        let rest = self.rest.unwrap_or_else(Condition::all);
        self.rest = Some(rest.add(condition.into_condition()));
        self
    }

    /// Narrows it to what somebody may see.
    pub(super) fn seen_by(self, viewer: &Viewer) -> Self {
        match viewer.tenant.as_deref() {
            Some(tenant) => self.but(E::TENANT_ID.eq(tenant)),
            None => self,
        }
    }

    /// The times of all its rows, where the index knows no more than [`SCAN_LIMIT`].
    pub(super) async fn times(
        &self,
        db: &DatabaseConnection,
    ) -> Result<Option<Vec<DateTime<Utc>>>, DbErr> {
        let keys = self.keys(Position::Newest, SCAN_LIMIT + 1, db.get_database_backend());
        if count::rows(db, [keys.clone()]).await? > vec![SCAN_LIMIT] {
            return Ok(None);
        }
        let rows = self.fitting().select_only().column(E::OCCURRED_AT);
        let rows = db
            .query_all(&found(rows, keys, db.get_database_backend()))
            .await?;
        let times = rows.iter().map(time_of::<E>);
        times.collect::<Result<_, _>>().map(Some)
    }

    /// The oldest time of its first rows and the newest of its last, of which it looks at [`SCAN_LIMIT`] each.
    pub(super) async fn time_ends(&self, db: &DatabaseConnection) -> Result<Option<Span>, DbErr> {
        let first = Position::Newer(TrailCursor::from(i64::MIN));
        let oldest = self.time_at(first, Order::Asc, db).await?;
        let newest = self.time_at(Position::Newest, Order::Desc, db).await?;
        Ok(oldest.zip(newest))
    }

    /// The first time, in that order, of [`SCAN_LIMIT`] rows: clocks need not agree with the order of the trail.
    async fn time_at(
        &self,
        position: Position,
        order: Order,
        db: &DatabaseConnection,
    ) -> Result<Option<DateTime<Utc>>, DbErr> {
        let backend = db.get_database_backend();
        let times = self.fitting().select_only().column(E::OCCURRED_AT);
        // The limit, which changes nothing, keeps a planner from an index of times, along which it may look in vain.
        let times = found(times, self.keys(position, SCAN_LIMIT, backend), backend)
            .limit(SCAN_LIMIT)
            .take();
        let time = Query::select()
            .column(("ends", E::OCCURRED_AT))
            .from_subquery(times, "ends")
            .order_by(("ends", E::OCCURRED_AT), order)
            .limit(1)
            .take();
        let row = db.query_one(&time).await?;
        row.as_ref().map(time_of::<E>).transpose()
    }

    /// The rows that fulfil what the index does not know.
    fn fitting(&self) -> Select<E> {
        E::find().apply_if(self.rest.clone(), Select::filter)
    }

    /// A page of at most `size` rows.
    pub(super) async fn page(
        &self,
        db: &DatabaseConnection,
        position: Position,
        size: u64,
    ) -> Result<Found<E>, DbErr> {
        let limit = self.limit(size);
        let keys = self.keys(position, limit, db.get_database_backend());
        let mut rows = self.read(db, keys.clone(), position, size + 1).await?;
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if rows.len() > size {
            rows.truncate(size);
            let next = rows.last().map(E::cursor);
            return Ok(Found {
                rows,
                next,
                looked_to: None,
            });
        }
        let end = match self.rest {
            Some(_) => self.end_of(db, keys, position).await?,
            None => None,
        };
        Ok(Found {
            rows,
            next: end.map(|(cursor, _)| cursor),
            looked_to: end.map(|(_, time)| time),
        })
    }

    /// How many rows a page looks at. One more than it shows tells whether there is a next page.
    fn limit(&self, size: u64) -> u64 {
        if self.rest.is_none() {
            return size + 1;
        }
        let prefixes = match &self.source {
            Source::Prefixes(prefixes) => u64::try_from(prefixes.len()).unwrap_or(u64::MAX),
            Source::Times(_) => 1,
        };
        // Each prefix is looked at as far.
        let each = SCAN_LIMIT.checked_div(prefixes).unwrap_or(SCAN_LIMIT);
        Ord::max(each, size + 1)
    }

    /// The numbers of the first rows from a position on, in their order, from the index alone.
    pub(super) fn keys(
        &self,
        position: Position,
        limit: u64,
        backend: DbBackend,
    ) -> SelectStatement {
        let prefixes = match &self.source {
            Source::Prefixes(prefixes) => prefixes,
            Source::Times(few) => return sorted_keys(Select::clone(few), position, limit),
        };
        let mut parts = prefixes
            .iter()
            .map(|prefix| prefix.keys(position, limit, backend));
        match (parts.next(), parts.len()) {
            (Some(only), 0) => only,
            (first, _) => {
                let all = all::<E>(first.into_iter().chain(parts));
                by_number::<E>(all, position.order(), limit)
            }
        }
    }

    async fn read(
        &self,
        db: &DatabaseConnection,
        keys: SelectStatement,
        position: Position,
        limit: u64,
    ) -> Result<Vec<E::Model>, DbErr> {
        let rows = found(self.fitting(), keys, db.get_database_backend())
            .order_by((FOUND, E::ID), position.order())
            .limit(limit)
            .take();
        let rows = db.query_all(&rows).await?;
        rows.iter()
            .map(|row| E::Model::from_query_result(row, ""))
            .collect()
    }

    /// The last position among the keys that were looked at, and its time, where there is more beyond it.
    async fn end_of(
        &self,
        db: &DatabaseConnection,
        looked_at: SelectStatement,
        position: Position,
    ) -> Result<Option<(TrailCursor, DateTime<Utc>)>, DbErr> {
        let opposite = match position.order() {
            Order::Asc => Order::Desc,
            _ => Order::Asc,
        };
        let last = by_number::<E>(looked_at, opposite, 1);
        let end = E::find().select_only().columns([E::ID, E::OCCURRED_AT]);
        let end = found(end, last, db.get_database_backend());
        let Some(end) = db.query_one(&end).await? else {
            return Ok(None);
        };
        let cursor = TrailCursor::from(end.try_get::<i64>("", E::ID.as_str())?);
        let time = time_of::<E>(&end)?;
        let beyond = self.keys(position.from(cursor), 1, db.get_database_backend());
        Ok(db.query_one(&beyond).await?.map(|_| (cursor, time)))
    }
}

/// The time of a row that a statement read.
pub(super) fn time_of<E: Listed>(row: &QueryResult) -> Result<DateTime<Utc>, DbErr> {
    // MySQL's `0000-00-00` comes as a null.
    let time: Option<RecordedTime> = row.try_get("", E::OCCURRED_AT.as_str())?;
    Ok(time.map_or(UNREADABLE_TIME, |RecordedTime(time)| time))
}

/// Those of the rows that are from one moment to before another.
pub(super) fn during<E: Listed>(rows: Select<E>, from: Expr, until: Expr) -> Select<E> {
    let time = || Expr::col((Alias::new(E::TABLE), E::OCCURRED_AT));
    rows.filter(time().gte(from)).filter(time().lt(until))
}

/// The numbers of the last `limit` rows from one moment to before another.
pub(super) fn last_during<E: Listed>(from: Expr, until: Expr, limit: u64) -> SelectStatement {
    let rows = during(E::find(), from, until).select_only().column(E::ID);
    // Else PostgreSQL may hope to meet that many soon in the table itself.
    rows.order_by_desc(E::OCCURRED_AT).limit(limit).into_query()
}

/// The numbers of those of them that fulfil a condition on the fields.
pub(super) fn fitting_during<E: Listed>(
    condition: Condition,
    from: Expr,
    until: Expr,
    limit: u64,
    backend: DbBackend,
) -> SelectStatement {
    let asked = E::FIELDS.iter().map(|field| field.column);
    let rows = E::find().select_only().column(E::ID).columns(asked);
    // The limit, which changes nothing, keeps PostgreSQL from looking for the rest in an index of its own, to the
    // end of it.
    let rows = found(rows, last_during::<E>(from, until, limit), backend)
        .limit(limit)
        .take();
    Query::select()
        .column((Alias::new(E::TABLE), E::ID))
        // By the table's name, which the conditions use.
        .from_subquery(rows, Alias::new(E::TABLE))
        .cond_where(condition)
        .take()
}

/// The rows of those numbers.
fn found<E: Listed>(rows: Select<E>, keys: SelectStatement, backend: DbBackend) -> SelectStatement {
    let number = Expr::col((Alias::new(E::TABLE), E::ID));
    let key = Expr::col((Alias::new(FOUND), E::ID));
    let is_found = match backend {
        // No equality that it could merge or hash: it would read the table, to its end where nothing fits the rest.
        // As a text, for sea-query takes what stands in brackets for a name.
        DbBackend::Postgres => {
            let (table, id) = (E::TABLE, E::ID.as_str());
            Expr::cust(format!(
                r#""{table}"."{id}" = ANY(ARRAY["{FOUND}"."{id}"])"#
            ))
        }
        _ => number.eq(key),
    };
    rows.into_query()
        .from_subquery(keys, FOUND)
        .and_where(is_found)
        .take()
}

fn sorted_keys<E: Listed>(few: Select<E>, position: Position, limit: u64) -> SelectStatement {
    let few = few.select_only().column(E::ID);
    // Else a planner may go by the number, and look at the time of each row on the way.
    let few = few.order_by_asc(E::OCCURRED_AT).limit(SCAN_LIMIT + 1);
    by_number::<E>(few.into_query(), position.order(), limit)
        .and_where(position.holds(Expr::col((FOUND, E::ID))))
        .take()
}

/// All keys of several statements.
fn all<E: Listed>(parts: impl Iterator<Item = SelectStatement>) -> SelectStatement {
    let parts = parts.map(|part| {
        Query::select()
            .column(E::ID)
            .from_subquery(part, "prefix")
            .take()
    });
    let all = parts.reduce(|mut all, one| all.union(UnionType::All, one).take());
    all.unwrap_or_default()
}

fn by_number<E: Listed>(keys: SelectStatement, order: Order, limit: u64) -> SelectStatement {
    Query::select()
        .column((FOUND, E::ID))
        .from_subquery(keys, FOUND)
        .order_by((FOUND, E::ID), order)
        .limit(limit)
        .take()
}
