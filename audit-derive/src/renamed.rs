use std::collections::HashSet;

use syn::LitStr;

use crate::ast::Model;
use crate::error::Errors;

/// Former names must stand for one thing each, or readers could not tell for which.
pub(crate) fn check(model: &Model<'_>, errors: &mut Errors) {
    check_tables(model, errors);
    check_columns(model, errors);
}

fn check_tables(model: &Model<'_>, errors: &mut Errors) {
    let mut seen = HashSet::new();
    for literal in &model.attrs.renamed {
        let name = literal.value();
        if name.trim().is_empty() {
            errors.at(literal, nameless("a table"));
        } else if model.table.as_ref() == Some(&name) {
            errors.at(
                literal,
                format_args!(
                    "`{name}` is the present name of the table in records: name only those that it had before"
                ),
            );
        } else if !seen.insert(name) {
            errors.at(literal, twice(literal));
        }
    }
}

fn check_columns(model: &Model<'_>, errors: &mut Errors) {
    let mut seen = HashSet::new();
    for (field, column) in model.columns() {
        for literal in &field.attrs.former {
            let name = literal.value();
            if name.trim().is_empty() {
                errors.at(literal, nameless("a column"));
            } else if name == column.name {
                errors.at(
                    literal,
                    format_args!(
                        "`{name}` is the present name of this column: name only those that it had before"
                    ),
                );
            } else if let Some((other, _)) = model.columns().find(|(_, other)| other.name == name) {
                errors.at(literal, taken(&name, &other.name()));
            } else if !seen.insert(name) {
                errors.at(literal, twice(literal));
            }
        }
    }
}

fn nameless(what: &str) -> String {
    format!("{what} has a name: write the former one, `renamed(\"former_name\")`, or remove it")
}

fn twice(literal: &LitStr) -> String {
    let name = literal.value();
    format!("`{name}` is given twice: a former name stands for one thing, so keep one of them")
}

fn taken(name: &str, field: &str) -> String {
    format!(
        "`{name}` is the column of the field `{field}` now, and records with `{name}` are read as its: remove it here"
    )
}
