use std::panic::{AssertUnwindSafe, catch_unwind};

use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ColumnType, EntityTrait, ModelTrait, Value,
    sea_query::{ArrayType, EnumTypeName},
};

use super::{
    EncodingError,
    decode::{excerpt, null_of},
    from_json,
};

/// Reads back the value of an entity's column, as the type that the entity's model has for it.
///
/// # Errors
/// [`EncodingError::Malformed`] where the JSON is not the encoding of any value the column can hold: it may
/// be masked, or of a time when the column had another type. So where the field's type panics instead of refusing a value:
/// a program that is built to abort on a panic does.
///
/// # Example
/// ```
/// # mod cake {
/// #     use sea_orm::entity::prelude::*;
/// #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
/// #     #[sea_orm(table_name = "cake")]
/// #     pub struct Model { #[sea_orm(primary_key)] pub id: i32, pub baked_on: Option<Date> }
/// #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
/// #     pub enum Relation {}
/// #     impl ActiveModelBehavior for ActiveModel {}
/// # }
/// use audit_sea_orm::encoding::column_value;
/// use sea_orm::{Value, prelude::Date};
/// use serde_json::json;
///
/// let baked_on = column_value::<cake::Entity>(cake::Column::BakedOn, &json!("2026-11-22"))?;
/// assert_eq!(baked_on, Value::from(Date::from_ymd_opt(2026, 11, 22)));
/// # Ok::<(), audit_sea_orm::encoding::EncodingError>(())
/// ```
pub fn column_value<E: EntityTrait>(
    column: E::Column,
    json: &serde_json::Value,
) -> Result<Value, EncodingError>
where
    E::ActiveModel: ActiveModelTrait<Entity = E>,
{
    candidates::<E>(column)
        .filter_map(|like| from_json(json, &like).ok())
        .find_map(|value| as_held::<E>(column, value))
        .ok_or_else(|| EncodingError::Malformed {
            expected: format!(
                "value of the column `{}`",
                sea_orm::IdenStatic::as_str(&column)
            ),
            json: excerpt(json),
        })
}

/// A value as the column's field holds it: its own type may be another than the encoding's, and an active model refuses
/// what it cannot hold, or panics, where the application's type does.
fn as_held<E: EntityTrait>(column: E::Column, value: Value) -> Option<Value>
where
    E::ActiveModel: ActiveModelTrait<Entity = E>,
{
    let held = || {
        let mut model = <E::ActiveModel as ActiveModelTrait>::default();
        model.try_set(column, value).ok()?;
        match model.get(column) {
            ActiveValue::Set(value) => Some(value),
            ActiveValue::Unchanged(_) | ActiveValue::NotSet => None,
        }
    };
    // OK to go on after a panic: the model is gone with it.
    catch_unwind(AssertUnwindSafe(held)).ok()?
}

/// The database's name of a column's enum type.
fn enum_name<C: ColumnTrait>(column: C) -> Option<EnumTypeName> {
    fn of_type(column_type: &ColumnType) -> Option<EnumTypeName> {
        match column_type {
            ColumnType::Enum { name, .. } => Some(name.to_string().into()),
            ColumnType::Array(element) => of_type(element),
            _ => None,
        }
    }
    of_type(column.def().get_column_type()).or_else(|| column.enum_type_name().map(Into::into))
}

/// A null of each type that the column's field may have, and of no other: a type may panic where it is offered one.
fn candidates<E: EntityTrait>(column: E::Column) -> impl Iterator<Item = Value> {
    let kind = <E::Model as ModelTrait>::get_value_type(column);
    let as_enum = enum_name(column).map(|name| ArrayType::Enum(Box::new(name)));
    let kinds = [Some(kind), as_enum].into_iter().flatten();
    let of_kind = |kind: ArrayType| {
        let scalar = null_of(&kind);
        #[cfg(feature = "postgres-array")]
        let scalar = scalar.into_iter().chain([Value::Array(kind, None)]);
        scalar
    };
    let all = kinds.flat_map(of_kind);
    #[cfg(feature = "postgres-vector")]
    let all = all.chain([Value::Vector(None)]);
    all
}
