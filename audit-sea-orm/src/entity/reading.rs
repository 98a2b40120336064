//! Rows are read whatever they hold: what cannot be decoded is shown as such, and the rest of the row stands.
//!
//! So that one record never hides the others. Programs beside this one write to the audited tables, and triggers record
//! what they wrote; newer versions of this library write what this one does not know.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColIdx, ColumnDef, ColumnType, ColumnTypeTrait as _, QueryResult, TryGetError, TryGetable,
    TryGetableFromJson,
    entity::prelude::{DateTimeUtc, Json},
    sea_query::ValueType,
};
use serde::Deserialize;
use serde_json::{json, value::RawValue};

/// What stands for a time that no program could read, as PostgreSQL's `infinity`: 262,144 years before Christ.
pub const UNREADABLE_TIME: DateTimeUtc = DateTime::<Utc>::MIN_UTC;

/// The key of the only value of an object that stands for JSON that cannot be read, with its text.
pub const UNREADABLE_JSON: &str = "$unreadable";

/// What a column of the trail is read as.
pub(crate) trait Reading: Sized {
    const IS_NULLABLE: bool = false;

    /// # Errors
    /// [`TryGetError::Null`] for a null, else where the row has no such column, or one of another type.
    fn read(row: &QueryResult, pre: &str, column: &str) -> Result<Self, TryGetError>;

    /// The same, of a row that is known to be there.
    fn read_present(row: &QueryResult, pre: &str, column: &str) -> Result<Self, TryGetError> {
        Self::read(row, pre, column)
    }
}

/// The definition of a column: of the type given, else of what it is read as.
pub(crate) fn definition<T: Reading + ValueType>(given: Option<ColumnType>) -> ColumnDef {
    let definition = given.unwrap_or_else(T::column_type).def();
    if T::IS_NULLABLE {
        definition.nullable()
    } else {
        definition
    }
}

macro_rules! as_it_is {
    ($($type:ty),+) => {$(
        impl Reading for $type {
            fn read(row: &QueryResult, pre: &str, column: &str) -> Result<Self, TryGetError> {
                row.try_get_nullable(pre, column)
            }
        }
    )+};
}

as_it_is!(bool, i32, i64);

impl<T: Reading> Reading for Option<T> {
    const IS_NULLABLE: bool = true;

    fn read(row: &QueryResult, pre: &str, column: &str) -> Result<Self, TryGetError> {
        match T::read(row, pre, column) {
            Err(TryGetError::Null(_)) => Ok(None),
            read => read.map(Some),
        }
    }
}

impl Reading for String {
    fn read(row: &QueryResult, pre: &str, column: &str) -> Result<Self, TryGetError> {
        let read = row.try_get_nullable(pre, column);
        unless_broken(read, || lossy(row, pre, column))
    }
}

impl Reading for Json {
    fn read(row: &QueryResult, pre: &str, column: &str) -> Result<Self, TryGetError> {
        let read = row.try_get_nullable(pre, column);
        unless_broken(read, || {
            let raw = row.try_get_nullable::<Raw>(pre, column).ok();
            let text = raw.map(|raw| raw.0.get().to_owned());
            text.or_else(|| lossy(row, pre, column))
                .map(|text| salvaged(&text))
        })
    }
}

impl Reading for DateTimeUtc {
    fn read(row: &QueryResult, pre: &str, column: &str) -> Result<Self, TryGetError> {
        let time: RecordedTime = row.try_get_nullable(pre, column)?;
        Ok(time.0)
    }

    /// No time of a row is null: sqlx takes MySQL's `0000-00-00` for one.
    fn read_present(row: &QueryResult, pre: &str, column: &str) -> Result<Self, TryGetError> {
        let time = Option::<Self>::read(row, pre, column)?;
        Ok(time.unwrap_or(UNREADABLE_TIME))
    }
}

/// A time of the trail, for selects of single columns: [`UNREADABLE_TIME`] where no program could read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordedTime(pub DateTimeUtc);

impl TryGetable for RecordedTime {
    fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
        #[cfg(feature = "sqlx-postgres")]
        if let Some(time) = postgres_time(row, index) {
            return Ok(Self(time));
        }
        let read = DateTimeUtc::try_get_by(row, index);
        let is_there = || {
            let by_name = index.as_str();
            by_name.is_none_or(|name| row.column_names().iter().any(|column| column == name))
        };
        unless_broken(read, || is_there().then_some(UNREADABLE_TIME)).map(Self)
    }
}

/// What was read; where that failed, what else there is.
fn unless_broken<T>(
    read: Result<T, TryGetError>,
    otherwise: impl FnOnce() -> Option<T>,
) -> Result<T, TryGetError> {
    match read {
        Err(TryGetError::DbErr(error)) => otherwise().ok_or(TryGetError::DbErr(error)),
        read => read,
    }
}

/// JSON of valid syntax, not decoded: numbers of any size, surrogates without a partner, any depth.
#[derive(Deserialize)]
#[serde(transparent)]
struct Raw(Box<RawValue>);

impl TryGetableFromJson for Raw {}

/// The text of a column, with marks where it is no UTF-8: SQLite keeps such.
fn lossy(row: &QueryResult, pre: &str, column: &str) -> Option<String> {
    let text = row.try_get::<String>(pre, column);
    text.ok().or_else(|| {
        let bytes = row.try_get::<Vec<u8>>(pre, column).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    })
}

