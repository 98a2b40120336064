//! Looking for a part of a text, at a cost that does not grow with the trail.
//!
//! No index finds what stands in the middle of a text, the same on three databases. So a page looks at a window
//! of rows, in the order of the index that serves the filters, and says how far it looked.

use audit_sea_orm::{Cursor, TrailQuery};
use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, FromQueryResult, IdenStatic, Iterable, QuerySelect,
    QueryTrait, Select,
    sea_query::{Alias, Cond, Expr, ExprTrait, Func, LikeExpr, Order, Query, SelectStatement},
};

use super::listed::{Listed, cursor};

/// How many rows a page looks at.
pub(super) const WINDOW: u64 = 2_000;

/// The window's name in statements.
const LOOKED_AT: &str = "looked_at";

/// The rows found, where the next page goes on, and how far this one looked if not to the end.
pub(super) type Found<E> = (
    Vec<<E as sea_orm::EntityTrait>::Model>,
    Option<Cursor>,
    Option<DateTime<Utc>>,
);

/// Looks for a text in an ordered select, not minding letter case.
pub(super) async fn page<E: Listed>(
    db: &DatabaseConnection,
    ordered: &Select<E>,
    text: &str,
    size: u64,
    is_backwards: bool,
) -> Result<Found<E>, DbErr> {
    let order = if is_backwards {
        Order::Desc
    } else {
        Order::Asc
    };
    let window = ordered.clone().limit(WINDOW).into_query();
    let mut rows = Vec::new();
    for row in db
        .query_all(&matching::<E>(window, text, &order, size + 1))
        .await?
    {
        rows.push(E::Model::from_query_result(&row, "")?);
    }
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    if rows.len() > size {
        rows.truncate(size);
        let next = rows.last().map(E::cursor);
        return Ok((rows, next, None));
    }
    let Some((time, end)) = end_of_window(db, ordered, &order).await? else {
        return Ok((rows, None, None));
    };
    let beyond = if is_backwards {
        ordered.clone().older_than(end)
    } else {
        ordered.clone().newer_than(end)
    };
    let has_more = beyond.one(db).await?.is_some();
    Ok((rows, has_more.then_some(end), has_more.then_some(time)))
}

fn matching<E: Listed>(
    window: SelectStatement,
    text: &str,
    order: &Order,
    limit: u64,
) -> SelectStatement {
    let table = || Alias::new(LOOKED_AT);
    let pattern = format!("%{}%", escaped(&text.to_lowercase()));
    let mut holds = Cond::any();
    for column in E::SEARCHED {
        let lower = Expr::expr(Func::lower(Expr::col((table(), *column))));
        holds = holds.add(lower.like(LikeExpr::new(pattern.clone()).escape('!')));
    }
    let mut select = Query::select();
    for column in E::Column::iter() {
        select.column((table(), column));
    }
    select
        .from_subquery(window, table())
        .cond_where(holds)
        .order_by((table(), E::OCCURRED_AT), order.clone())
        .order_by((table(), E::ID), order.clone())
        .limit(limit)
        .take()
}

/// The text with what `LIKE` reads as a pattern spelled out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | '!') {
            escaped.push('!');
        }
        escaped.push(character);
    }
    escaped
}

/// The last row of the window: from the index alone, as it reads two columns.
async fn end_of_window<E: Listed>(
    db: &DatabaseConnection,
    ordered: &Select<E>,
    order: &Order,
) -> Result<Option<(DateTime<Utc>, Cursor)>, DbErr> {
    let window = ordered
        .clone()
        .select_only()
        .columns([E::OCCURRED_AT, E::ID])
        .limit(WINDOW)
        .into_query();
    let opposite = if matches!(order, Order::Desc) {
        Order::Asc
    } else {
        Order::Desc
    };
    let table = || Alias::new(LOOKED_AT);
    let last = Query::select()
        .columns([(table(), E::OCCURRED_AT), (table(), E::ID)])
        .from_subquery(window, table())
        .order_by((table(), E::OCCURRED_AT), opposite.clone())
        .order_by((table(), E::ID), opposite)
        .limit(1)
        .take();
    let Some(row) = db.query_one(&last).await? else {
        return Ok(None);
    };
    let time: DateTime<Utc> = row.try_get("", E::OCCURRED_AT.as_str())?;
    let id: i64 = row.try_get("", E::ID.as_str())?;
    Ok(cursor(time, id).map(|cursor| (time, cursor)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_pattern_is_spelled_out() {
        assert_eq!(super::escaped("50%_!x"), "50!%!_!!x");
    }
}
