//! Tables whose columns hold what SeaORM does not write, but another program does.

/// Numbers that MariaDB and MySQL show with zeros, or as bytes.
pub mod padded {
    use sea_orm::entity::prelude::*;

    /// A row of numbers.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "padded")]
    pub struct Model {
        /// `int(6) unsigned zerofill`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: u32,
        /// `bigint unsigned zerofill`.
        pub count: u64,
        /// `decimal(12,3) zerofill`.
        pub price: Decimal,
        /// `year`.
        pub year: u16,
        /// `bit(64)`.
        pub mask: u64,
        /// `bit(1)`.
        pub flag: bool,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

/// Times of a visit.
pub mod visit {
    use sea_orm::entity::prelude::*;

    /// A visit.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "visit_times")]
    #[audited(capture = "triggers")]
    pub struct Model {
        /// The key.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        /// With a zone; a `timestamp` on MariaDB and MySQL.
        pub at: Option<DateTimeUtc>,
        /// Without one.
        pub seen: Option<DateTime>,
        /// With one; a `datetime` on MariaDB and MySQL.
        pub kept: Option<DateTimeUtc>,
        /// Of a day.
        pub clock: Option<Time>,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

/// A column of each kind that other programs fill with what is not of it.
pub mod filled {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "filled")]
    #[audited(capture = "triggers")]
    pub struct Model {
        /// The key.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        /// A number.
        pub whole: Option<i64>,
        /// A double.
        pub double: Option<f64>,
        /// A decimal.
        pub decimal: Option<Decimal>,
        /// A text.
        pub name: Option<String>,
        /// A truth.
        pub truth: Option<bool>,
        /// A day.
        pub day: Option<Date>,
        /// A time.
        pub clock: Option<Time>,
        /// A moment.
        pub at: Option<DateTimeUtc>,
        /// A moment without a zone.
        pub seen: Option<DateTime>,
        /// A number of sixteen bytes.
        pub uuid: Option<Uuid>,
        /// Bytes.
        pub bytes: Option<Vec<u8>>,
        /// JSON.
        pub json: Option<Json>,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

/// A row whose last column the database sets to the present time with each change, on MariaDB and MySQL.
pub mod touched {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "touched")]
    #[audited(capture = "triggers")]
    pub struct Model {
        /// The key.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        /// When it changed last.
        pub changed_at: Option<DateTime>,
        /// What is changed.
        pub price: i32,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}
