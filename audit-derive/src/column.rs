use heck::{
    ToKebabCase, ToLowerCamelCase, ToShoutyKebabCase, ToShoutySnakeCase, ToSnakeCase, ToTitleCase,
    ToUpperCamelCase,
};
use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{Attribute, LitStr};

use crate::item::{Item, Value, items};

/// The column that SeaORM makes of a field.
pub(crate) struct Column {
    /// Its variant in the entity's `Column`.
    pub(crate) variant: Ident,
    /// Its name in the database, as far as the struct tells: in the expanded format `Column` is written by hand and
    /// may rename it.
    pub(crate) name: String,
    pub(crate) primary_key: bool,
}

/// What we need to know of the `#[sea_orm(..)]` attributes of a struct or field.
#[derive(Default)]
pub(crate) struct SeaOrmAttrs {
    pub(crate) ignore: bool,
    primary_key: bool,
    column_name: Option<String>,
    enum_name: Option<String>,
    rename_all: Option<String>,
    table_name: Option<String>,
    schema_name: Option<String>,
}

impl SeaOrmAttrs {
    /// What cannot be read is left for SeaORM's own derives to report.
    pub(crate) fn parse(attrs: &[Attribute]) -> Self {
        let mut parsed = Self::default();
        let ours = attrs.iter().filter(|attr| attr.path().is_ident("sea_orm"));
        for item in ours.flat_map(items).flatten() {
            parsed.take(item);
        }
        parsed
    }

    /// The table of the entity, with its schema where it names one; nothing in the expanded format, where it stands
    /// elsewhere.
    pub(crate) fn table(&self) -> Option<String> {
        let table = self.table_name.as_ref()?;
        Some(match &self.schema_name {
            Some(schema) => format!("{schema}.{table}"),
            None => table.clone(),
        })
    }

    fn take(&mut self, Item { key, value }: Item) {
        match key.to_string().as_str() {
            "ignore" => self.ignore = true,
            "primary_key" => self.primary_key = true,
            "column_name" => self.column_name = text(value),
            "enum_name" => self.enum_name = text(value),
            "rename_all" => self.rename_all = text(value),
            "table_name" => self.table_name = text(value),
            "schema_name" => self.schema_name = text(value),
            _ => {}
        }
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Assigned(value) => syn::parse2::<LitStr>(value)
            .ok()
            .map(|literal| literal.value()),
        Value::None | Value::List(_) => None,
    }
}

impl Column {
    /// Names variant and column by the rules of sea-orm-macros 2.0 (`entity_model.rs`, `column.rs`).
    pub(crate) fn new(field: &Ident, attrs: SeaOrmAttrs, entity: &SeaOrmAttrs) -> Self {
        let original = field.unraw().to_string();
        let camel = original.to_upper_camel_case();
        let variant = variant(field, &camel, attrs.enum_name.as_deref());
        let renamed = || {
            entity
                .rename_all
                .as_deref()
                .and_then(|style| convert_case(&camel, style))
        };
        let own_name = || (original != camel.to_snake_case()).then(|| original.to_snake_case());
        let name = attrs
            .column_name
            .or_else(renamed)
            .or_else(own_name)
            .unwrap_or_else(|| variant.unraw().to_string().to_snake_case());
        Self {
            variant,
            name,
            primary_key: attrs.primary_key,
        }
    }
}

fn variant(field: &Ident, camel: &str, enum_name: Option<&str>) -> Ident {
    // Of all keywords only this one is in UpperCamelCase.
    let camel = if camel == "Self" { "Self_" } else { camel };
    let named = enum_name.and_then(|name| syn::parse_str::<Ident>(name).ok());
    let mut variant = named
        .or_else(|| syn::parse_str(camel).ok())
        .unwrap_or_else(|| field.clone());
    // An error about the variant then points at the field.
    variant.set_span(field.span());
    variant
}

fn convert_case(camel: &str, style: &str) -> Option<String> {
    Some(match style {
        "camel_case" | "PascalCase" => camel.to_owned(),
        "camelCase" | "mixed_case" => camel.to_lower_camel_case(),
        "snake_case" | "snek_case" => camel.to_snake_case(),
        "kebab_case" | "kebab-case" => camel.to_kebab_case(),
        "SCREAMING-KEBAB-CASE" => camel.to_shouty_kebab_case(),
        "shouty_snake_case" | "shouty_snek_case" | "SCREAMING_SNAKE_CASE" => {
            camel.to_shouty_snake_case()
        }
        "title_case" => camel.to_title_case(),
        "lowercase" => camel.to_lowercase(),
        "UPPERCASE" => camel.to_uppercase(),
        _ => return None,
    })
}
