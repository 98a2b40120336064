use std::fmt::Display;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, IdenStatic, Order, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
    sea_query::extension::mysql::{IndexHintScope, MySqlSelectStatementExt},
};

use super::{Period, PeriodCount, TrailPage, counts};
use crate::{
    clock,
    entity::{TrailCursor, TrailEntity},
};

/// What may be asked of any table of the trail.
///
/// # Order
/// The number of a row is the order of the trail. A record gets its number while its change holds the row's lock, so
/// the records of one object are in the order of its changes. Times need not be: hooks take the clock of the
/// application, triggers that of the database, and two clocks differ. So the state of an object at a time is what its
/// last record, by number, of all up to that time left.
///
/// Records of different objects, written at the same time, may commit in another order than that of their numbers: who
/// follows the end of the trail must expect a lower number to appear later.
///
/// # Backends
/// Servers that give numbers each from a series of their own, as those of a MariaDB Galera cluster do, keep no common
/// order: let one of them take the writes.
///
/// # Example
/// ```
/// # use sea_orm::{ConnectionTrait, Database, DbBackend, EntityTrait, Schema};
/// use audit_sea_orm::prelude::*;
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let db = Database::connect("sqlite::memory:").await?;
/// # db.execute(&Schema::new(DbBackend::Sqlite).create_table_from_entity(system_event::Entity)).await?;
/// # for n in 0..5 { SystemEvent::info(format!("event {n}")).record(&db).await?; }
/// let first = system_event::Entity::find().newest_first().page(&db, 3).await?;
/// assert_eq!(first.rows[0].title, "event 4");
///
/// let next = first.next.expect("there are older events");
/// let second = system_event::Entity::find().newest_first().older_than(next).page(&db, 3).await?;
/// assert_eq!(second.rows.len(), 2);
/// assert!(second.next.is_none());
/// # Ok(())
/// # }
/// ```
pub trait TrailQuery<E: TrailEntity>: Sized {
    /// Those from `from` on and before `until`, by the clock of whoever recorded them.
    #[must_use]
    fn between(self, from: DateTime<Utc>, until: DateTime<Utc>) -> Self;

    /// Those of one [tenant](audit_core::AuditContext::tenant_id). An index finds them, in the order of the trail.
    ///
    /// # Example
    /// ```
    /// # use sea_orm::{ConnectionTrait, Database, DbBackend, EntityTrait, Schema};
    /// use audit_sea_orm::prelude::*;
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let db = Database::connect("sqlite::memory:").await?;
    /// # db.execute(&Schema::new(DbBackend::Sqlite).create_table_from_entity(system_event::Entity)).await?;
    /// let acme = AuditContext::new().tenant_id("acme");
    /// acme.scope(SystemEvent::info("an event of acme's").record(&db)).await?;
    /// SystemEvent::info("an event of nobody's").record(&db).await?;
    ///
    /// let events = system_event::Entity::find().of_tenant("acme").newest_first().page(&db, 50).await?;
    /// assert_eq!(events.rows.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    fn of_tenant(self, tenant_id: impl Display) -> Self;

    /// Orders by number, the newest first, and by nothing else.
    #[must_use]
    fn newest_first(self) -> Self;

    /// Orders by number, the oldest first, and by nothing else.
    #[must_use]
    fn oldest_first(self) -> Self;

    /// Those before a place in the order: the next page of [`newest_first`](Self::newest_first).
    #[must_use]
    fn older_than(self, cursor: TrailCursor) -> Self;

    /// Those after a place in the order: the next page of [`oldest_first`](Self::oldest_first).
    #[must_use]
    fn newer_than(self, cursor: TrailCursor) -> Self;

    /// Reads up to `size` rows, and where the next page begins. A keyset page: its cost does not grow with
    /// its distance from the first.
    ///
    /// Pages are in the order of numbers, as the next one begins behind a number. Where the query has another order, or
    /// none, that is the newest first, for a walk by [`older_than`](Self::older_than), but after
    /// [`newer_than`](Self::newer_than) the oldest first. What is in the order of numbers already keeps it, as
    /// `for_object` has the oldest first: walk on in its direction.
    ///
    /// # Errors
    /// What the database reports.
    fn page<C: ConnectionTrait>(
        self,
        db: &C,
        size: u64,
    ) -> impl Future<Output = Result<TrailPage<E::Model>, DbErr>> + Send;

    /// Counts the rows by day, week or month, the earliest first. A period without any is left out.
    ///
    /// It counts every row that the query asks for: ask for a [time](Self::between), by whose index they are found.
    ///
    /// # Errors
    /// What the database reports.
    ///
    /// # Example
    /// ```
    /// # use sea_orm::{ConnectionTrait, Database, DbBackend, EntityTrait, Schema};
    /// use audit_sea_orm::{Period, prelude::*};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let db = Database::connect("sqlite::memory:").await?;
    /// # let schema = Schema::new(DbBackend::Sqlite);
    /// # db.execute(&schema.create_table_from_entity(login_attempt::Entity)).await?;
    /// # db.execute(&schema.create_table_from_entity(audit_log::Entity)).await?;
    /// LoginAttempt::failed("ada").record(&db).await?;
    ///
    /// let by_day = login_attempt::Entity::find().counts(Period::Day, &db).await?;
    /// assert_eq!(by_day[0].count, 1);
    /// # Ok(())
    /// # }
    /// ```
    fn counts<C: ConnectionTrait>(
        self,
        period: Period,
        db: &C,
    ) -> impl Future<Output = Result<Vec<PeriodCount>, DbErr>> + Send;
}

