use proc_macro2::{Group, Ident};
use syn::{Attribute, Error, LitStr, Result};

use crate::error::Errors;
use crate::hint::{self, FIELD_KEYS, STRUCT_KEYS};
use crate::item::{self, Item, Value};

/// What `#[audited(..)]` on the struct asks for.
#[derive(Default)]
pub(crate) struct StructAttrs {
    pub(crate) skip: Vec<LitStr>,
    pub(crate) mask: Vec<LitStr>,
    pub(crate) renamed: Vec<LitStr>,
    pub(crate) repr: Option<LitStr>,
    pub(crate) table: Option<LitStr>,
    pub(crate) capture: Option<LitStr>,
    pub(crate) crate_path: Option<LitStr>,
    pub(crate) manual_hooks: Option<Ident>,
}

/// What `#[audited(..)]` on a field asks for: each key as it was written.
#[derive(Default)]
pub(crate) struct FieldAttrs {
    pub(crate) skip: Option<Ident>,
    pub(crate) mask: Option<Ident>,
    /// The key, where it stands first, and the former names that all of them give.
    pub(crate) renamed: Option<Ident>,
    pub(crate) former: Vec<LitStr>,
}

impl StructAttrs {
    pub(crate) fn parse(attrs: &[Attribute], errors: &mut Errors) -> Self {
        let mut parsed = Self::default();
        for item in audited(attrs, STRUCT_KEYS, errors) {
            if let Err(error) = parsed.take(&item, errors) {
                errors.push(error);
            }
        }
        parsed
    }

    fn take(&mut self, Item { key, value }: &Item, errors: &mut Errors) -> Result<()> {
        match key.to_string().as_str() {
            "skip" => self.skip.extend(patterns(key, value, errors)?),
            "mask" => self.mask.extend(patterns(key, value, errors)?),
            "renamed" => self
                .renamed
                .extend(former(key, value, "former_table", errors)?),
            "repr" => set(&mut self.repr, key, text(key, value, "name")?)?,
            "table" => set(&mut self.table, key, text(key, value, "shop.cake")?)?,
            "capture" => set(&mut self.capture, key, text(key, value, "triggers")?)?,
            "crate" => set(
                &mut self.crate_path,
                key,
                text(key, value, "audit_sea_orm")?,
            )?,
            "manual_hooks" => {
                flag(key, value)?;
                set(&mut self.manual_hooks, key, key.clone())?;
            }
            _ => return Err(hint::unknown_on_struct(key)),
        }
        Ok(())
    }
}

impl FieldAttrs {
    pub(crate) fn parse(attrs: &[Attribute], errors: &mut Errors) -> Self {
        let mut parsed = Self::default();
        for item in audited(attrs, FIELD_KEYS, errors) {
            if let Err(error) = parsed.take(&item, errors) {
                errors.push(error);
            }
        }
        parsed
    }

    fn take(&mut self, Item { key, value }: &Item, errors: &mut Errors) -> Result<()> {
        let slot = match key.to_string().as_str() {
            "skip" => &mut self.skip,
            "mask" => &mut self.mask,
            "renamed" => {
                self.former
                    .extend(former(key, value, "former_column", errors)?);
                self.renamed.get_or_insert_with(|| key.clone());
                return Ok(());
            }
            _ => return Err(hint::unknown_on_field(key)),
        };
        if let Value::List(list) = value {
            return Err(list_on_field(key, list));
        }
        flag(key, value)?;
        set(slot, key, key.clone())
    }

    /// The key that hides the column.
    pub(crate) fn hides(&self) -> Option<&Ident> {
        self.skip.as_ref().or(self.mask.as_ref())
    }

    /// The first key, as the place to report that the field may have none.
    pub(crate) fn any(&self) -> Option<&Ident> {
        self.hides().or(self.renamed.as_ref())
    }
}

fn audited(attrs: &[Attribute], keys: &str, errors: &mut Errors) -> Vec<Item> {
    let mut found = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("audited")) {
        let items = item::items(attr);
        if items.is_empty() {
            errors.at(
                attr,
                format_args!(
                    "this attribute says nothing; write one of {keys} in `#[audited(..)]`"
                ),
            );
        }
        for item in items {
            match item {
                Ok(item) => found.push(item),
                Err(error) => errors.push(error),
            }
        }
    }
    found
}

fn set<T>(slot: &mut Option<T>, key: &Ident, value: T) -> Result<()> {
    if slot.is_some() {
        return Err(Error::new_spanned(
            key,
            format_args!("`{key}` is given twice; keep one of them"),
        ));
    }
    *slot = Some(value);
    Ok(())
}

fn flag(key: &Ident, value: &Value) -> Result<()> {
    match value {
        Value::None => Ok(()),
        Value::Assigned(_) | Value::List(_) => {
            let message = format!("`{key}` takes no value: write `{key}` alone");
            Err(Error::new_spanned(key, message))
        }
    }
}

fn text(key: &Ident, value: &Value, example: &str) -> Result<LitStr> {
    let message = format!("`{key}` takes one string: `{key} = \"{example}\"`");
    match value {
        Value::Assigned(value) if !value.is_empty() => {
            syn::parse2(value.clone()).map_err(|_| Error::new_spanned(value, message))
        }
        Value::List(list) => Err(Error::new(list.span(), message)),
        Value::None | Value::Assigned(_) => Err(Error::new_spanned(key, message)),
    }
}

fn patterns(key: &Ident, value: &Value, errors: &mut Errors) -> Result<Vec<LitStr>> {
    match value {
        Value::List(list) if !list.stream().is_empty() => Ok(literals(list, errors, || {
            format!("a column is named by a string: `{key}(\"password\", \"token_*\")`")
        })),
        Value::List(list) => Err(Error::new(list.span(), no_columns(key))),
        Value::None => Err(Error::new_spanned(key, no_columns(key))),
        Value::Assigned(value) => {
            let column = syn::parse2::<LitStr>(value.clone())
                .map_or_else(|_| "password".to_owned(), |lit| lit.value());
            Err(Error::new_spanned(
                key,
                format_args!("`{key}` takes a list of columns: `{key}(\"{column}\")`"),
            ))
        }
    }
}

/// The former names of a column or a table.
fn former(key: &Ident, value: &Value, example: &str, errors: &mut Errors) -> Result<Vec<LitStr>> {
    let message = || format!("`{key}` takes the former names as strings: `{key}(\"{example}\")`");
    match value {
        Value::List(list) if !list.stream().is_empty() => Ok(literals(list, errors, message)),
        Value::List(list) => Err(Error::new(list.span(), message())),
        Value::None | Value::Assigned(_) => Err(Error::new_spanned(key, message())),
    }
}

fn literals(list: &Group, errors: &mut Errors, message: impl Fn() -> String) -> Vec<LitStr> {
    let mut literals = Vec::new();
    for part in item::split(list.stream()) {
        match syn::parse2::<LitStr>(part.clone()) {
            Ok(literal) => literals.push(literal),
            Err(_) => errors.at(&part, message()),
        }
    }
    literals
}

fn no_columns(key: &Ident) -> String {
    format!(
        "on the struct, `{key}` needs the columns that it is for: `{key}(\"password\", \"token_*\")`; \
         or put `#[audited({key})]` on the column's field"
    )
}

fn list_on_field(key: &Ident, list: &Group) -> Error {
    let message = format!(
        "on a field, `{key}` takes no list, as it is for that field: write `#[audited({key})]`, \
         or move the list to the struct"
    );
    Error::new(list.span(), message)
}
