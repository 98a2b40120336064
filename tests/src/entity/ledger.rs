//! Accounts with their entries, and seats: tables that triggers capture.

/// An account: something to mask, to skip, and unique.
pub mod account {
    use sea_orm::entity::prelude::*;

    /// An account.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "ledger_account")]
    #[audited(capture = "triggers")]
    pub struct Model {
        /// The key.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        /// The name; no two accounts share one.
        #[sea_orm(unique)]
        pub name: String,
        /// In cents.
        pub balance: i64,
        /// Nothing, for most.
        pub note: Option<String>,
        /// Masked.
        #[audited(mask)]
        pub pin: String,
        /// Skipped.
        #[audited(skip)]
        pub draft: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    /// An account of that number.
    #[must_use]
    pub fn numbered(id: i32) -> ActiveModel {
        use sea_orm::Set;
        ActiveModel {
            id: Set(id),
            name: Set(format!("account {id}")),
            balance: Set(100),
            note: Set(None),
            pin: Set("CANARY-pin".to_owned()),
            draft: Set("CANARY-draft".to_owned()),
        }
    }
}

/// An entry of an account, which goes with it.
pub mod entry {
    use sea_orm::entity::prelude::*;

    /// An entry.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "ledger_entry")]
    #[audited(capture = "triggers", repr = "cents")]
    pub struct Model {
        /// The key.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        /// The account.
        pub account_id: i32,
        /// How much.
        pub cents: i32,
    }

    /// What it refers to.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        /// The account.
        #[sea_orm(
            belongs_to = "super::account::Entity",
            from = "Column::AccountId",
            to = "super::account::Column::Id",
            on_delete = "Cascade",
            on_update = "Cascade"
        )]
        Account,
    }
}

/// A seat: a key of two columns, a text and a number.
pub mod seat {
    use sea_orm::entity::prelude::*;

    /// A seat.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "ledger_seat")]
    #[audited(capture = "triggers")]
    pub struct Model {
        /// Of the key.
        #[sea_orm(primary_key, auto_increment = false)]
        pub hall: String,
        /// Of the key.
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i32,
        /// Who sits there.
        pub label: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

/// A table and columns whose names try to get out of their quotes.
pub mod hostile {
    use sea_orm::entity::prelude::*;

    /// A row.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "select \"from\" `x` 'y' $audit0$ /* */ -- ? :a $1 \\ 0123456789012")]
    #[audited(capture = "triggers")]
    pub struct Model {
        /// The key.
        #[sea_orm(primary_key, auto_increment = false, column_name = "select")]
        pub id: i32,
        /// Of 63 characters.
        #[sea_orm(column_name = "012345678901234567890123456789012345678901234567890123456789012")]
        pub long: String,
        /// Every quote.
        #[sea_orm(column_name = "a \"b\" 'c' `d` \\ \\u0041 $audit1$ */ /* é")]
        pub quoted: String,
        /// A name of the trigger's own.
        #[sea_orm(column_name = "audit_payload")]
        pub payload: String,
        /// Masked.
        #[sea_orm(column_name = "order by; --")]
        #[audited(mask)]
        pub masked: String,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
}

/// Somebody's own entity of the trail.
pub mod trail {
    use sea_orm::entity::prelude::*;

    /// A record.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_log")]
    pub struct Model {
        /// The key.
        #[sea_orm(primary_key)]
        pub id: i64,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl audit_sea_orm::Audited for Entity {
        fn capture() -> audit_sea_orm::Capture {
            audit_sea_orm::Capture::Triggers
        }
    }
}
