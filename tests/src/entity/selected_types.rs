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
}
