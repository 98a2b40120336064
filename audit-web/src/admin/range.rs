//! A range of time, and where its rows lie in the order of the trail.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait, Condition, DatabaseConnection, DbErr, QueryFilter, QueryOrder, QuerySelect,
    Select, sea_query::Order,
};

use super::listed::Listed;

/// By how much the clocks of those who record may differ, with the time that a statement takes where a trigger knows
/// only its start.
const SKEW: TimeDelta = TimeDelta::hours(1);

/// How many rows are looked at on each side of an end. One would do if none had a time that is quite wrong, or was
/// brought in later.
const NEAR: u64 = 100;

/// From a time on, and before another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) from: Option<DateTime<Utc>>,
    pub(super) until: Option<DateTime<Utc>>,
}

/// How the ends of a range are found in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    /// By the rows near them, at a cost that does not grow, as long as times and numbers have one order there but for the
    /// difference of clocks. By all rows, where they have not.
    Near,
    /// By all rows of the range: right in any case.
    Exact,
}

/// The first and the last number of a range, where it has such an end.
pub(super) type Numbers = (Option<i64>, Option<i64>);

impl Range {
    /// Whether it is all time.
    pub(super) fn is_all(self) -> bool {
        self == Self::default()
    }

    /// What lies in both.
    pub(super) fn and(self, other: Self) -> Self {
        let first = [self.until, other.until].into_iter().flatten().min();
        Self {
            from: Ord::max(self.from, other.from),
            until: first,
        }
    }

    /// Whether a row lies in it.
    pub(super) fn holds<E: Listed>(self) -> Condition {
        Condition::all()
            .add_option(self.from.map(|from| E::OCCURRED_AT.gte(bound(from))))
            .add_option(self.until.map(|until| E::OCCURRED_AT.lt(bound(until))))
    }

    /// The rows in it.
    pub(super) fn rows<E: Listed>(self) -> Select<E> {
        E::find().filter(self.holds::<E>())
    }

    /// Between which numbers its rows lie.
    pub(super) async fn numbers<E: Listed>(
        self,
        ends: Ends,
        db: &DatabaseConnection,
    ) -> Result<Numbers, DbErr> {
        let near = match ends {
            Ends::Near => self.near::<E>(db).await?,
            Ends::Exact => None,
        };
        match near {
            Some(numbers) => Ok(numbers),
            None => self.exact::<E>(db).await,
        }
    }

    /// Whoever is an hour before the range has a lower number than all of it, whoever is an hour after it a higher one.
    /// Nothing, where the rows near its ends are otherwise.
    async fn near<E: Listed>(self, db: &DatabaseConnection) -> Result<Option<Numbers>, DbErr> {
        let before = Self {
            from: None,
            until: self.from.map(|from| from - SKEW),
        };
        let after = Self {
            from: self.until.map(|until| until + SKEW),
            until: None,
        };
        let before = before.some::<E>(Order::Desc, db).await?;
        let after = after.some::<E>(Order::Asc, db).await?;
        let mut inside = self.some::<E>(Order::Asc, db).await?;
        inside.extend(self.some::<E>(Order::Desc, db).await?);
        let numbers = (before.into_iter().max(), after.into_iter().min());
        let is_between = |number: &i64| {
            numbers.0.is_none_or(|first| first < *number)
                && numbers.1.is_none_or(|last| *number < last)
        };
        Ok(inside.iter().all(is_between).then_some(numbers))
    }

    /// The numbers of its first or last rows, by time; of all time, none.
    async fn some<E: Listed>(
        self,
        order: Order,
        db: &DatabaseConnection,
    ) -> Result<Vec<i64>, DbErr> {
        if self.is_all() {
            return Ok(Vec::new());
        }
        let rows = self.rows::<E>().select_only().column(E::ID);
        let rows = rows.order_by(E::OCCURRED_AT, order).limit(NEAR);
        rows.into_tuple().all(db).await
    }

    async fn exact<E: Listed>(self, db: &DatabaseConnection) -> Result<Numbers, DbErr> {
        let rows = self.rows::<E>().select_only();
        let ends = rows.expr(E::ID.min()).expr(E::ID.max());
        let ends = ends.into_tuple::<Numbers>().one(db).await?;
        Ok(ends.unwrap_or_default())
    }
}

/// A time as a parameter: MariaDB gets one with an offset as text, where one in UTC would end in 2038.
fn bound(time: DateTime<Utc>) -> DateTime<chrono::FixedOffset> {
    time.fixed_offset()
}
