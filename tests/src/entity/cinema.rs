//! Films and performers, linked by castings: dense entities that hooks record.

/// A film.
pub mod film {
    use sea_orm::entity::prelude::*;

    /// A film. Its table is not `film`, as Sakila has one of that name.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "movie")]
    pub struct Model {
        /// The key.
        #[sea_orm(primary_key)]
        pub id: i32,
        /// The title.
        pub title: String,
        /// Who performs in it.
        #[sea_orm(has_many, via = "casting")]
        pub performers: HasMany<super::performer::Entity>,
    }
}

/// A performer.
pub mod performer {
    use sea_orm::entity::prelude::*;

    /// A performer.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "performer")]
    pub struct Model {
        /// The key.
        #[sea_orm(primary_key)]
        pub id: i32,
        /// The name, which no other has.
        #[sea_orm(unique)]
        pub name: String,
        /// What it performs in.
        #[sea_orm(has_many, via = "casting")]
        pub films: HasMany<super::film::Entity>,
    }
}

/// A casting: which performer is in which film.
pub mod casting {
    use sea_orm::entity::prelude::*;

    /// A casting.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "casting")]
    pub struct Model {
        /// The key.
        #[sea_orm(primary_key)]
        pub id: i32,
        /// The film.
        pub film_id: i32,
        /// The performer.
        pub performer_id: i32,
        /// The film.
        #[sea_orm(belongs_to, from = "film_id", to = "id")]
        pub film: BelongsTo<super::film::Entity>,
        /// The performer.
        #[sea_orm(belongs_to, from = "performer_id", to = "id")]
        pub performer: BelongsTo<super::performer::Entity>,
    }
}