/// What of a text can be read: the values of an object one by one, and the others as their texts.
fn salvaged(text: &str) -> Json {
    let values = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(text);
    let Ok(values) = values else {
        return unreadable(text);
    };
    let values = values.into_iter().map(|(name, value)| {
        let text = value.get();
        let value = serde_json::from_str(text).unwrap_or_else(|_| unreadable(text));
        (name, value)
    });
    Json::Object(values.collect())
}

fn unreadable(text: &str) -> Json {
    json!({ UNREADABLE_JSON: text })
}

/// A time as PostgreSQL sends it, in microseconds since 2000: sqlx 0.9.0 panics on what chrono cannot hold.
///
/// `None` where it is sent otherwise, or is none.
#[cfg(feature = "sqlx-postgres")]
fn postgres_time<I: ColIdx>(row: &QueryResult, index: I) -> Option<DateTimeUtc> {
    use sea_orm::sqlx::{Row as _, TypeInfo as _, ValueRef as _, postgres::PgValueFormat};

    const EPOCH: i64 = 946_684_800_000_000;

    let row = row.try_as_pg_row()?;
    let value = row.try_get_raw(index.as_sqlx_postgres_index()).ok()?;
    if value.is_null()
        || value.format() != PgValueFormat::Binary
        || value.type_info().name() != "TIMESTAMPTZ"
    {
        return None;
    }
    let micros = i64::from_be_bytes(value.as_bytes().ok()?.try_into().ok()?);
    let time = micros
        .checked_add(EPOCH)
        .and_then(DateTime::from_timestamp_micros);
    Some(time.unwrap_or(UNREADABLE_TIME))
}

/// What `DeriveEntityModel` makes of a model, but for the reading of its rows.
macro_rules! trail_entity {
    ($table:literal, $($field:ident: $type:ty => $column:ident $(: $column_type:expr)?,)+) => {
        /// The table.
        #[derive(Copy, Clone, Debug, Default, DeriveEntity)]
        #[sea_orm(table_name = $table)]
        pub struct Entity;

        /// Its columns.
        #[derive(Copy, Clone, Debug, EnumIter, DeriveColumn)]
        #[non_exhaustive]
        pub enum Column {
            $(#[doc = concat!("`", stringify!($field), "`")] $column,)+
        }

        impl ColumnTrait for Column {
            type EntityName = Entity;

            fn def(&self) -> ColumnDef {
                match self {
                    $(Self::$column => $crate::entity::reading::definition::<$type>(
                        [$($column_type)?].into_iter().next(),
                    ),)+
                }
            }
        }

        /// Its key.
        #[derive(Copy, Clone, Debug, EnumIter, DerivePrimaryKey)]
        pub enum PrimaryKey {
            /// `id`
            Id,
        }

        impl PrimaryKeyTrait for PrimaryKey {
            type ValueType = i64;

            fn auto_increment() -> bool {
                true
            }
        }

        impl ModelTrait for Model {
            type Entity = Entity;

            fn get(&self, column: Column) -> Value {
                match column {
                    $(Column::$column => self.$field.clone().into(),)+
                }
            }

            fn get_value_type(column: Column) -> sea_orm::sea_query::ArrayType {
                match column {
                    $(Column::$column => <$type as sea_orm::sea_query::ValueType>::array_type(),)+
                }
            }

            fn try_set(&mut self, column: Column, value: Value) -> Result<(), DbErr> {
                let refused = |error: sea_orm::sea_query::ValueTypeErr| DbErr::Type(error.to_string());
                match column {
                    $(Column::$column => {
                        self.$field = sea_orm::sea_query::ValueType::try_from(value).map_err(refused)?;
                    })+
                }
                Ok(())
            }
        }

        impl sea_orm::FromQueryResult for Model {
            fn from_query_result(row: &QueryResult, pre: &str) -> Result<Self, DbErr> {
                Self::from_query_result_nullable(row, pre).map_err(Into::into)
            }

            fn from_query_result_nullable(
                row: &QueryResult,
                pre: &str,
            ) -> Result<Self, sea_orm::TryGetError> {
                use sea_orm::IdenStatic as _;
                use $crate::entity::reading::Reading;

                // Null where an outer join found no row.
                <i64 as Reading>::read(row, pre, Column::Id.as_str())?;
                Ok(Self {
                    $($field: <$type as Reading>::read_present(row, pre, Column::$column.as_str())?,)+
                })
            }
        }
    };
}

pub(crate) use trail_entity;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_read_of_an_object_is_read() {
        let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
        let text =
            format!(r#"{{ "a" :1, "b" :1e400, "c" :"\ud800", "d" :{deep}, "e" :{{"f":2}}}}"#);
        let expected = json!({
            "a": 1, "b": {"$unreadable": "1e400"}, "c": {"$unreadable": r#""\ud800""#},
            "d": {"$unreadable": deep}, "e": {"f": 2},
        });
        assert_eq!(salvaged(&text), expected);
        for text in ["", "{", "nonsense", "[1e400]", r#"{"a":0007}"#] {
            assert_eq!(salvaged(text), json!({"$unreadable": text}));
        }
    }
}
