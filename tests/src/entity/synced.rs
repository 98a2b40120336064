//! A table at three times of an application that writes its entities first.

/// Makes an entity of the table: a module, and the fields beside the key `id`.
macro_rules! synced {
    ($($(#[$doc:meta])* $module:ident { $($(#[$field:meta])* $column:ident: $type:ty),* $(,)? })*) => {
        $(
            $(#[$doc])*
            pub mod $module {
                use audit_sea_orm::{Audited, Capture};
                use sea_orm::entity::prelude::*;

                /// A waffle.
                #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
                #[sea_orm(table_name = "synced_waffle")]
                pub struct Model {
                    /// The key.
                    #[sea_orm(primary_key, auto_increment = false)]
                    pub id: i32,
                    $(
                        #[doc = concat!("The column `", stringify!($column), "`.")]
                        $(#[$field])*
                        pub $column: $type,
                    )*
                }

                /// No relations.
                #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
                pub enum Relation {}

                impl ActiveModelBehavior for ActiveModel {}

                impl Audited for Entity {
                    fn capture() -> Capture {
                        Capture::Triggers
                    }
                }
            }
        )*
    };
}

synced! {
    /// At first.
    first { name: String }
    /// With a column more.
    second { name: String, price: Option<i32> }
    /// With a column that has another name.
    third { #[sea_orm(renamed_from = "name")] title: String, price: Option<i32> }
}
