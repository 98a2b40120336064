//! Objects as they were, rebuilt from their present rows backwards.

use sea_orm::{ConnectionTrait, DbErr, EntityTrait, Value};

use super::{
    super::{
        Snapshot, present,
        reader::{Cursor, Reader},
        rebuild,
        state::{Columns, Search},
        subject,
    },
    candidate::Candidate,
    moment::Moment,
    records::{self, Later},
};
use crate::Audited;

/// Those that were there.
pub(super) async fn all<E: Audited, C: ConnectionTrait>(
    candidates: Vec<Candidate<E>>,
    moment: &Moment,
    db: &C,
) -> Result<Vec<Snapshot<E>>, DbErr> {
    let Some(start) = moment.start else {
        let rows = candidates.into_iter().filter_map(|candidate| candidate.row);
        return Ok(rows.map(|row| Snapshot::of_row(&row)).collect());
    };
    let ids: Vec<_> = candidates
        .iter()
        .map(|candidate| candidate.id.clone())
        .collect();
    let later = records::later::<E, C>(&ids, moment, start, db).await?;
    let mut snapshots = Vec::with_capacity(candidates.len());
    for (candidate, later) in candidates.into_iter().zip(later) {
        snapshots.extend(one(candidate, later, moment, db).await?);
    }
    Ok(snapshots)
}

async fn one<E: Audited, C: ConnectionTrait>(
    candidate: Candidate<E>,
    later: Later,
    moment: &Moment,
    db: &C,
) -> Result<Option<Snapshot<E>>, DbErr> {
    let Candidate { key, row, .. } = candidate;
    let Some(first) = later.told.first() else {
        if later.has_more {
            return in_full(&key, moment, db).await;
        }
        return Ok(row.map(|row| Snapshot::of_row(&row)));
    };
    if first.event.is_of_table() {
        return in_full(&key, moment, db).await;
    }
    if !first.event.found_it_there() {
        return Ok(None);
    }
    let mut search = Search::new(subject::recorded::<E>());
    for told in &later.told {
        if search.is_over() {
            break;
        }
        search.ahead(told.event, &told.record);
    }
    if let Some(last) = later.told.last().filter(|_| later.has_more) {
        let reader = Reader::with(subject::of::<E>(), &key, moment.truncations.clone());
        let mut cursor = Cursor::after(last.record.id);
        rebuild::read_on(&mut search, &reader, &mut cursor, db).await?;
    }
    found(search, key, row, moment, db).await
}

/// With the present row, and what earlier records tell where the later ones do not.
async fn found<E: Audited, C: ConnectionTrait>(
    mut search: Search,
    key: Vec<Value>,
    row: Option<<E as EntityTrait>::Model>,
    moment: &Moment,
    db: &C,
) -> Result<Option<Snapshot<E>>, DbErr> {
    if !search.is_over()
        && let Some(row) = row
    {
        search.present(present::columns::<E>(&row));
    }
    if search.lacks_any()
        && let Some(known) = in_full(&key, moment, db).await?
    {
        return Ok(Some(known));
    }
    Ok(Some(Snapshot::new(&key, &search.columns())))
}

/// One by itself, as its history has it.
async fn in_full<E: Audited, C: ConnectionTrait>(
    key: &[Value],
    moment: &Moment,
    db: &C,
) -> Result<Option<Snapshot<E>>, DbErr> {
    let reader = Reader::with(subject::of::<E>(), key, moment.truncations.clone());
    let columns: Option<Columns> = rebuild::at(&reader, moment.time, db).await?;
    Ok(columns.map(|columns| Snapshot::new(key, &columns)))
}
