//! One small entity for each type of column that SeaORM reads and writes by a cast.

/// Makes a module for each: the name of its table, the field's type, and the casts.
macro_rules! selected_types {
    ($($name:ident, $table:literal: $type:ty, $column_type:literal, $select_as:literal, $save_as:literal;)*) => {
        $(
            #[doc = concat!("`", stringify!($type), "`, read as `", $select_as, "` and written as `", $save_as, "`.")]
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
                    #[sea_orm(nullable, column_type = $column_type, select_as = $select_as, save_as = $save_as)]
                    pub value: Option<$type>,
                }

                /// No relations.
                #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
                pub enum Relation {}
            }
        )*
    };
}

selected_types! {
    money, "money_selected": Decimal, "Money(None)", "numeric", "money";
    bits_as_number, "bits_selected": i64, "custom(\"BIT(8)\")", "bigint", "bit(8)";
    number_as_big, "number_selected": i64, "Decimal(Some((10, 2)))", "int8", "numeric";
    interval, "interval_selected": String, "custom(\"interval\")", "text", "interval";
    date_range, "date_range_selected": String, "custom(\"daterange\")", "text", "daterange";
    number_range, "number_range_selected": String, "custom(\"int4range\")", "text", "int4range";
    time_range, "time_range_selected": String, "custom(\"tstzrange\")", "text", "tstzrange";
    multirange, "multirange_selected": String, "custom(\"int4multirange\")", "text", "int4multirange";
    bit_varying, "bit_varying_selected": String, "custom(\"varbit\")", "text", "varbit";
    xml, "xml_selected": String, "custom(\"xml\")", "text", "xml";
    search_text, "search_text_selected": String, "custom(\"tsvector\")", "text", "tsvector";
    point, "point_selected": String, "custom(\"point\")", "text", "point";
    network, "network_selected": String, "custom(\"inet\")", "text", "inet";
    hardware, "hardware_selected": String, "custom(\"macaddr\")", "text", "macaddr";
    time_of_zone, "time_of_zone_selected": String, "custom(\"timetz\")", "text", "timetz";
    log_position, "log_position_selected": String, "custom(\"pg_lsn\")", "text", "pg_lsn";
    object_number, "object_number_selected": String, "custom(\"oid\")", "text", "oid";
    wide_range, "wide_range_selected": String, "custom(\"int8range\")", "text", "int8range";
    decimal_range, "decimal_range_selected": String, "custom(\"numrange\")", "text", "numrange";
    plain_time_range, "plain_time_range_selected": String, "custom(\"tsrange\")", "text", "tsrange";
    date_multirange, "date_multirange_selected": String, "custom(\"datemultirange\")", "text", "datemultirange";
    network_range, "network_range_selected": String, "custom(\"cidr\")", "text", "cidr";
    long_hardware, "long_hardware_selected": String, "custom(\"macaddr8\")", "text", "macaddr8";
    search_query, "search_query_selected": String, "custom(\"tsquery\")", "text", "tsquery";
    json_path, "json_path_selected": String, "custom(\"jsonpath\")", "text", "jsonpath";
    line, "line_selected": String, "custom(\"line\")", "text", "line";
    segment, "segment_selected": String, "custom(\"lseg\")", "text", "lseg";
    rectangle, "rectangle_selected": String, "custom(\"box\")", "text", "box";
    path, "path_selected": String, "custom(\"path\")", "text", "path";
    polygon, "polygon_selected": String, "custom(\"polygon\")", "text", "polygon";
    circle, "circle_selected": String, "custom(\"circle\")", "text", "circle";
    time_array, "time_array_selected": String, "custom(\"time[]\")", "text", "time[]";
    time_stamp_array, "time_stamp_array_selected": String, "custom(\"timestamp[]\")", "text", "timestamp[]";
    interval_array, "interval_array_selected": String, "custom(\"interval[]\")", "text", "interval[]";
    zoned_array, "zoned_array_selected": String, "custom(\"timestamptz[]\")", "text", "timestamptz[]";
    nested_array, "nested_array_selected": String, "custom(\"integer[][]\")", "text", "integer[][]";
    brew, "brew_selected": String, "custom(\"brew\")", "text", "brew";
    brew_array, "brew_array_selected": String, "custom(\"brew[]\")", "text", "brew[]";
    positive, "positive_selected": String, "custom(\"positive\")", "text", "positive";
    pair, "pair_selected": String, "custom(\"pair\")", "text", "pair";
}
