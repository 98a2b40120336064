//! Objects that may have been there and are gone.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Value,
};

use super::{
    candidate::{self, Candidate, LIMIT},
    key,
    moment::Moment,
};
use crate::{
    Audited,
    entity::audit_log::{Column, Entity},
    read::{of_objects, of_table},
};

/// The actions of records by which an object may have gone.
const ENDS: [&str; 2] = ["DELETE", "SKIPPED"];

/// A place among those that are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Gone {
    /// Behind the record of that number, among those with an action: the order of each action's index. Each object stands at the
    /// first of its records with any of these actions.
    By { action: usize, last: i64 },
    /// Behind the object of that text, among all: where a table is emptied, no record names those that were in it.
    OfAll { last: Option<String> },
}

/// Some texts of keys, and the place behind them.
type Page = (Vec<String>, Option<Gone>);

impl Gone {
    /// The first place; `None` where nothing happened since.
    pub(super) fn since(moment: &Moment) -> Option<Self> {
        let start = moment.start?;
        Some(if moment.was_emptied_since() {
            Self::OfAll { last: None }
        } else {
            Self::By {
                action: 0,
                last: start,
            }
        })
    }

    /// Those that have no row, and the place behind them.
    pub(super) async fn next<E: Audited, C: ConnectionTrait>(
        &self,
        moment: &Moment,
        db: &C,
    ) -> Result<(Vec<Candidate<E>>, Option<Self>), DbErr> {
        let (texts, next) = match self {
            Self::By { action, last } => by::<E, C>(*action, *last, moment, db).await?,
            Self::OfAll { last } => of_all::<E, C>(last.as_deref(), db).await?,
        };
        let mut keys: Vec<Vec<Value>> = Vec::with_capacity(texts.len());
        for text in &texts {
            keys.extend(key::stored::<E, C>(text, db).await?);
        }
        let mut candidates = candidate::with_keys(keys, db).await?;
        candidates.retain(|candidate: &Candidate<E>| candidate.row.is_none());
        Ok((candidates, next))
    }
}

async fn by<E: Audited, C: ConnectionTrait>(
    action: usize,
    last: i64,
    moment: &Moment,
    db: &C,
) -> Result<Page, DbErr> {
    let select = of_table::<E>(Entity::find())
        .filter(Column::ObjectId.is_not_null())
        .filter(Column::Action.eq(ENDS[action]))
        .filter(Column::Id.gt(last))
        .filter(moment.is_later())
        .order_by_asc(Column::Id)
        .limit(LIMIT);
    let select = select
        .select_only()
        .column(Column::Id)
        .column(Column::ObjectId);
    let ends: Vec<(i64, String)> = select.into_tuple().all(db).await?;
    let next = match ends.last() {
        Some((last, _)) if is_full(&ends) => Some(Gone::By {
            action,
            last: *last,
        }),
        _ if action + 1 < ENDS.len() => moment.start.map(|last| Gone::By {
            action: action + 1,
            last,
        }),
        _ => None,
    };
    let firsts = firsts::<E, C>(&ends, moment, db).await?;
    let here = ends
        .into_iter()
        .filter(|(id, text)| firsts.get(text) == Some(id));
    Ok((here.map(|(_, text)| text).collect(), next))
}

/// The number of the first record of each object since the moment by which it may have gone.
async fn firsts<E: Audited, C: ConnectionTrait>(
    ends: &[(i64, String)],
    moment: &Moment,
    db: &C,
) -> Result<BTreeMap<String, i64>, DbErr> {
    let texts: BTreeSet<&str> = ends.iter().map(|(_, text)| text.as_str()).collect();
    if texts.is_empty() {
        return Ok(BTreeMap::new());
    }
    let select = of_objects::<E>(Entity::find(), texts)
        .filter(Column::Action.is_in(ENDS))
        .filter(Column::Id.gt(moment.start.unwrap_or_default()))
        .filter(moment.is_later())
        .group_by(Column::ObjectId);
    let select = select.select_only().column(Column::ObjectId);
    let select = select.column_as(Column::Id.min(), "first");
    let firsts: Vec<(String, i64)> = select.into_tuple().all(db).await?;
    Ok(firsts.into_iter().collect())
}

async fn of_all<E: Audited, C: ConnectionTrait>(last: Option<&str>, db: &C) -> Result<Page, DbErr> {
    let select = of_table::<E>(Entity::find());
    let select = match last {
        Some(last) => select.filter(Column::ObjectId.gt(last)),
        None => select.filter(Column::ObjectId.is_not_null()),
    };
    let select = select
        .group_by(Column::ObjectId)
        .order_by_asc(Column::ObjectId)
        .limit(LIMIT);
    let select = select.select_only().column(Column::ObjectId);
    let texts: Vec<String> = select.into_tuple().all(db).await?;
    let next = texts.last().filter(|_| is_full(&texts)).cloned();
    let next = next.map(|last| Gone::OfAll { last: Some(last) });
    Ok((texts, next))
}

fn is_full<T>(page: &[T]) -> bool {
    page.len() >= candidate::BATCH
}
