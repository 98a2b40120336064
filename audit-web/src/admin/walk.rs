//! Rows in the order of time, by way of an index, at a cost that does not grow with the trail.
//!
//! A page finds the numbers of its rows in an index that has them in that order, and reads those rows then: as the
//! index alone answers the first part, no planner hopes to meet the rows sooner elsewhere. What the index does not
//! know, a second filter or a part of a text, is asked of a window of rows, and the page says how far it looked.

use audit_sea_orm::{Cursor, TrailQuery};
use chrono::{DateTime, Utc};
use sea_orm::{
    Condition, ConnectionTrait, DatabaseConnection, DbErr, FromQueryResult, IdenStatic,
    QueryFilter, QuerySelect, QueryTrait, Select,
    sea_query::{Alias, Expr, ExprTrait, IntoCondition, Order, Query, SelectStatement, UnionType},
};

use super::listed::{Listed, cursor};

/// How many rows a page looks at for what no index knows.
pub(super) const WINDOW: u64 = 2_000;

/// The name of the numbers found, in statements.
const FOUND: &str = "found";

/// Where a page stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    Newest,
    Oldest,
    Older(Cursor),
    Newer(Cursor),
}

impl Place {
    /// Whether the page is read from its newest row on.
    pub(super) fn is_backwards(self) -> bool {
        matches!(self, Self::Newest | Self::Older(_))
    }

    fn order(self) -> Order {
        if self.is_backwards() {
            Order::Desc
        } else {
            Order::Asc
        }
    }

    /// The same direction, from there on.
    fn from(self, cursor: Cursor) -> Self {
        if self.is_backwards() {
            Self::Older(cursor)
        } else {
            Self::Newer(cursor)
        }
    }
}

/// The rows found, in the order asked for, where the next page goes on, and how far this one looked if not to the
/// end.
pub(super) struct Found<E: Listed> {
    pub(super) rows: Vec<E::Model>,
    pub(super) next: Option<Cursor>,
    pub(super) looked_to: Option<DateTime<Utc>>,
}

/// Rows that lie in an index in the order of time.
#[derive(Clone)]
pub(super) struct Walk<E: Listed> {
    /// What the index knows: one stretch of it, or several, each in that order.
    stretches: Vec<Select<E>>,
    /// All of it.
    whole: Select<E>,
    /// What else the rows must fulfil.
    rest: Option<Condition>,
}

impl<E: Listed> Walk<E> {
    /// One stretch of an index.
    pub(super) fn along(stretch: Select<E>) -> Self {
        Self {
            stretches: vec![stretch.clone()],
            whole: stretch,
            rest: None,
        }
    }

    /// Several stretches of an index, which together are the whole.
    pub(super) fn over(stretches: Vec<Select<E>>, whole: Select<E>) -> Self {
        Self {
            stretches,
            whole,
            rest: None,
        }
    }

    /// Narrows it by the time, which every index knows.
    pub(super) fn within(mut self, narrow: impl Fn(Select<E>) -> Select<E>) -> Self {
        self.stretches = self.stretches.into_iter().map(&narrow).collect();
        self.whole = narrow(self.whole);
        self
    }

    /// Narrows it by what the index does not know.
    pub(super) fn but(mut self, condition: impl IntoCondition) -> Self {
        let rest = self.rest.unwrap_or_else(Condition::all);
        self.rest = Some(rest.add(condition.into_condition()));
        self
    }

    /// Whether there is something that the index does not know.
    pub(super) fn is_looking(&self) -> bool {
        self.rest.is_some()
    }

    /// The numbers of at most `limit` rows from one moment to before another, as far as the index knows.
    pub(super) fn some_of(&self, from: Expr, until: Expr, limit: u64) -> SelectStatement {
        let rows = during(self.whole.clone(), from, until);
        let rows = match self.stretches.len() {
            // Else PostgreSQL may hope to meet that many soon in the table itself.
            1 => rows.newest_first(),
            // Several stretches together have no order.
            _ => rows,
        };
        rows.select_only().column(E::ID).limit(limit).into_query()
    }

