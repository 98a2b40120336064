//! A table that gains a column, as the entities of two releases of an application have it.

/// Of the first release.
pub mod before {
    use sea_orm::entity::prelude::*;

    /// A muffin.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "growing_muffin")]
    #[audited(capture = "triggers")]
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

/// Of the second release.
pub mod after {
    use sea_orm::entity::prelude::*;

    /// A muffin with its price.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "growing_muffin")]
    #[audited(capture = "triggers")]
    pub struct Model {
        /// The key.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        /// What it is called.
        pub name: String,
        /// In cents.
        pub price: Option<i32>,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}
