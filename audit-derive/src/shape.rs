use syn::{Data, DeriveInput, Fields};

use crate::error::Errors;

/// Whether `input` is a struct `Model` with named fields and no generics.
pub(crate) fn check(input: &DeriveInput, errors: &mut Errors) -> bool {
    let mut found = Errors::default();
    match &input.data {
        Data::Enum(data) => found.at(
            data.enum_token,
            "`Audited` is derived on an entity's `struct Model`, not on an enum",
        ),
        Data::Union(data) => {
            found.at(
                data.union_token,
                "`Audited` is derived on an entity's `struct Model`, not on a union",
            );
        }
        Data::Struct(data) => check_struct(input, &data.fields, &mut found),
    }
    match found.finish() {
        Ok(()) => true,
        Err(error) => {
            errors.push(error);
            false
        }
    }
}

fn check_struct(input: &DeriveInput, fields: &Fields, errors: &mut Errors) {
    let ident = &input.ident;
    if ident != "Model" {
        errors.at(
            ident,
            "`Audited` is derived on the struct `Model` of an entity: move it there, \
             or write `impl Audited for Entity` by hand",
        );
    }
    match fields {
        Fields::Named(_) => {}
        Fields::Unnamed(fields) => errors.at(
            fields,
            "an entity's `Model` names its columns: write `{ id: i32, .. }`",
        ),
        Fields::Unit => errors.at(
            ident,
            "an entity's `Model` has columns: write `struct Model { id: i32, .. }`",
        ),
    }
    if !input.generics.params.is_empty() {
        errors.at(
            &input.generics,
            "an entity's `Model` has no generics: remove them, or write `impl Audited for Entity` by hand",
        );
    }
}