    /// A page of at most `size` rows.
    pub(super) async fn page(
        &self,
        db: &DatabaseConnection,
        place: Place,
        size: u64,
    ) -> Result<Found<E>, DbErr> {
        let window = self.window(size);
        let keys = self.keys(place, window);
        let mut rows = self.read(db, keys.clone(), place, size + 1).await?;
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
            Some(_) => self.end_of(db, keys, place).await?,
            None => None,
        };
        Ok(Found {
            rows,
            next: end.map(|(_, cursor)| cursor),
            looked_to: end.map(|(time, _)| time),
        })
    }

    /// How many rows a page looks at. One more than it shows tells whether there is a next page.
    fn window(&self, size: u64) -> u64 {
        if self.rest.is_none() {
            return size + 1;
        }
        // Each stretch is looked at as far.
        let stretches = u64::try_from(self.stretches.len()).unwrap_or(u64::MAX);
        let each = WINDOW.checked_div(stretches).unwrap_or(WINDOW);
        Ord::max(each, size + 1)
    }

    /// The times and numbers of the first rows from a place on, in their order, from the index alone.
    pub(super) fn keys(&self, place: Place, limit: u64) -> SelectStatement {
        let mut parts = self
            .stretches
            .iter()
            .map(|stretch| stretch_keys(stretch.clone(), place, limit));
        match (parts.next(), parts.len()) {
            (Some(only), 0) => only,
            (first, _) => {
                let all = all::<E>(first.into_iter().chain(parts));
                by_time::<E>(all, place.order(), limit)
            }
        }
    }

    async fn read(
        &self,
        db: &DatabaseConnection,
        keys: SelectStatement,
        place: Place,
        limit: u64,
    ) -> Result<Vec<E::Model>, DbErr> {
        let rows = match &self.rest {
            Some(rest) => E::find().filter(rest.clone()),
            None => E::find(),
        };
        let rows = found(rows, keys)
            .order_by((FOUND, E::OCCURRED_AT), place.order())
            .order_by((FOUND, E::ID), place.order())
            .limit(limit)
            .take();
        let rows = db.query_all(&rows).await?;
        rows.iter()
            .map(|row| E::Model::from_query_result(row, ""))
            .collect()
    }

    /// The numbers of those of the rows that fulfil the rest, of at most `limit` rows of such a time.
    pub(super) fn fitting(&self, from: Expr, until: Expr, limit: u64) -> SelectStatement {
        let asked = E::FIELDS.iter().map(|field| field.column);
        let rows = E::find().select_only().column(E::ID).columns(asked);
        // The limit, which changes nothing, keeps PostgreSQL from looking for the rest in an index of its own, to the
        // end of it.
        let rows = found(rows, self.some_of(from, until, limit))
            .limit(limit)
            .take();
        Query::select()
            .column((Alias::new(E::TABLE), E::ID))
            // By the table's name, which the conditions use.
            .from_subquery(rows, Alias::new(E::TABLE))
            .cond_where(self.rest.clone().unwrap_or_else(Condition::all))
            .take()
    }

    /// The last place that a window holds, where there is more beyond it.
    async fn end_of(
        &self,
        db: &DatabaseConnection,
        window: SelectStatement,
        place: Place,
    ) -> Result<Option<(DateTime<Utc>, Cursor)>, DbErr> {
        let opposite = match place.order() {
            Order::Asc => Order::Desc,
            _ => Order::Asc,
        };
        let last = by_time::<E>(window, opposite, 1);
        let Some(end) = first_of::<E>(db, &last).await? else {
            return Ok(None);
        };
        let beyond = self.first(db, place.from(end.1)).await?;
        Ok(beyond.map(|_| end))
    }

    /// The time and the place of the first row from a place on, as far as the index knows.
    pub(super) async fn first(
        &self,
        db: &DatabaseConnection,
        place: Place,
    ) -> Result<Option<(DateTime<Utc>, Cursor)>, DbErr> {
        first_of::<E>(db, &self.keys(place, 1)).await
    }
}

/// Those of the rows that are from one moment to before another.
pub(super) fn during<E: Listed>(rows: Select<E>, from: Expr, until: Expr) -> Select<E> {
    let time = || Expr::col((Alias::new(E::TABLE), E::OCCURRED_AT));
    rows.filter(time().gte(from)).filter(time().lt(until))
}

/// The rows of those numbers.
fn found<E: Listed>(rows: Select<E>, keys: SelectStatement) -> SelectStatement {
    let is_found = Expr::col((Alias::new(E::TABLE), E::ID)).equals((Alias::new(FOUND), E::ID));
    rows.into_query()
        .from_subquery(keys, FOUND)
        .and_where(is_found)
        .take()
}

fn stretch_keys<E: Listed>(stretch: Select<E>, place: Place, limit: u64) -> SelectStatement {
    let stretch = match place {
        Place::Newest => stretch.newest_first(),
        Place::Oldest => stretch.oldest_first(),
        Place::Older(cursor) => stretch.older_than(cursor).newest_first(),
        Place::Newer(cursor) => stretch.newer_than(cursor).oldest_first(),
    };
    stretch
        .select_only()
        .columns([E::OCCURRED_AT, E::ID])
        .limit(limit)
        .into_query()
}

/// All keys of several statements.
fn all<E: Listed>(parts: impl Iterator<Item = SelectStatement>) -> SelectStatement {
    let parts = parts.map(|part| {
        Query::select()
            .columns([E::OCCURRED_AT, E::ID])
            .from_subquery(part, "stretch")
            .take()
    });
    let all = parts.reduce(|mut all, one| all.union(UnionType::All, one).take());
    all.unwrap_or_default()
}

fn by_time<E: Listed>(keys: SelectStatement, order: Order, limit: u64) -> SelectStatement {
    Query::select()
        .columns([(FOUND, E::OCCURRED_AT), (FOUND, E::ID)])
        .from_subquery(keys, FOUND)
        .order_by((FOUND, E::OCCURRED_AT), order.clone())
        .order_by((FOUND, E::ID), order)
        .limit(limit)
        .take()
}

async fn first_of<E: Listed>(
    db: &DatabaseConnection,
    keys: &SelectStatement,
) -> Result<Option<(DateTime<Utc>, Cursor)>, DbErr> {
    let Some(row) = db.query_one(keys).await? else {
        return Ok(None);
    };
    let time: DateTime<Utc> = row.try_get("", E::OCCURRED_AT.as_str())?;
    let id: i64 = row.try_get("", E::ID.as_str())?;
    Ok(cursor(time, id).map(|cursor| (time, cursor)))
}
