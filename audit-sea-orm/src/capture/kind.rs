//! What a column holds, as far as a trigger spells it differently.

use sea_orm::{ColumnTrait, ColumnType, EntityTrait, ModelTrait, sea_query::ArrayType};

/// The kinds of value that triggers know. Whatever else there is, is spelled as its text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "some are of features that may be off")]
pub(super) enum Kind {
    Bool,
    Integer,
    Float,
    Decimal,
    Text,
    Enum,
    Bytes,
    Uuid,
    Json,
    Date,
    Time,
    DateTime,
    Zoned,
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
        matches!(self, Self::Text | Self::Enum)
    }
}
