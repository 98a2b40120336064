//! Tables that several entities share, and one whose name has capitals.

/// Makes entities: a module, its table, the attributes for the derive, and the columns beside the key `id`.
macro_rules! entities {
    ($($(#[$doc:meta])* $module:ident, $table:literal, ($($audited:tt)*) { $($column:ident: $type:ty),* $(,)? })*) => {
        $(
            $(#[$doc])*
            pub mod $module {
                use sea_orm::entity::prelude::*;

                /// A row.
                #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
                #[sea_orm(table_name = $table)]
                $($audited)*
                pub struct Model {
                    /// The key.
                    #[sea_orm(primary_key, auto_increment = false)]
                    pub id: i32,
                    $(
                        #[doc = concat!("The column `", stringify!($column), "`.")]
                        pub $column: $type,
                    )*
                }

                /// No relations.
                #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
                pub enum Relation {}
            }
        )*
    };
}

entities! {
    /// A bun, as a list shows it.
    bun_name, "shared_bun", (#[audited(capture = "triggers")]) { name: String }
    /// A bun.
    bun, "shared_bun", (#[audited(capture = "triggers")]) { name: String, price: i32 }
    /// A roll, as triggers record it.
    roll, "shared_roll", (#[audited(capture = "triggers")]) { name: String }
    /// A roll, as hooks would.
    hooked_roll, "shared_roll", () { name: String }
    /// A name that some servers keep in lower case.
    capitals, "SharedCapitals", (#[audited(capture = "triggers")]) { name: String }
}
