//! A table with columns that SeaORM cannot read, and tables of an attached database.

/// A film, as sea-orm-cli writes an entity with a `tsvector` and a `SET`.
pub mod film {
    use sea_orm::entity::prelude::*;

    /// A film.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "ignored_film")]
    #[audited(capture = "triggers", skip("special_*", "elsewhere"))]
    pub struct Model {
        /// The key.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        /// What is recorded.
        pub title: String,
        /// Skipped by the list of the struct.
        #[sea_orm(
            ignore,
            column_type = "custom(\"SET ('Trailers','Commentaries')\")",
            select_as = "text"
        )]
        pub special_features: String,
        /// Skipped by itself.
        #[sea_orm(
            ignore,
            column_name = "fulltext",
            column_type = "custom(\"tsvector\")",
            select_as = "text"
        )]
        #[audited(skip)]
        pub full_text: String,
        /// Skipped by nothing.
        #[sea_orm(ignore)]
        pub shape: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

/// What triggers would record, of another schema.
pub mod parcel {
    use sea_orm::entity::prelude::*;

    /// A parcel.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(schema_name = "annex", table_name = "annex_parcel")]
    #[audited(capture = "triggers")]
    pub struct Model {
        /// The key.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

/// What hooks record, of another schema.
pub mod label {
    use sea_orm::entity::prelude::*;

    /// A label.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(schema_name = "annex", table_name = "annex_label")]
    pub struct Model {
        /// The key.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        /// What stands on it.
        pub text: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}
