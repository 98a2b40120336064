use proc_macro2::Ident;
use syn::{DeriveInput, LitStr, Path};

use crate::ast::{self, Field, Kind, Model};
use crate::attr::FieldAttrs;
use crate::error::Errors;
use crate::{glob, renamed};

pub(crate) fn check(model: &Model<'_>, errors: &mut Errors) {
    for field in &model.fields {
        check_field(field, errors);
    }
    for (key, patterns) in [("skip", &model.attrs.skip), ("mask", &model.attrs.mask)] {
        for pattern in patterns {
            check_pattern(model, key, pattern, errors);
        }
    }
    renamed::check(model, errors);
    check_repr(model, errors);
    check_values(model, errors);
}

/// `#[sea_orm::model]` copies the derive to `ModelEx` and gives relation fields to that alone: only here can be seen what
/// was written on them.
pub(crate) fn check_model_ex(input: &DeriveInput, errors: &mut Errors) {
    for relation in ast::relations(input, errors) {
        check_field(&relation, errors);
    }
}

fn check_field(field: &Field<'_>, errors: &mut Errors) {
    let FieldAttrs { skip, mask, .. } = &field.attrs;
    let Some(key) = field.attrs.any() else { return };
    match &field.kind {
        Kind::Relation => errors.at(key, no_column(field, "is a relation", key)),
        Kind::Ignored(_) => {
            if let Some(mask) = mask {
                errors.at(mask, ignored_column(field));
            } else if let Some(renamed) = &field.attrs.renamed {
                errors.at(renamed, no_column(field, "is ignored by SeaORM", renamed));
            }
        }
        Kind::Column(column) if column.primary_key => {
            if let Some(key) = field.attrs.hides() {
                errors.at(key, key_column(key));
            }
        }
        Kind::Column(_) => {
            if let (Some(_), Some(mask)) = (skip, mask) {
                errors.at(
                    mask,
                    "a column is either skipped or masked: keep `skip` to leave no trace of it, \
                     or `mask` to show that it changed",
                );
            }
        }
    }
}

fn no_column(field: &Field<'_>, why: &str, key: &Ident) -> String {
    let name = field.name();
    format!("`{name}` {why} and has no column, so nothing of it is recorded: remove `{key}`")
}

fn ignored_column(field: &Field<'_>) -> String {
    let name = field.name();
    format!(
        "`{name}` is ignored by SeaORM, so nothing of it is recorded, not even that it changed: \
         write `skip` where the table has this column, or remove `mask`"
    )
}

fn key_column(key: impl std::fmt::Display) -> String {
    format!("the primary key is recorded as `object_id`, so it cannot be hidden: remove `{key}`")
}

fn check_pattern(model: &Model<'_>, key: &str, literal: &LitStr, errors: &mut Errors) {
    let pattern = literal.value();
    if pattern.is_empty() {
        errors.at(
            literal,
            format_args!(
                "this names no column: write its name, `{key}(\"password\")`, or remove it"
            ),
        );
    } else if pattern.contains(char::is_whitespace) {
        errors.at(literal, spaced(key, &pattern));
    } else if !glob::is_wildcard(&pattern) {
        check_name(model, key, literal, &pattern, errors);
    }
}

fn spaced(key: &str, pattern: &str) -> String {
    let names: Vec<String> = pattern
        .split(|c: char| c == ',' || c.is_whitespace())
        .filter(|name| !name.is_empty())
        .map(|name| format!("\"{name}\""))
        .collect();
    let list = if names.is_empty() {
        "\"password\"".to_owned()
    } else {
        names.join(", ")
    };
    format!(
        "one string names one column, without white space: write `{key}({list})`; \
         for a column whose name has white space put `#[audited({key})]` on its field"
    )
}

/// A column that the entity does not have is no mistake: `sea-orm-cli` writes one list on every entity it generates.
fn check_name(model: &Model<'_>, key: &str, literal: &LitStr, name: &str, errors: &mut Errors) {
    if let Some((_, column)) = model.columns().find(|(_, column)| column.name == name) {
        if column.primary_key {
            errors.at(literal, key_column(format_args!("\"{name}\"")));
        }
        return;
    }
    let mut ignored = model.ignored();
    if ignored.any(|(_, column)| column.name == name) {
        return;
    }
    let mut declared = model.columns().chain(model.ignored());
    if let Some((_, column)) = declared.find(|(field, _)| field.is_named(literal)) {
        let column = &column.name;
        errors.at(
            literal,
            format_args!(
                "the column of the field `{name}` is named `{column}`: write `{key}(\"{column}\")`"
            ),
        );
    }
}

fn check_repr(model: &Model<'_>, errors: &mut Errors) {
    let Some(repr) = &model.attrs.repr else {
        return;
    };
    let name = repr.value();
    match model.fields.iter().find(|field| field.is_named(repr)) {
        None => errors.at(
            repr,
            format_args!("no field `{name}`: name one of {}", candidates(model)),
        ),
        Some(Field {
            kind: Kind::Relation | Kind::Ignored(_),
            ..
        }) => {
            errors.at(
                repr,
                format_args!(
                    "the field `{name}` has no column: name one of {}",
                    candidates(model)
                ),
            );
        }
        Some(field) if is_hidden(model, field) => {
            let message = format!(
                "`{name}` is skipped or masked, and `repr` would record its value: name one of {}",
                candidates(model)
            );
            errors.at(repr, message);
        }
        Some(_) => {}
    }
}

fn candidates(model: &Model<'_>) -> String {
    let shown = model
        .fields
        .iter()
        .filter(|field| matches!(field.kind, Kind::Column(_)) && !is_hidden(model, field));
    let names: Vec<String> = shown.map(|field| format!("`{}`", field.name())).collect();
    names.join(", ")
}

fn is_hidden(model: &Model<'_>, field: &Field<'_>) -> bool {
    let Kind::Column(column) = &field.kind else {
        return false;
    };
    let mut patterns = model.attrs.skip.iter().chain(&model.attrs.mask);
    let listed = patterns.any(|pattern| glob::matches(&pattern.value(), &column.name));
    !column.primary_key && (field.attrs.hides().is_some() || listed)
}

fn check_values(model: &Model<'_>, errors: &mut Errors) {
    let attrs = &model.attrs;
    let mut check = |value: Option<&LitStr>, is_right: fn(&LitStr) -> bool, message: &str| {
        if let Some(wrong) = value.filter(|value| !is_right(value)) {
            errors.at(wrong, message);
        }
    };
    check(
        attrs.capture.as_ref(),
        |capture| ["hooks", "triggers"].contains(&capture.value().as_str()),
        "no such way of capture: write `capture = \"hooks\"` or `capture = \"triggers\"`",
    );
    check(
        attrs.table.as_ref(),
        |table| !table.value().trim().is_empty(),
        "a table has a name: write it, `table = \"shop.cake\"`, or remove `table` to take the entity's own",
    );
    check(
        attrs.crate_path.as_ref(),
        |path| path.parse_with(Path::parse_mod_style).is_ok(),
        "not a path: write the one under which this crate sees audit-sea-orm, `crate = \"::renamed\"`",
    );
}
