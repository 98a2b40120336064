use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};

use super::{Cursor, Page};
use crate::{
    clock,
    entity::{audit_log, data_export, login_attempt, system_event},
};

mod sealed {
    pub trait Sealed {}
}

/// A table of the trail: its rows have a time and a number.
pub trait TrailEntity: EntityTrait + sealed::Sealed {
    /// The column of the time.
    const OCCURRED_AT: Self::Column;
    /// The column of the number.
    const ID: Self::Column;

    /// Where a row stands in the order of the trail.
    fn cursor(row: &Self::Model) -> Cursor;
}

macro_rules! trail_entity {
    ($($table:ident),*) => {$(
        impl sealed::Sealed for $table::Entity {}

        impl TrailEntity for $table::Entity {
            const OCCURRED_AT: $table::Column = $table::Column::OccurredAt;
            const ID: $table::Column = $table::Column::Id;

            fn cursor(row: &$table::Model) -> Cursor {
                Cursor { occurred_at: row.occurred_at, id: row.id }
            }
        }
    )*};
}

trail_entity!(audit_log, data_export, login_attempt, system_event);

/// What may be asked of any table of the trail.
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
    /// Those from `from` on and before `until`.
    #[must_use]
    fn between(self, from: DateTime<Utc>, until: DateTime<Utc>) -> Self;

    /// Orders by time, the newest first.
    #[must_use]
    fn newest_first(self) -> Self;

    /// Orders by time, the oldest first.
    #[must_use]
    fn oldest_first(self) -> Self;

    /// Those before a place in the order: the next page of [`newest_first`](Self::newest_first).
    #[must_use]
    fn older_than(self, cursor: Cursor) -> Self;

    /// Those after a place in the order: the next page of [`oldest_first`](Self::oldest_first).
    #[must_use]
    fn newer_than(self, cursor: Cursor) -> Self;

    /// Reads up to `size` rows, and where the next page begins. A keyset page: its cost does not grow with
    /// its distance from the first.
    ///
    /// # Errors
    /// What the database reports.
    fn page<C: ConnectionTrait>(
        self,
        db: &C,
        size: u64,
    ) -> impl Future<Output = Result<Page<E::Model>, DbErr>> + Send;
}

impl<E: TrailEntity> TrailQuery<E> for Select<E>
where
    E::Model: Send + Sync,
{
    fn between(self, from: DateTime<Utc>, until: DateTime<Utc>) -> Self {
        self.filter(E::OCCURRED_AT.gte(clock::bound(from)))
            .filter(E::OCCURRED_AT.lt(clock::bound(until)))
    }

    fn newest_first(self) -> Self {
        self.order_by_desc(E::OCCURRED_AT).order_by_desc(E::ID)
    }

    fn oldest_first(self) -> Self {
        self.order_by_asc(E::OCCURRED_AT).order_by_asc(E::ID)
    }

    fn older_than(self, Cursor { occurred_at, id }: Cursor) -> Self {
        let occurred_at = clock::bound(occurred_at);
        // The first condition alone bounds the walk of an index.
        self.filter(E::OCCURRED_AT.lte(occurred_at)).filter(
            Condition::any()
                .add(E::OCCURRED_AT.lt(occurred_at))
                .add(E::ID.lt(id)),
        )
    }

    fn newer_than(self, Cursor { occurred_at, id }: Cursor) -> Self {
        let occurred_at = clock::bound(occurred_at);
        self.filter(E::OCCURRED_AT.gte(occurred_at)).filter(
            Condition::any()
                .add(E::OCCURRED_AT.gt(occurred_at))
                .add(E::ID.gt(id)),
        )
    }

    async fn page<C: ConnectionTrait>(self, db: &C, size: u64) -> Result<Page<E::Model>, DbErr> {
        // One more than asked for tells whether there is a next page, without counting.
        let rows = self.limit(size.saturating_add(1)).all(db).await?;
        Ok(Page::of::<E>(rows, size))
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{DbBackend, QueryTrait};

    use super::*;

    #[test]
    fn rows_of_one_time_are_ordered_by_their_number() {
        let order = |select: Select<audit_log::Entity>| {
            let sql = select.build(DbBackend::Sqlite).sql;
            sql.split_once(" ORDER BY ")
                .map(|(_, order)| order.to_owned())
        };
        let both = |direction| {
            let columns = ["occurred_at", "id"];
            let columns = columns.map(|column| format!(r#""audit_log"."{column}" {direction}"#));
            Some(columns.join(", "))
        };
        assert_eq!(
            order(audit_log::Entity::find().newest_first()),
            both("DESC")
        );
        assert_eq!(order(audit_log::Entity::find().oldest_first()), both("ASC"));
    }
}
