//! Tables that were renamed, with columns that were, as they are now and as they were.
//!
//! What they were is not derived, as an old version of the program does not run beside the new one: it is in no registry.

/// A gateau, recorded by hooks. It was a torte.
pub mod gateau {
    use sea_orm::entity::prelude::*;

    /// A gateau.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "gateau")]
    #[audited(renamed("torte", "kuchen"))]
    pub struct Model {
        /// The key.
        #[sea_orm(primary_key, auto_increment = false)]
        #[audited(renamed("nr"))]
        pub id: i32,
        /// What it is called.
        pub name: String,
        /// The price, in cents.
        #[audited(renamed("cost", "amount"))]
        pub price: i32,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

/// A doughnut, recorded by triggers. It was a krapfen.
pub mod doughnut {
    use sea_orm::entity::prelude::*;

    /// A doughnut.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "doughnut")]
    #[audited(renamed("krapfen"), capture = "triggers")]
    pub struct Model {
        /// The key.
        #[sea_orm(primary_key, auto_increment = false)]
        #[audited(renamed("nr"))]
        pub id: i32,
        /// What it is called.
        pub name: String,
        /// The price, in cents.
        #[audited(renamed("cost"))]
        pub price: i32,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

macro_rules! old {
    ($($(#[$doc:meta])* $module:ident, $table:literal, $capture:ident)*) => {$(
        $(#[$doc])*
        pub mod $module {
            use audit_sea_orm::{Audited, Capture, hooks};
            use sea_orm::entity::prelude::*;

            /// A row.
            #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                /// The key.
                #[sea_orm(primary_key, auto_increment = false)]
                pub nr: i32,
                /// What it is called.
                pub name: String,
                /// The price, in cents.
                pub cost: i32,
            }

            /// No relations.
            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl Audited for Entity {
                fn capture() -> Capture {
                    Capture::$capture
                }
            }

            #[async_trait::async_trait]
            impl ActiveModelBehavior for ActiveModel {
                async fn before_save<C>(self, db: &C, insert: bool) -> Result<Self, DbErr>
                where
                    C: ConnectionTrait,
                {
                    hooks::before_save(self, db, insert).await
                }

                async fn after_save<C>(model: Model, db: &C, insert: bool) -> Result<Model, DbErr>
                where
                    C: ConnectionTrait,
                {
                    hooks::after_save::<Self, C>(model, db, insert).await
                }

                async fn before_delete<C>(self, db: &C) -> Result<Self, DbErr>
                where
                    C: ConnectionTrait,
                {
                    hooks::before_delete(self, db).await
                }

                async fn after_delete<C>(self, db: &C) -> Result<Self, DbErr>
                where
                    C: ConnectionTrait,
                {
                    hooks::after_delete(self, db).await
                }
            }
        }
    )*};
}

old! {
    /// What [`gateau`] was.
    torte, "torte", Hooks
    /// What [`doughnut`] was.
    krapfen, "krapfen", Triggers
}

macro_rules! named {
    ($($(#[$doc:meta])* $module:ident, $table:literal, $former:expr, { $($column:ident: $formerly:expr),* })*) => {$(
        $(#[$doc])*
        pub mod $module {
            use audit_sea_orm::{Audited, register_audited};
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
                    pub $column: i32,
                )*
            }

            /// No relations.
            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}

            impl Audited for Entity {
                fn former_tables() -> &'static [&'static str] {
                    &$former
                }

                fn former_columns(column: Column) -> &'static [&'static str] {
                    match sea_orm::IdenStatic::as_str(&column) {
                        $(stringify!($column) => &$formerly,)*
                        _ => &[],
                    }
                }
            }

            register_audited!(Entity);
        }
    )*};
}

named! {
    /// A preference, of which there are very many records.
    preference, "preference", ["former_preference"], { value: ["setting"] }
    /// It was a `wheel`, of which there are others now; its weight was its `size`, which is something else now.
    gear, "gear", ["wheel"], { weight: ["size", "mass"], size: [] }
    /// What is called a wheel now.
    wheel, "wheel", [], { size: [] }
    /// Those of the guests that pay. All were guests.
    patron, "patron", ["guest"], { credit: ["money"] }
    /// Those of the guests that are paid.
    waiter, "waiter", ["guest"], { wage: ["money"] }
}
