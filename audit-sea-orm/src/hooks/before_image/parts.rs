//! What can be had of a row that its entity's model cannot hold: each column by itself, and the database's text of
//! those that cannot be read at all.

use sea_orm::{
    DbBackend, DbErr, QueryResult, Value,
    sea_query::{Alias, ArrayType, Expr, ExprTrait, Func, SelectStatement},
};

use super::Wanted;
use crate::{
    connection::{AnyConnection, own},
    hooks::entity::{RecordedColumn, caught},
    record::encoding::{Captured, UNREADABLE},
};

/// The recorded columns, in the order of [`Recorded::fields`].
pub(super) async fn read(
    db: &AnyConnection<'_>,
    wanted: &Wanted,
    row: &QueryResult,
) -> Result<Vec<Captured>, DbErr> {
    let columns = wanted.entity.columns();
    let values: Vec<_> = columns.iter().map(|column| value(row, column)).collect();
    let unreadable = columns.iter().zip(&values);
    let unreadable: Vec<&'static str> = unreadable
        .filter_map(|(column, value)| value.is_none().then_some(column.name))
        .collect();
    let mut texts = texts(db, wanted, &unreadable).await?.into_iter();
    let captured = values.into_iter().map(|value| {
        let value = value.unwrap_or_else(|| marker(texts.next().flatten().as_deref()));
        Captured(value)
    });
    Ok(captured.collect())
}

fn marker(text: Option<&str>) -> Value {
    serde_json::json!({ UNREADABLE: text }).into()
}

/// The database's own texts of columns; `None` where even that cannot be read.
async fn texts(
    db: &AnyConnection<'_>,
    wanted: &Wanted,
    columns: &[&'static str],
) -> Result<Vec<Option<String>>, DbErr> {
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let as_type = |text| select(wanted, columns, |column| column.cast_as(text));
    let row = match db.get_database_backend() {
        DbBackend::MySql => match own(db.query_one(&as_type("char"))).await {
            Ok(row) => row,
            // One of a type that has no text, as a geometry, is no reason to refuse the delete.
            Err(_) => {
                let in_hex = |column| Func::cust("HEX").arg(column).into();
                own(db.query_one(&select(wanted, columns, in_hex))).await?
            }
        },
        _ => own(db.query_one(&as_type("text"))).await?,
    };
    let text = |row: &QueryResult, column: &str| {
        caught(|| row.try_get::<Option<String>>("", column)).flatten()
    };
    let of_row = |row: QueryResult| columns.iter().map(|column| text(&row, column)).collect();
    Ok(row.map_or_else(Vec::new, of_row))
}

/// Of the row that is wanted, each column as an expression has it.
fn select(
    wanted: &Wanted,
    columns: &[&'static str],
    spelled: impl Fn(Expr) -> Expr,
) -> SelectStatement {
    let mut select = wanted.entity.select(&wanted.key, None);
    select.clear_selects();
    for column in columns {
        let whole = Expr::col((Alias::new(wanted.entity.table_name()), Alias::new(*column)));
        select.expr_as(spelled(whole), Alias::new(*column));
    }
    select
}

/// The value of one column, where it can be read as the type that the model has for it.
fn value(row: &QueryResult, column: &RecordedColumn) -> Option<Value> {
    scalar(row, column.name, column.kind.as_ref()?)
}

fn scalar(row: &QueryResult, name: &str, kind: &ArrayType) -> Option<Value> {
    macro_rules! read {
        ($type:ty) => {
            caught(|| row.try_get::<Option<$type>>("", name)).map(Value::from)
        };
    }
    match kind {
        ArrayType::Bool => read!(bool),
        ArrayType::TinyInt => read!(i8),
        ArrayType::SmallInt => read!(i16),
        ArrayType::Int => read!(i32),
        ArrayType::BigInt => read!(i64),
        ArrayType::TinyUnsigned => read!(u8),
        ArrayType::SmallUnsigned => read!(u16),
        ArrayType::Unsigned => read!(u32),
        ArrayType::BigUnsigned => read!(u64),
        ArrayType::Float => read!(f32),
        ArrayType::Double => read!(f64),
        ArrayType::String | ArrayType::Char | ArrayType::Enum(_) => read!(String),
        ArrayType::Bytes => read!(Vec<u8>),
        ArrayType::Json => read!(serde_json::Value),
        ArrayType::ChronoDate => read!(chrono::NaiveDate),
        ArrayType::ChronoTime => read!(chrono::NaiveTime),
        ArrayType::ChronoDateTime => read!(chrono::NaiveDateTime),
        ArrayType::ChronoDateTimeUtc => read!(chrono::DateTime<chrono::Utc>),
        ArrayType::ChronoDateTimeLocal => read!(chrono::DateTime<chrono::Local>),
        ArrayType::ChronoDateTimeWithTimeZone => read!(chrono::DateTime<chrono::FixedOffset>),
        #[cfg(feature = "with-time")]
        ArrayType::TimeDate => read!(time::Date),
        #[cfg(feature = "with-time")]
        ArrayType::TimeTime => read!(time::Time),
        #[cfg(feature = "with-time")]
        ArrayType::TimeDateTime => read!(time::PrimitiveDateTime),
        #[cfg(feature = "with-time")]
        ArrayType::TimeDateTimeWithTimeZone => read!(time::OffsetDateTime),
        #[cfg(feature = "with-uuid")]
        ArrayType::Uuid => read!(sea_orm::prelude::Uuid),
        #[cfg(feature = "with-rust_decimal")]
        ArrayType::Decimal => read!(sea_orm::prelude::Decimal),
        #[cfg(feature = "with-bigdecimal")]
        ArrayType::BigDecimal => read!(sea_orm::prelude::BigDecimal),
        #[allow(unreachable_patterns, reason = "reachable unless every feature is on")]
        _ => None,
    }
}
