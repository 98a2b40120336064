//! Rebuilds what an object held after one of its records.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbErr, prelude::DateTimeUtc};
use serde_json::Value as Json;

use super::{
    reader::{Cursor, Reader},
    state::{Columns, Search, State},
};

/// The columns of the object at a time, as the last of its records up to then left them; `None` where it was not there.
pub(crate) async fn at<C: ConnectionTrait>(
    reader: &Reader,
    time: DateTimeUtc,
    db: &C,
) -> Result<Option<Columns>, DbErr> {
    let Some(id) = reader.last_until(time, db).await? else {
        return before_all(reader, db).await;
    };
    Ok(match after(reader, id, db).await? {
        State::There(columns) => Some(columns),
        State::Gone | State::Unrecorded => None,
    })
}

/// What the object was after the last of its records up to that number.
pub(crate) async fn after<C: ConnectionTrait>(
    reader: &Reader,
    id: i64,
    db: &C,
) -> Result<State, DbErr> {
    let mut back = Cursor::before(id.saturating_add(1));
    let Some(last) = back.next(reader, db).await? else {
        return Ok(State::Unrecorded);
    };
    if !last.event.leaves_it_there() {
        return Ok(State::Gone);
    }
    let mut search = Search::new(reader.subject().recorded());
    search.back(last.event, &last.record);
    while !search.is_over()
        && let Some(told) = back.next(reader, db).await?
    {
        search.back(told.event, &told.record);
    }
    let columns = with_rest(search, reader, id, db).await?;
    Ok(State::There(columns))
}

/// The columns that a search found, and those that later records and the present row tell.
pub(super) async fn with_rest<C: ConnectionTrait>(
    mut search: Search,
    reader: &Reader,
    id: i64,
    db: &C,
) -> Result<Columns, DbErr> {
    let rest = ahead(search.rest(), reader, Cursor::after(id), db).await?;
    let mut columns = search.columns();
    columns.extend(rest.columns());
    Ok(columns)
}

/// The columns of the object before the first of its records; `None` where that created it, or there is no such object.
pub(super) async fn before_all<C: ConnectionTrait>(
    reader: &Reader,
    db: &C,
) -> Result<Option<Columns>, DbErr> {
    let mut start = Cursor::after(i64::MIN);
    let search = Search::new(reader.subject().recorded());
    let search = match start.peek(reader, db).await? {
        Some(first) if !first.found_it_there() => return Ok(None),
        Some(_) => ahead(search, reader, start, db).await?,
        None => match reader.row(db).await? {
            Some(row) => beside_row(search, row, reader, start, db).await?,
            None => return Ok(None),
        },
    };
    Ok(Some(search.columns()))
}

/// Looks for columns in the records from a place on, and then in the present row.
async fn ahead<C: ConnectionTrait>(
    mut search: Search,
    reader: &Reader,
    mut cursor: Cursor,
    db: &C,
) -> Result<Search, DbErr> {
    read_on(&mut search, reader, &mut cursor, db).await?;
    if search.is_over() {
        return Ok(search);
    }
    match reader.row(db).await? {
        Some(row) => beside_row(search, row, reader, cursor, db).await,
        None => Ok(search),
    }
}

/// Takes the columns of the present row, but those that changed after it was read: they have a record by now.
async fn beside_row<C: ConnectionTrait>(
    mut search: Search,
    row: BTreeMap<String, Json>,
    reader: &Reader,
    mut cursor: Cursor,
    db: &C,
) -> Result<Search, DbErr> {
    cursor.look_again();
    read_on(&mut search, reader, &mut cursor, db).await?;
    if !search.is_over() {
        search.present(row);
    }
    Ok(search)
}

/// Looks for columns in the records from a place on.
pub(super) async fn read_on<C: ConnectionTrait>(
    search: &mut Search,
    reader: &Reader,
    cursor: &mut Cursor,
    db: &C,
) -> Result<(), DbErr> {
    while !search.is_over()
        && let Some(told) = cursor.next(reader, db).await?
    {
        search.ahead(told.event, &told.record);
    }
    Ok(())
}
