//! One small entity for each kind of key.

/// Makes a module for each kind of key: its table, and its columns.
macro_rules! keyed {
    ($($name:ident, $table:literal: { $($column:ident: $type:ty $([$column_type:literal])?),* };)*) => {
        $(
            #[doc = concat!("A row of `", $table, "`.")]
            pub mod $name {
                use sea_orm::entity::prelude::*;

                /// A row.
                #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
                #[sea_orm(table_name = $table)]
                pub struct Model {
                    $(
                        /// Of the key.
                        #[sea_orm(primary_key, auto_increment = false $(, column_type = $column_type)?)]
                        pub $column: $type,
                    )*
                    /// The value.
                    pub value: i32,
                }

                /// No relations.
                #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
                pub enum Relation {}
            }
        )*
    };
}

keyed! {
    by_int, "by_int": { id: i32 };
    by_big, "by_big": { id: i64 };
    by_big_unsigned, "by_big_unsigned": { id: u64 };
    by_string, "by_string": { id: String ["String(StringLen::N(700))"] };
    by_uuid, "by_uuid": { id: Uuid };
    by_bytes, "by_bytes": { id: Vec<u8> ["VarBinary(StringLen::N(255))"] };
    by_number_and_text, "by_number_and_text": { number: i32, text: String };
    by_three_texts, "by_three_texts": { a: String ["String(StringLen::N(100))"], b: String ["String(StringLen::N(100))"], c: String ["String(StringLen::N(100))"] };
}
