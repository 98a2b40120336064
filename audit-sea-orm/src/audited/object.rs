//! How a record names its object: by its key as text, and by a text for people.

use sea_orm::{ColumnTrait, EntityTrait, IdenStatic, ModelTrait, QueryFilter, Select, Value};
use serde_json::Value as Json;

use crate::{
    Audited,
    audited::recorded::Recorded,
    record::encoding::{self, EncodingError},
};

/// The columns that commonly name an object, in order of preference.
pub(crate) const NAMING_COLUMNS: [&str; 5] = ["name", "title", "label", "code", "slug"];

/// The text of a key.
///
/// One column: its encoding, without quotes where that is a string. Several: the JSON array of their
/// encodings, so that `("a,b")` and `("a", "b")` differ.
pub(crate) fn id_text(key: &[Value]) -> Result<String, EncodingError> {
    if let [single] = key {
        return plain_text(single.clone());
    }
    let parts = key
        .iter()
        .map(encoding::to_json)
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Json::from(parts).to_string())
}

/// The key that has that text, see [`id_text`]; `None` where it is none of the entity's, as its columns had other types then.
pub(crate) fn key_of_text<E: Audited>(text: &str) -> Option<Vec<Value>> {
    let value = |column, json: &Json| encoding::column_value::<E>(column, json).ok();
    let columns = Recorded::<E>::get().keys();
    if let [column] = columns {
        let as_text = value(*column, &Json::String(text.to_owned()));
        let key = as_text.or_else(|| value(*column, &serde_json::from_str(text).ok()?));
        return Some(vec![key?]);
    }
    let parts: Vec<Json> = serde_json::from_str(text).ok()?;
    if parts.len() != columns.len() {
        return None;
    }
    let columns = columns.iter().zip(&parts);
    columns.map(|(column, json)| value(*column, json)).collect()
}

/// The encoding of a value, without quotes where that is a string.
fn plain_text(value: Value) -> Result<String, EncodingError> {
    if let Value::String(Some(text)) = value {
        return Ok(text);
    }
    Ok(match encoding::to_json(&value)? {
        Json::String(text) => text,
        other => other.to_string(),
    })
}

pub(crate) fn model_key<E: EntityTrait>(model: &E::Model, keys: &[E::Column]) -> Vec<Value> {
    keys.iter().map(|key| model.get(*key)).collect()
}

/// The row of the object with that key.
pub(crate) fn with_key<E: Audited>(select: Select<E>, key: &[Value]) -> Select<E> {
    let keys = Recorded::<E>::get().keys().iter();
    keys.zip(key).fold(select, |row, (column, value)| {
        row.filter(column.eq(value.clone()))
    })
}

/// See [`Audited::object_repr`].
pub(crate) fn default_repr<E: Audited>(model: &E::Model) -> String {
    let recorded = Recorded::<E>::get();
    NAMING_COLUMNS
        .iter()
        .find_map(|name| column_text::<E>(recorded, model, name))
        .unwrap_or_else(|| table_and_key::<E>(recorded, model))
}

/// The text of the column that an entity's `#[audited(repr = "…")]` names; the default where it is masked.
pub fn column_repr<E: Audited>(model: &E::Model, column: E::Column) -> String {
    let recorded = Recorded::<E>::get();
    column_text::<E>(recorded, model, column.as_str()).unwrap_or_else(|| default_repr::<E>(model))
}

fn column_text<E: Audited>(recorded: &Recorded<E>, model: &E::Model, name: &str) -> Option<String> {
    let column = recorded.unmasked_column(name)?;
    let text = plain_text(model.get(column)).ok()?;
    (text != "null" && !text.is_empty()).then_some(text)
}

fn table_and_key<E: Audited>(recorded: &Recorded<E>, model: &E::Model) -> String {
    let key = id_text(&model_key::<E>(model, recorded.keys())).unwrap_or_default();
    format!("{} {key}", recorded.table())
}

#[cfg(test)]
mod tests {
    use super::*;

    mod cake {
        use audit_core::FieldPolicy;
        use sea_orm::entity::prelude::*;

        #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
        #[sea_orm(table_name = "cake")]
        pub(crate) struct Model {
            #[sea_orm(primary_key)]
            pub(crate) id: i32,
            pub(crate) name: String,
            pub(crate) title: String,
        }

        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub(crate) enum Relation {}

        impl ActiveModelBehavior for ActiveModel {}

        impl crate::Audited for Entity {
            fn field_policy(column: Column) -> FieldPolicy {
                match column {
                    Column::Name => FieldPolicy::Mask,
                    _ => FieldPolicy::Record,
                }
            }
        }
    }

    #[test]
    fn a_masked_column_never_names_the_object() {
        let cake = |title: &str| cake::Model {
            id: 7,
            name: "secret".to_owned(),
            title: title.to_owned(),
        };
        assert_eq!(default_repr::<cake::Entity>(&cake("Sacher")), "Sacher");
        assert_eq!(default_repr::<cake::Entity>(&cake("")), "cake 7");
        let by_name = column_repr::<cake::Entity>(&cake("Sacher"), cake::Column::Name);
        assert_eq!(by_name, "Sacher");
    }

    fn id(key: impl Into<Vec<Value>>) -> String {
        id_text(&key.into()).unwrap()
    }

    #[test]
    fn keys_of_one_column_are_plain_text() {
        assert_eq!(id([42.into()]), "42");
        assert_eq!(id([u64::MAX.into()]), "18446744073709551615");
        assert_eq!(id(["a \"b\"".into()]), "a \"b\"");
        assert_eq!(id([vec![0xde_u8, 0xad].into()]), "dead");
        assert_eq!(id([sea_orm::prelude::Date::MAX.into()]), "+262142-12-31");
    }

    #[test]
    fn keys_of_several_columns_never_share_a_text() {
        assert_eq!(id(["a".into(), 7.into()]), r#"["a",7]"#);
        assert_ne!(id(["1".into(), 2.into()]), id([1.into(), 2.into()]));
        assert_ne!(
            id(["a,b".into(), "c".into()]),
            id(["a".into(), "b,c".into()])
        );
        assert_ne!(
            id(["a\",\"b".into(), "c".into()]),
            id(["a".into(), "b\",\"c".into()])
        );
    }
}
