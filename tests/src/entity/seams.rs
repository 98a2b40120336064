//! Tables for what only PostgreSQL has. Triggers capture them, but `install_all` does not know them: each is in few tests.

use audit_sea_orm::{Audited, Capture};
use sea_orm::entity::prelude::*;

macro_rules! captured {
    ($($module:ident),*) => {$(
        impl ActiveModelBehavior for $module::ActiveModel {}
        impl Audited for $module::Entity {
            fn capture() -> Capture {
                Capture::Triggers
            }
        }
    )*};
}

captured!(
    country, document, generated, money, named, picky, post, span, tiny
);

macro_rules! entity {
    ($(#[doc = $doc:expr])* $module:ident, $table:literal, { $($(#[$attribute:meta])* $field:ident: $type:ty,)* }) => {
        $(#[doc = $doc])*
        pub mod $module {
            use sea_orm::entity::prelude::*;

            $(#[doc = $doc])*
            #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                $(
                    #[doc = stringify!($field)]
                    $(#[$attribute])*
                    pub $field: $type,
                )*
            }

            /// No relations.
            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}
        }
    };
}

entity!(
    /// A post: two of its columns refer to persons.
    post, "seam_post", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: i32,
        created_by: Option<i32>,
        updated_by: Option<i32>,
    }
);

entity!(
    /// A row with columns that are computed when they are read.
    generated, "seam_generated", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: i32,
        a: i32,
        name: Option<String>,
        doubled: Option<i32>,
    }
);

entity!(
    /// A country, by a code that is padded with blanks.
    country, "seam_country", {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Char(Some(3))")]
        code: String,
        #[sea_orm(column_type = "Char(Some(5))", nullable)]
        zone: Option<String>,
    }
);

entity!(
    /// A span of time, in types that SeaORM reads as text.
    span, "seam_span", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: i32,
        #[sea_orm(column_type = "custom(\"daterange\")", select_as = "text", save_as = "daterange", nullable)]
        during: Option<String>,
        #[sea_orm(column_type = "custom(\"interval\")", select_as = "text", save_as = "interval", nullable)]
        for_long: Option<String>,
        day: Option<Date>,
    }
);

entity!(
    /// Columns that SeaORM reads by a cast.
    money, "seam_money", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: i32,
        #[sea_orm(column_type = "Money(None)", select_as = "numeric", save_as = "money")]
        amount: Decimal,
        #[sea_orm(column_type = "custom(\"BIT(8)\")", select_as = "BIGINT", save_as = "BIT(8)")]
        bits: i64,
        #[sea_orm(column_type = "Decimal(Some((10, 2)))", select_as = "int8", save_as = "numeric")]
        n: i64,
    }
);

entity!(
    /// A document, in the type that keeps its text.
    document, "seam_document", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: i32,
        #[sea_orm(column_type = "Json", nullable)]
        body: Option<Json>,
    }
);

entity!(
    /// A number.
    tiny, "seam_tiny", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: i32,
    }
);

entity!(
    /// A value of a type that cannot be asked whether it takes another.
    picky, "seam_picky", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: i32,
        picky: super::Picky,
    }
);

/// A number that panics where it is made of anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picky(pub i32);

impl From<Picky> for Value {
    fn from(picky: Picky) -> Self {
        Self::Int(Some(picky.0))
    }
}

impl sea_orm::TryGetable for Picky {
    fn try_get_by<I: sea_orm::ColIdx>(
        row: &sea_orm::QueryResult,
        index: I,
    ) -> Result<Self, sea_orm::TryGetError> {
        i32::try_get_by(row, index).map(Self)
    }
}

impl sea_orm::sea_query::ValueType for Picky {
    fn try_from(value: Value) -> Result<Self, sea_orm::sea_query::ValueTypeErr> {
        match value {
            Value::Int(Some(number)) => Ok(Self(number)),
            other => panic!("no number: {other:?}"),
        }
    }

    fn type_name() -> String {
        "Picky".to_owned()
    }

    fn array_type() -> sea_orm::sea_query::ArrayType {
        sea_orm::sea_query::ArrayType::Int
    }

    fn column_type() -> ColumnType {
        ColumnType::Integer
    }
}

/// A table whose name is known at run time.
pub mod named {
    use sea_orm::entity::prelude::*;

    /// The table.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct Entity {
        /// Its name.
        pub name: &'static str,
    }

    impl EntityName for Entity {
        fn table_name(&self) -> &'static str {
            self.name
        }
    }

    impl sea_orm::Iden for Entity {
        fn unquoted(&self) -> &str {
            self.name
        }
    }

    impl IdenStatic for Entity {
        fn as_str(&self) -> &'static str {
            self.name
        }
    }

    impl EntityTrait for Entity {
        type Model = Model;
        type ModelEx = Model;
        type ActiveModel = ActiveModel;
        type ActiveModelEx = ActiveModel;
        type Column = Column;
        type PrimaryKey = PrimaryKey;
        type Relation = Relation;
    }

    /// A row.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveModel, DeriveActiveModel)]
    pub struct Model {
        /// The key.
        pub id: i32,
    }

    /// The columns.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveColumn)]
    pub enum Column {
        /// The key.
        Id,
    }

    /// The key.
    #[derive(Clone, Copy, Debug, EnumIter, DerivePrimaryKey)]
    pub enum PrimaryKey {
        /// The key.
        Id,
    }

    impl PrimaryKeyTrait for PrimaryKey {
        type ValueType = i32;
        fn auto_increment() -> bool {
            false
        }
    }

    /// No relations.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ColumnTrait for Column {
        type EntityName = Entity;
        fn def(&self) -> ColumnDef {
            ColumnType::Integer.def()
        }
    }
}
