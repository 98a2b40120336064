//! What a list was asked for, and the rows that answer it.

use audit_sea_orm::{Cursor, TrailQuery, entity::audit_log};
use chrono::{DateTime, Datelike, Days, Utc};
use sea_orm::{ColumnTrait, DatabaseConnection, DbErr, QueryFilter, Select};

use super::{
    failure::Failure,
    field::{Field, Kind},
    listed::{self, Listed},
    params::Params,
    period::{self, Day, Period},
    search, tally,
};

/// What a list was asked for.
pub(super) struct Asked<E: Listed> {
    /// The rows that the fields choose, of any time.
    pub(super) narrowed: Select<E>,
    /// Those of the time that was asked for, too.
    pub(super) select: Select<E>,
    /// The text to look for.
    pub(super) search: Option<String>,
    pub(super) period: Option<Period>,
    pub(super) place: Place,
}

/// Where the page stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    Newest,
    Older(Cursor),
    Newer(Cursor),
}

/// Rows, the newest first, and where to go on from them.
pub(super) struct Slice<E: Listed> {
    pub(super) rows: Vec<E::Model>,
    pub(super) older: Option<Cursor>,
    pub(super) newer: Option<Cursor>,
    /// How far a search looked, where it did not look at everything.
    pub(super) looked_to: Option<DateTime<Utc>>,
}

/// The names of a list's parameters that choose rows.
pub(super) fn filter_names<E: Listed>() -> impl Iterator<Item = &'static str> {
    let fields = E::FIELDS.iter().map(|field| field.name);
    fields.chain(["q", "date", "from", "until"])
}

impl<E: Listed> Asked<E> {
    pub(super) async fn read(params: &Params, db: &DatabaseConnection) -> Result<Self, Failure> {
        let mut narrowed = E::find();
        for field in E::FIELDS {
            if let Some(value) = params.get(field.name) {
                narrowed = narrow(narrowed, field, value, params, db).await?;
            }
        }
        let period: Option<Period> =
            params.read("date", "a year, a month or a day such as 2026-11-24")?;
        let mut select = narrowed.clone();
        if let Some((from, until)) = period.map(Period::span) {
            select = select.between(from, until);
        }
        Ok(Self {
            narrowed,
            select: within_days(select, params)?,
            search: params.get("q").map(ToOwned::to_owned),
            period,
            place: place(params)?,
        })
    }

    /// The rows of this page, at most `size`.
    pub(super) async fn slice(
        &self,
        db: &DatabaseConnection,
        size: u64,
    ) -> Result<Slice<E>, DbErr> {
        let (select, is_backwards) = match self.place {
            Place::Newest => (self.select.clone().newest_first(), true),
            Place::Older(cursor) => (self.select.clone().older_than(cursor).newest_first(), true),
            Place::Newer(cursor) => (self.select.clone().newer_than(cursor).oldest_first(), false),
        };
        let (mut rows, next, looked_to) = match &self.search {
            Some(text) => search::page(db, &select, text, size, is_backwards).await?,
            None => {
                let page = select.page(db, size).await?;
                (page.rows, page.next, None)
            }
        };
        let came_from = match self.place {
            Place::Newest => None,
            // Where nothing is left, the way back is the way it came.
            Place::Older(cursor) | Place::Newer(cursor) => {
                Some(rows.first().map_or(cursor, E::cursor))
            }
        };
        if !is_backwards {
            rows.reverse();
        }
        let (older, newer) = if is_backwards {
            (next, came_from)
        } else {
            (came_from, next)
        };
        Ok(Slice {
            rows,
            older,
            newer,
            looked_to,
        })
    }
}

async fn narrow<E: Listed>(
    select: Select<E>,
    field: &Field<E::Column>,
    value: &str,
    params: &Params,
    db: &DatabaseConnection,
) -> Result<Select<E>, Failure> {
    let refuse = || {
        let shown = super::value::cut(value, 60);
        Failure::bad_request(format!("“{shown}” is not a choice for “{}”.", field.label))
    };
    Ok(match field.kind {
        Kind::Typed | Kind::Held => select.filter(field.column.eq(value)),
        Kind::Choice(choices) if choices.contains(&value) => select.filter(field.column.eq(value)),
        Kind::Choice(_) => return Err(refuse()),
        Kind::Flag => match value {
            "yes" => select.filter(field.column.eq(true)),
            "no" => select.filter(field.column.eq(false)),
            _ => return Err(refuse()),
        },
        // The index of objects begins with the table.
        Kind::Object if params.get("table").is_some() => select.filter(field.column.eq(value)),
        Kind::Object => {
            let tables = tally::held(db, E::TABLE, "table_name").await?;
            let table =
                sea_orm::sea_query::Expr::col((audit_log::Entity, audit_log::Column::TableName));
            use sea_orm::sea_query::ExprTrait;
            select
                .filter(table.is_in(tables))
                .filter(field.column.eq(value))
        }
    })
}

/// From the first day on to the end of the last.
fn within_days<E: Listed>(select: Select<E>, params: &Params) -> Result<Select<E>, Failure> {
    let day = |name| params.read::<Day>(name, "a day such as 2026-11-24");
    let (from, until) = (day("from")?, day("until")?);
    let select = match from {
        Some(Day(day)) => select.filter(E::OCCURRED_AT.gte(bound(period::midnight(day)))),
        None => select,
    };
    Ok(match until {
        Some(Day(day)) => {
            let end = period::midnight(day + Days::new(1));
            select.filter(E::OCCURRED_AT.lt(bound(end)))
        }
        None => select,
    })
}

/// A time as a parameter: MariaDB gets one with an offset as text, where one in UTC would end in 2038.
fn bound(time: DateTime<Utc>) -> DateTime<chrono::FixedOffset> {
    time.fixed_offset()
}

pub(super) fn place(params: &Params) -> Result<Place, Failure> {
    let cursor = |name| {
        let cursor = params.read::<Cursor>(name, "a place in this list")?;
        match cursor {
            Some(cursor) if !is_comparable(cursor) => Err(Failure::bad_request(
                "The place in this list is not in time.",
            )),
            cursor => Ok(cursor),
        }
    };
    Ok(match (cursor("before")?, cursor("after")?) {
        (Some(_), Some(_)) => {
            return Err(Failure::bad_request(
                "A page is before one place or after one.",
            ));
        }
        (Some(cursor), None) => Place::Older(cursor),
        (None, Some(cursor)) => Place::Newer(cursor),
        (None, None) => Place::Newest,
    })
}

/// Whether every database can compare the time of a cursor, which may come from anybody.
fn is_comparable(cursor: Cursor) -> bool {
    (1000..=9998).contains(&listed::parts(cursor).0.year())
}
