//! Twins of hooked entities on the same tables, recorded by triggers under names of their own: so that what each tier
//! saw of one write can be told apart.
//!
//! Not derived, so that they do not join the entities that `capture::install_all` and `check` know.

/// Makes twins: a module, its table, and the columns beside the key `id`.
macro_rules! twins {
    ($($(#[$doc:meta])* $module:ident, $table:literal, $captured:literal { $($column:ident: $type:ty),* $(,)? })*) => {
        $(
            $(#[$doc])*
            pub mod $module {
                use audit_sea_orm::{Audited, Capture};
                use sea_orm::entity::prelude::*;

                /// A row.
                #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
                #[sea_orm(table_name = $table)]
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

                impl ActiveModelBehavior for ActiveModel {}

                impl Audited for Entity {
                    fn audit_table() -> String {
                        $captured.to_owned()
                    }

                    fn capture() -> Capture {
                        Capture::Triggers
                    }
                }
            }
        )*
    };
}

twins! {
    /// The twin of [`pie`](super::pie).
    pie, "pie", "captured_pie" { price: i32, stock: i32 }
    /// A tart, as it was before it had a price.
    free_tart, "tart", "tart" {}
    /// The twin of [`author`](super::author).
    author, "author", "captured_author" { name: String }
    /// The twin of [`book`](super::book).
    book, "book", "captured_book" { title: String, author_id: i32 }
    /// The twin of [`performer`](super::cinema::performer).
    performer, "performer", "captured_performer" { name: String }
    /// The twin of [`casting`](super::cinema::casting).
    casting, "casting", "captured_casting" { film_id: i32, performer_id: i32 }
    /// A table that refers to pies.
    crumb, "crumb", "captured_crumb" { pie_id: i32 }
}
