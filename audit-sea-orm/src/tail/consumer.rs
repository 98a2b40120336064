use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};

use super::{
    Tail, TailBatch,
    listing::{last, refused},
    tail_position,
};
use crate::{
    clock,
    entity::{TrailCursor, TrailEntity, audit_log, width},
};

/// A [`Tail`] with a name, whose place is kept in the table `audit_tail_position`.
///
/// Give each program that needs all rows a name of its own. If two programs read by one name, the second to acknowledge gets an error.
#[derive(Debug)]
pub struct TailConsumer<E: TrailEntity = audit_log::Entity> {
    name: String,
    tail: Tail<E>,
}

impl<E: TrailEntity> TailConsumer<E>
where
    E::Model: Send + Sync,
{
    /// Goes on where this name was acknowledged last. A new name begins with the first row of the table.
    ///
    /// A name has up to 128 characters, and no control character or space around it.
    ///
    /// # Errors
    /// [`Error::Tail`](crate::Error::Tail) if the name does not fit, or if the table ends before the place that is kept, as after a restore
    /// from an older backup. Else what the database reports.
    pub async fn open(name: &str, db: &DatabaseConnection) -> Result<Self, DbErr> {
        Self::open_after(TrailCursor::from(0), name, db).await
    }

    /// As [`open`](Self::open), but a new name begins behind a place.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_after(
        place: TrailCursor,
        name: &str,
        db: &DatabaseConnection,
    ) -> Result<Self, DbErr> {
        let table = E::default().table_name();
        if !is_fit(name) {
            let why = format!(
                "`{}` is not a name of a consumer: give it 1 to 128 characters, without control characters or spaces around them",
                name.escape_debug()
            );
            return Err(refused(table, why));
        }
        let kept = tail_position::Entity::find_by_id((name.to_owned(), table.to_owned()));
        let found = kept.clone().one(db).await?;
        let mut position = found.as_ref().map_or(place.id(), |found| found.position);
        let last = last::<E, _>(db).await?;
        if position > last {
            let why = format!(
                "it ends at {last}, before the place {position} of `{name}`: was it restored from a backup, or emptied? Set or delete that place in `audit_tail_position`"
            );
            return Err(refused(table, why));
        }
        if found.is_none() {
            keep(name, table, position, db).await?;
            // Another program may have opened it meanwhile, behind another place.
            let kept = kept.one(db).await?;
            position = kept.map_or(position, |kept| kept.position);
        }
        Ok(Self {
            name: name.to_owned(),
            tail: Tail::after(TrailCursor::from(position), db),
        })
    }

    /// The next rows: see [`Tail::next`]. It does not wait for those before to be acknowledged.
    ///
    /// # Errors
    /// As [`Tail::next`].
    pub async fn next(&mut self, most: u64) -> Result<TailBatch<E::Model>, DbErr> {
        self.tail.next(most).await
    }

    /// Notes that a batch is dealt with. The next to open this name goes on behind it. Acknowledge the batches in their order.
    ///
    /// In a transaction of yours the note commits with what you write there, or not at all. If you roll that transaction back, open the
    /// name again.
    ///
    /// # Errors
    /// [`Error::Tail`](crate::Error::Tail) if the place that is kept is not the start of the batch: it was noted already, another program
    /// reads by this name, or an earlier batch was not acknowledged. Then nothing is noted. Else what the database reports.
    pub async fn acknowledge<C: ConnectionTrait>(
        &self,
        batch: &TailBatch<E::Model>,
        db: &C,
    ) -> Result<(), DbErr> {
        if batch.start == batch.end {
            return Ok(());
        }
        let table = E::default().table_name();
        let moved = tail_position::Entity::update_many()
            .col_expr(tail_position::Column::Position, Expr::value(batch.end.id()))
            .col_expr(
                tail_position::Column::MovedAt,
                Expr::value(clock::bound(clock::now())),
            )
            .filter(tail_position::Column::Consumer.eq(self.name.as_str()))
            .filter(tail_position::Column::TableName.eq(table))
            .filter(tail_position::Column::Position.eq(batch.start.id()))
            .exec(db)
            .await?;
        if moved.rows_affected == 1 {
            return Ok(());
        }
        let why = format!(
            "the place of `{}` is not {} any more: it was noted already, somebody else reads by this name, or an earlier batch was not acknowledged. Open it again",
            self.name, batch.start
        );
        Err(refused(table, why))
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Whether a column keeps a name as it is.
fn is_fit(name: &str) -> bool {
    let length = name.chars().count();
    let fits = (1..=width(tail_position::Column::Consumer)).contains(&length);
    fits && name.trim() == name && !name.chars().any(char::is_control)
}

/// Keeps the place of a new name, unless another program did so first.
async fn keep(
    name: &str,
    table: &str,
    position: i64,
    db: &DatabaseConnection,
) -> Result<(), DbErr> {
    let new = tail_position::ActiveModel {
        consumer: Set(name.to_owned()),
        table_name: Set(table.to_owned()),
        position: Set(position),
        moved_at: Set(clock::now()),
    };
    let key = [
        tail_position::Column::Consumer,
        tail_position::Column::TableName,
    ];
    let unless_there = OnConflict::columns(key).do_nothing_on(key).to_owned();
    let insert = tail_position::Entity::insert(new).on_conflict(unless_there);
    insert
        .try_insert()
        .exec_without_returning(db)
        .await
        .map(drop)
}
