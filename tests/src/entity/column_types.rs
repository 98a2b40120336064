//! One small entity for each type of column: a key, and a value that may be NULL.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// Makes a module for each type of column, and the name of its table.
macro_rules! column_types {
    ($($name:ident, $table:literal: $type:ty $(, $column_type:literal)?;)*) => {
        $(
            #[doc = concat!("`", stringify!($type), "`.")]
            pub mod $name {
                use sea_orm::entity::prelude::*;

                /// A row.
                #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
                #[sea_orm(table_name = $table)]
                pub struct Model {
                    /// The key.
                    #[sea_orm(primary_key, auto_increment = false)]
                    pub id: i32,
                    /// The value.
                    #[sea_orm(nullable $(, column_type = $column_type)?)]
                    pub value: Option<$type>,
                }

                /// No relations.
                #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
                pub enum Relation {}
            }
        )*
    };
}

column_types! {
    boolean, "boolean_column": bool;
    tiny, "tiny_column": i8;
    small, "small_column": i16;
    int, "int_column": i32;
    big, "big_column": i64;
    tiny_unsigned, "tiny_unsigned_column": u8;
    small_unsigned, "small_unsigned_column": u16;
    unsigned, "unsigned_column": u32;
    big_unsigned, "big_unsigned_column": u64;
    float, "float_column": f32;
    double, "double_column": f64;
    decimal, "decimal_column": Decimal, "Decimal(Some((40, 10)))";
    big_decimal, "big_decimal_column": BigDecimal, "Decimal(Some((60, 20)))";
    string, "string_column": String;
    text, "text_column": String, "Text";
    bytes, "bytes_column": Vec<u8>, "Blob";
    uuid, "uuid_column": Uuid;
    text_uuid, "text_uuid_column": sea_orm::value::TextUuid;
    json, "json_column": Json;
    json_binary, "json_binary_column": Json, "JsonBinary";
    date, "date_column": Date;
    time, "time_column": Time;
    date_time, "date_time_column": DateTime;
    date_time_utc, "date_time_utc_column": DateTimeUtc;
    date_time_local, "date_time_local_column": DateTimeLocal;
    date_time_zoned, "date_time_zoned_column": DateTimeWithTimeZone;
    time_date, "time_date_column": TimeDate;
    time_time, "time_time_column": TimeTime;
    time_date_time, "time_date_time_column": TimeDateTime;
    time_date_time_zoned, "time_date_time_zoned_column": TimeDateTimeWithTimeZone;
    unix_timestamp, "unix_timestamp_column": ChronoUnixTimestampMillis;
    native_enum, "native_enum_column": super::Tea;
    native_enum_as_text, "native_enum_as_text_column": super::Coffee;
    string_enum, "string_enum_column": super::Size;
    integer_enum, "integer_enum_column": super::Priority;
    newtype, "newtype_column": super::Grams;
    string_newtype, "string_newtype_column": super::Tag;
    json_struct, "json_struct_column": super::Address;
    small_array, "small_array_column": Vec<i16>;
    big_array, "big_array_column": Vec<i64>;
    boolean_array, "boolean_array_column": Vec<bool>;
    double_array, "double_array_column": Vec<f64>;
    float_array, "float_array_column": Vec<f32>;
    string_array, "string_array_column": Vec<String>;
    bytes_array, "bytes_array_column": Vec<Vec<u8>>, "Array(std::sync::Arc::new(ColumnType::Blob))";
    decimal_array, "decimal_array_column": Vec<Decimal>;
    uuid_array, "uuid_array_column": Vec<Uuid>;
    json_array, "json_array_column": Vec<Json>;
    date_array, "date_array_column": Vec<Date>;
    date_time_utc_array, "date_time_utc_array_column": Vec<DateTimeUtc>;
    time_date_time_zoned_array, "time_date_time_zoned_array_column": Vec<TimeDateTimeWithTimeZone>;
    native_enum_array, "native_enum_array_column": Vec<super::Tea>;
}

/// A native enum, where the database has such: an `Enum` to SeaORM.
#[derive(Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "Enum", db_type = "Enum", enum_name = "tea")]
pub enum Tea {
    /// A plain name.
    #[sea_orm(string_value = "Green")]
    Green,
    /// A name with a quote in it.
    #[sea_orm(string_value = "Earl \"Grey\"")]
    EarlGrey,
}

/// A native enum that is a `String` to SeaORM.
#[derive(Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Enum", enum_name = "coffee")]
pub enum Coffee {
    /// Black.
    #[sea_orm(string_value = "black")]
    Black,
    /// White.
    #[sea_orm(string_value = "white")]
    White,
}

/// An enum kept as text.
#[derive(Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(8))")]
pub enum Size {
    /// Small.
    #[sea_orm(string_value = "S")]
    Small,
    /// Large.
    #[sea_orm(string_value = "L")]
    Large,
}

/// An enum kept as a number.
#[derive(Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i32", db_type = "Integer")]
pub enum Priority {
    /// Low.
    #[sea_orm(num_value = -10)]
    Low,
    /// High.
    #[sea_orm(num_value = 10)]
    High,
}

/// A newtype over a number.
#[derive(Clone, Debug, PartialEq, Eq, DeriveValueType)]
pub struct Grams(pub i64);

/// A newtype that is text in the database.
#[derive(Clone, Debug, PartialEq, Eq, DeriveValueType)]
#[sea_orm(value_type = "String")]
pub struct Tag(pub Vec<String>);

impl std::fmt::Display for Tag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}

impl std::str::FromStr for Tag {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.split('/').map(str::to_owned).collect()))
    }
}

/// A struct that is JSON in the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Address {
    /// The street.
    pub street: String,
    /// The number.
    pub number: Option<u32>,
}
