//! What a column holds, as far as a trigger spells it differently.

use sea_orm::{
    ColumnTrait, ColumnType, EntityTrait, ModelTrait,
    sea_query::{ArrayType, Expr, PostgresQueryBuilder, Query},
};
use serde::Serialize;

/// The kinds of value that triggers know. Whatever else there is, is spelled as its text. Their names stand in the recipes of
/// triggers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(dead_code, reason = "some are of features that may be off")]
pub(super) enum Kind {
    Bool,
    Integer,
    Float,
    Decimal,
    Text,
    /// Padded with blanks, as `CHAR(n)` of PostgreSQL is, whose cast to text takes them away.
    Padded,
    Enum,
    Bytes,
    Uuid,
    Json,
    Date,
    Time,
    DateTime,
    Zoned,
    /// A time that MariaDB and MySQL keep as an instant, and show in the zone of the session.
    Instant {
        zoned: bool,
    },
    /// Bytes that MariaDB and MySQL keep as a number.
    Bits,
    Network,
    Vector,
    Array(Box<Self>),
}

impl Kind {
    /// By the type that the entity's model has for the column, as that is what its values are read back as.
    pub(super) fn of<E: EntityTrait>(column: E::Column) -> Self {
        let value = Self::of_value(&<E::Model as ModelTrait>::get_value_type(column));
        match column.def().get_column_type() {
            ColumnType::Array(_) => Self::Array(Box::new(value)),
            ColumnType::Vector(_) => Self::Vector,
            ColumnType::Inet | ColumnType::Cidr => Self::Network,
            ColumnType::Enum { .. } if value == Self::Text => Self::Enum,
            _ => value,
        }
    }

    fn of_value(value: &ArrayType) -> Self {
        match value {
            ArrayType::Bool => Self::Bool,
            ArrayType::TinyInt
            | ArrayType::SmallInt
            | ArrayType::Int
            | ArrayType::BigInt
            | ArrayType::TinyUnsigned
            | ArrayType::SmallUnsigned
            | ArrayType::Unsigned
            | ArrayType::BigUnsigned => Self::Integer,
            ArrayType::Float | ArrayType::Double => Self::Float,
            ArrayType::Enum(_) => Self::Enum,
            ArrayType::Bytes => Self::Bytes,
            ArrayType::Json => Self::Json,
            ArrayType::ChronoDate => Self::Date,
            ArrayType::ChronoTime => Self::Time,
            ArrayType::ChronoDateTime => Self::DateTime,
            ArrayType::ChronoDateTimeUtc
            | ArrayType::ChronoDateTimeLocal
            | ArrayType::ChronoDateTimeWithTimeZone => Self::Zoned,
            other => Self::by_feature(other),
        }
    }

    fn by_feature(value: &ArrayType) -> Self {
        match value {
            #[cfg(feature = "with-time")]
            ArrayType::TimeDate => Self::Date,
            #[cfg(feature = "with-time")]
            ArrayType::TimeTime => Self::Time,
            #[cfg(feature = "with-time")]
            ArrayType::TimeDateTime => Self::DateTime,
            #[cfg(feature = "with-time")]
            ArrayType::TimeDateTimeWithTimeZone => Self::Zoned,
            #[cfg(feature = "with-uuid")]
            ArrayType::Uuid => Self::Uuid,
            #[cfg(feature = "with-rust_decimal")]
            ArrayType::Decimal => Self::Decimal,
            #[cfg(feature = "with-bigdecimal")]
            ArrayType::BigDecimal => Self::Decimal,
            _ => Self::Text,
        }
    }

    /// Whether its JSON is a string of just its plain text, quoted.
    pub(super) fn is_text(&self) -> bool {
        matches!(self, Self::Text | Self::Padded | Self::Enum)
    }
}

/// How SeaORM reads a column whose entity says `select_as`: an expression of the column.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ReadAs {
    before: String,
    after: String,
}

impl ReadAs {
    /// `None` where the column is read as it is, and for enums, whose text is read everywhere.
    pub(super) fn of_column<C: ColumnTrait>(column: C) -> Option<Self> {
        const VALUE: &str = "audit_value";
        let is_enum = match column.def().get_column_type() {
            ColumnType::Array(element) => matches!(**element, ColumnType::Enum { .. }),
            column_type => matches!(column_type, ColumnType::Enum { .. }),
        };
        if is_enum {
            return None;
        }
        let read = column.select_as(Expr::cust(VALUE));
        let sql = Query::select().expr(read).to_string(PostgresQueryBuilder);
        let (before, after) = sql.strip_prefix("SELECT ")?.split_once(VALUE)?;
        let is_plain = before.is_empty() && after.is_empty();
        (!is_plain).then(|| Self {
            before: before.to_owned(),
            after: after.to_owned(),
        })
    }

    /// The expression of a value.
    pub(super) fn of(&self, value: &str) -> String {
        format!("{}{value}{}", self.before, self.after)
    }
}
