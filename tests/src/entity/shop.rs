//! Customers with orders and lines, and categories in a tree: tables that refer to each other, of both kinds of capture.

/// A customer, recorded by hooks.
pub mod customer {
    use sea_orm::entity::prelude::*;

    /// A customer.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "shop_customer")]
    pub struct Model {
        /// The key.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        /// The address; no two customers share one.
        #[sea_orm(unique)]
        pub email: String,
        /// When it was changed last: noise.
        pub updated_at: i64,
    }

    /// Who refers to it.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        /// Its orders.
        #[sea_orm(has_many = "super::order::Entity")]
        Order,
    }

    impl Related<super::order::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Order.def()
        }
    }

    /// A customer of that number.
    #[must_use]
    pub fn numbered(id: i32) -> ActiveModel {
        use sea_orm::Set;
        ActiveModel {
            id: Set(id),
            email: Set(format!("{id}@example.org")),
            updated_at: Set(0),
        }
    }
}

/// An order, recorded by triggers.
pub mod order {
    use sea_orm::entity::prelude::*;

    /// An order.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "shop_order")]
    #[audited(capture = "triggers")]
    pub struct Model {
        /// The key.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        /// Whose; nobody's, for some.
        pub customer_id: Option<i32>,
        /// Anything.
        pub note: Option<String>,
    }

    /// What it refers to.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        /// The customer.
        #[sea_orm(
            belongs_to = "super::customer::Entity",
            from = "Column::CustomerId",
            to = "super::customer::Column::Id"
        )]
        Customer,
        /// Its lines.
        #[sea_orm(has_many = "super::line::Entity")]
        Line,
    }

    impl Related<super::customer::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Customer.def()
        }
    }

    impl Related<super::line::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Line.def()
        }
    }

    /// An order of that number.
    #[must_use]
    pub fn numbered(id: i32, customer_id: Option<i32>) -> ActiveModel {
        use sea_orm::Set;
        ActiveModel {
            id: Set(id),
            customer_id: Set(customer_id),
            note: Set(None),
        }
    }
}

/// A line of an order, recorded by triggers: a key of two columns.
pub mod line {
    use sea_orm::entity::prelude::*;

    /// A line.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "shop_line")]
    #[audited(capture = "triggers")]
    pub struct Model {
        /// The order.
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: i32,
        /// Its place in the order.
        #[sea_orm(primary_key, auto_increment = false)]
        pub place: i32,
        /// What.
        pub label: String,
        /// How much.
        pub price: Decimal,
    }

    /// What it refers to.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        /// The order.
        #[sea_orm(
            belongs_to = "super::order::Entity",
            from = "Column::OrderId",
            to = "super::order::Column::Id"
        )]
        Order,
    }

    impl Related<super::order::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Order.def()
        }
    }

    /// The line of an order at a place.
    #[must_use]
    pub fn at(order_id: i32, place: i32, label: &str) -> ActiveModel {
        use sea_orm::Set;
        ActiveModel {
            order_id: Set(order_id),
            place: Set(place),
            label: Set(label.to_owned()),
            price: Set(Decimal::new(i64::from(place), 1)),
        }
    }
}

/// A category in a tree, recorded by hooks.
pub mod category {
    use sea_orm::entity::prelude::*;

    /// A category.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, audit_sea_orm::Audited)]
    #[sea_orm(table_name = "shop_category")]
    pub struct Model {
        /// The key.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        /// What it is part of.
        pub parent_id: Option<i32>,
        /// Its place, which no other has.
        #[sea_orm(unique)]
        pub place: i32,
    }

    /// What it refers to.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        /// What it is part of.
        #[sea_orm(belongs_to = "Entity", from = "Column::ParentId", to = "Column::Id")]
        Parent,
    }

    /// A category of that number.
    #[must_use]
    pub fn numbered(id: i32, parent_id: Option<i32>) -> ActiveModel {
        use sea_orm::Set;
        ActiveModel {
            id: Set(id),
            parent_id: Set(parent_id),
            place: Set(id),
        }
    }
}
