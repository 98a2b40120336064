//! Entities of the same twelve columns, on equal tables: one plain, one whose trail the application writes by hand,
//! one audited by hooks, one by triggers of its own, one by capture triggers.

use sea_orm::{ActiveModelBehavior, ActiveModelTrait, EntityTrait, IntoActiveModel};

/// An active model of any of the entities.
pub(crate) trait Item:
    ActiveModelTrait<Entity: EntityTrait<Model: IntoActiveModel<Self> + Send + Sync>>
    + ActiveModelBehavior
    + Clone
    + Send
    + Sync
    + 'static
{
    /// A row to insert, with values that follow from the number.
    fn numbered(number: i64) -> Self;

    /// Sets two columns, to values that differ for each number.
    #[must_use]
    fn revise(self, number: i64) -> Self;
}

/// The entity of a side, with the derives beside SeaORM's own.
macro_rules! item {
    ($module:ident, $table:literal, derive($($derive:path)?) $(, audited($($policy:tt)+))?) => {
        pub(crate) mod $module {
            use sea_orm::{Set, entity::prelude::*};

            #[derive(Clone, Debug, PartialEq, DeriveEntityModel $(, $derive)?)]
            #[sea_orm(table_name = $table)]
            $(#[audited($($policy)+)])?
            pub(crate) struct Model {
                #[sea_orm(primary_key)]
                pub(crate) id: i64,
                pub(crate) customer_id: Option<i64>,
                pub(crate) quantity: i32,
                pub(crate) position: i64,
                #[sea_orm(column_type = "Decimal(Some((12, 2)))")]
                pub(crate) price: Decimal,
                #[sea_orm(column_type = "String(StringLen::N(40))")]
                pub(crate) name: String,
                #[sea_orm(column_type = "String(StringLen::N(40))")]
                pub(crate) sku: String,
                #[sea_orm(column_type = "Text")]
                pub(crate) description: String,
                pub(crate) is_active: bool,
                pub(crate) created_at: DateTimeUtc,
                pub(crate) updated_at: DateTimeUtc,
                pub(crate) attributes: Json,
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub(crate) enum Relation {}

            fn time(number: i64) -> DateTimeUtc {
                DateTimeUtc::from_timestamp(1_800_000_000 + number, 0).expect("a time of this century")
            }

            impl $crate::item::Item for ActiveModel {
                fn numbered(number: i64) -> Self {
                    Self {
                        id: sea_orm::NotSet,
                        customer_id: Set((number % 2 == 0).then_some(number)),
                        quantity: Set(12),
                        position: Set(number),
                        price: Set(Decimal::new(number, 2)),
                        name: Set(format!("{number:040}")),
                        sku: Set(format!("SKU-{number:036}")),
                        description: Set("Twenty-five letters text.".repeat(20)),
                        is_active: Set(true),
                        created_at: Set(time(number)),
                        updated_at: Set(time(number)),
                        attributes: Set(serde_json::json!({
                            "color": "chestnut",
                            "sizes": [38, 40, 42],
                            "vegan": false,
                        })),
                    }
                }

                fn revise(mut self, number: i64) -> Self {
                    self.price = Set(Decimal::new(number, 2));
                    self.updated_at = Set(time(number));
                    self
                }
            }
        }
    };
}
pub(crate) use item;
