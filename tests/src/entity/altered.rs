//! Tables that a migration renames while their triggers are there, as they are now and as they were.
//!
//! What they were is in no registry, as an old version of the program is not there any more.

/// A stollen. It was a christstollen.
pub mod stollen {
    use sea_orm::entity::prelude::*;

    /// A stollen.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "stollen")]
    #[audited(renamed("christstollen"), capture = "triggers")]
    pub struct Model {
        /// The key.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        /// What it is called.
        pub name: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

/// A pretzel, of another schema than the connection's. It was a bretzel. It is in no registry, as its database is the server's,
/// where other tests would find it too.
pub mod pretzel {
    use audit_sea_orm::{Audited, Capture};
    use sea_orm::entity::prelude::*;

    /// A pretzel.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(schema_name = "audit_pretzels", table_name = "pretzel")]
    pub struct Model {
        /// The key.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        /// What it is called.
        pub name: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl Audited for Entity {
        fn former_tables() -> &'static [&'static str] {
            &["audit_pretzels.bretzel"]
        }

        fn capture() -> Capture {
            Capture::Triggers
        }
    }
}

macro_rules! old {
    ($($(#[$doc:meta])* $module:ident, ($($table:tt)*))*) => {$(
        $(#[$doc])*
        pub mod $module {
            use audit_sea_orm::{Audited, Capture};
            use sea_orm::entity::prelude::*;

            /// A row.
            #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
            #[sea_orm($($table)*)]
            pub struct Model {
                /// The key.
                #[sea_orm(primary_key, auto_increment = false)]
                pub id: i32,
                /// What it is called.
                pub name: String,
                /// How many raisins are in it, which the table loses.
                pub raisins: i32,
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
    )*};
}

old! {
    /// What [`stollen`] was.
    christstollen, (table_name = "christstollen")
    /// What [`pretzel`] was.
    bretzel, (schema_name = "audit_pretzels", table_name = "bretzel")
}
