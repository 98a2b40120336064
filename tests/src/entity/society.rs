//! Clubs and members, linked by memberships: dense entities that triggers capture.

/// A club.
pub mod club {
    use sea_orm::entity::prelude::*;

    /// A club.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "club")]
    #[audited(capture = "triggers")]
    pub struct Model {
        /// The key.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        /// The title.
        pub title: String,
        /// Who belongs to it.
        #[sea_orm(has_many, via = "membership")]
        pub members: HasMany<super::member::Entity>,
    }
}

/// A member.
pub mod member {
    use sea_orm::entity::prelude::*;

    /// A member.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "member")]
    #[audited(capture = "triggers")]
    pub struct Model {
        /// The key.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        /// Its name, which it may lack.
        pub nickname: Option<String>,
        /// What it belongs to.
        #[sea_orm(has_many, via = "membership")]
        pub clubs: HasMany<super::club::Entity>,
    }
}

/// A membership: nothing but its key.
pub mod membership {
    use sea_orm::entity::prelude::*;

    /// A membership.
    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "membership")]
    #[audited(capture = "triggers")]
    pub struct Model {
        /// Of the key.
        #[sea_orm(primary_key, auto_increment = false)]
        pub club_id: i32,
        /// Of the key.
        #[sea_orm(primary_key, auto_increment = false)]
        pub member_id: i32,
        /// The club.
        #[sea_orm(belongs_to, from = "club_id", to = "id", on_delete = "Cascade")]
        pub club: BelongsTo<super::club::Entity>,
        /// The member.
        #[sea_orm(belongs_to, from = "member_id", to = "id", on_delete = "Cascade")]
        pub member: BelongsTo<super::member::Entity>,
    }
}