impl<E: TrailEntity> TrailQuery<E> for Select<E>
where
    E::Model: Send + Sync,
{
    /// SQLite compares times as texts: one moment may be stored as `.784` or `.784000`, and the bound is the shortest.
    /// As `+` sorts before any digit, a longer spelling of the bound's moment is after it, so that both ends are right.
    fn between(self, from: DateTime<Utc>, until: DateTime<Utc>) -> Self {
        self.filter(E::OCCURRED_AT.gte(clock::bound(from)))
            .filter(E::OCCURRED_AT.lt(clock::bound(until)))
    }

    fn of_tenant(self, tenant_id: impl Display) -> Self {
        by_index(self).filter(E::TENANT_ID.eq(tenant_id.to_string()))
    }

    fn newest_first(self) -> Self {
        by_number(self, Order::Desc)
    }

    fn oldest_first(self) -> Self {
        by_number(self, Order::Asc)
    }

    fn older_than(self, cursor: TrailCursor) -> Self {
        self.filter(E::ID.lt(cursor.id()))
    }

    fn newer_than(self, cursor: TrailCursor) -> Self {
        self.filter(E::ID.gt(cursor.id()))
    }

    async fn page<C: ConnectionTrait>(
        self,
        db: &C,
        size: u64,
    ) -> Result<TrailPage<E::Model>, DbErr> {
        // One more than asked for tells whether there is a next page, without counting.
        let rows = in_order(&self).limit(size.saturating_add(1));
        let rows = rows.all(db).await?;
        Ok(TrailPage::of::<E>(rows, size))
    }

    async fn counts<C: ConnectionTrait>(
        self,
        period: Period,
        db: &C,
    ) -> Result<Vec<PeriodCount>, DbErr> {
        counts::counts(self, period, db).await
    }
}

/// Keeps MariaDB (10.11) from weighing the primary key: where it does, it reads an index that ends in the number from
/// its end on, and not from a place on. The other databases do not see the hint.
pub(crate) fn by_index<E: TrailEntity>(mut select: Select<E>) -> Select<E> {
    QueryTrait::query(&mut select).ignore_index("PRIMARY", IndexHintScope::All);
    select
}

/// Orders by number instead of what was asked for before.
fn by_number<E: TrailEntity>(mut select: Select<E>, order: Order) -> Select<E> {
    QueryTrait::query(&mut select).clear_order_by();
    select.order_by(E::ID, order)
}

/// In the order of numbers: another would lose rows from page to page.
fn in_order<E: TrailEntity>(select: &Select<E>) -> Select<E> {
    let newest = by_number(select.clone(), Order::Desc);
    let oldest = by_number(select.clone(), Order::Asc);
    let is_asked = |other: &Select<E>| QueryTrait::as_query(select) == QueryTrait::as_query(other);
    if is_asked(&oldest) || (!is_asked(&newest) && begins_after_a_number(select)) {
        oldest
    } else {
        newest
    }
}

/// Whether [`TrailQuery::newer_than`] was asked for: a select shows its conditions as text only.
fn begins_after_a_number<E: TrailEntity>(select: &Select<E>) -> bool {
    let (entity, number) = (E::default(), E::ID);
    let after = format!(r#""{}"."{}" > "#, entity.table_name(), number.as_str());
    select.build(DbBackend::Sqlite).sql.contains(&after)
}

#[cfg(test)]
mod tests {
    use sea_orm::EntityTrait;

    use super::*;
    use crate::entity::audit_log;

    fn order(select: &Select<audit_log::Entity>) -> Option<String> {
        let sql = select.build(DbBackend::Sqlite).sql;
        let (_, order) = sql.split_once(" ORDER BY ")?;
        Some(order.replace(r#""audit_log"."id""#, "id"))
    }

    #[test]
    fn rows_are_ordered_by_their_number_alone() {
        let all = audit_log::Entity::find();
        assert_eq!(order(&all), None);
        let newest = all.order_by_asc(audit_log::Column::OccurredAt);
        let newest = newest.newest_first();
        assert_eq!(order(&newest).as_deref(), Some("id DESC"));
        assert_eq!(order(&newest.oldest_first()).as_deref(), Some("id ASC"));
    }

    #[test]
    fn a_page_is_in_the_order_of_numbers() {
        let paged =
            |select: Select<audit_log::Entity>| order(&in_order(&select)).unwrap_or_default();
        let (all, cursor) = (audit_log::Entity::find, TrailCursor::from(7));
        assert_eq!(paged(all()), "id DESC");
        assert_eq!(
            paged(all().order_by_desc(audit_log::Column::OccurredAt)),
            "id DESC"
        );
        assert_eq!(paged(all().older_than(cursor)), "id DESC");
        assert_eq!(paged(all().newer_than(cursor)), "id ASC");
        assert_eq!(paged(all().newest_first().newer_than(cursor)), "id DESC");
        assert_eq!(paged(all().oldest_first().older_than(cursor)), "id ASC");
        assert_eq!(paged(audit_log::Entity::for_key("pie", "7")), "id ASC");
        let by_number = all().order_by_asc(audit_log::Column::Id);
        assert_eq!(paged(by_number), "id ASC");
    }

    #[test]
    fn the_records_of_an_object_have_an_order() {
        let history = audit_log::Entity::for_key("pie", "7");
        assert_eq!(order(&history).as_deref(), Some("id ASC"));
        assert_eq!(order(&history.newest_first()).as_deref(), Some("id DESC"));
    }
}
