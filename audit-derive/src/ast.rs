use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, LitStr, Path, Type};

use crate::attr::{FieldAttrs, StructAttrs};
use crate::column::{Column, SeaOrmAttrs};
use crate::error::Errors;
use crate::shape;

/// An entity's `Model`.
pub(crate) struct Model<'a> {
    pub(crate) attrs: StructAttrs,
    /// The table's name in records, as far as the struct tells.
    pub(crate) table: Option<String>,
    pub(crate) fields: Vec<Field<'a>>,
}

pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) attrs: FieldAttrs,
    pub(crate) kind: Kind,
}

/// What SeaORM makes of a field.
pub(crate) enum Kind {
    Column(Column),
    Relation,
    /// `#[sea_orm(ignore)]`: no column of the entity, though the table may have one of that name.
    Ignored(Column),
}

impl<'a> Model<'a> {
    /// None if `input` is no entity's `Model` at all; `errors` then says why.
    pub(crate) fn parse(input: &'a DeriveInput, errors: &mut Errors) -> Option<Self> {
        shape::check(input, errors).then(|| {
            let attrs = StructAttrs::parse(&input.attrs, errors);
            let entity = SeaOrmAttrs::parse(&input.attrs);
            let given = attrs.table.as_ref().map(LitStr::value);
            Self {
                attrs,
                table: given.or_else(|| entity.table()),
                fields: fields(input, &entity, errors),
            }
        })
    }

    pub(crate) fn columns(&self) -> impl Iterator<Item = (&Field<'a>, &Column)> {
        self.fields.iter().filter_map(|field| match &field.kind {
            Kind::Column(column) => Some((field, column)),
            Kind::Relation | Kind::Ignored(_) => None,
        })
    }

    /// The columns that the entity declares and SeaORM ignores.
    pub(crate) fn ignored(&self) -> impl Iterator<Item = (&Field<'a>, &Column)> {
        self.fields.iter().filter_map(|field| match &field.kind {
            Kind::Ignored(column) => Some((field, column)),
            Kind::Relation | Kind::Column(_) => None,
        })
    }

    /// `crate = ".."` and not `proc-macro-crate` for a renamed dependency: that would have every build read
    /// manifests.
    pub(crate) fn private(&self) -> TokenStream {
        let path = self
            .attrs
            .crate_path
            .as_ref()
            .and_then(|path| path.parse_with(Path::parse_mod_style).ok());
        match path {
            Some(path) => quote!(#path::__private),
            None => quote!(::audit_sea_orm::__private),
        }
    }
}

impl<'a> Field<'a> {
    fn parse(
        field: &'a syn::Field,
        ident: &'a Ident,
        entity: &SeaOrmAttrs,
        errors: &mut Errors,
    ) -> Self {
        Self {
            ident,
            attrs: FieldAttrs::parse(&field.attrs, errors),
            kind: Kind::of(field, ident, entity),
        }
    }

    pub(crate) fn name(&self) -> String {
        self.ident.unraw().to_string()
    }

    pub(crate) fn is_named(&self, name: &LitStr) -> bool {
        let name = name.value();
        self.name() == name.strip_prefix("r#").unwrap_or(&name)
    }
}

fn fields<'a>(input: &'a DeriveInput, entity: &SeaOrmAttrs, errors: &mut Errors) -> Vec<Field<'a>> {
    named_fields(input)
        .map(|(field, ident)| Field::parse(field, ident, entity, errors))
        .collect()
}

/// The fields of a `ModelEx` that its `Model` lacks.
pub(crate) fn relations<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Vec<Field<'a>> {
    named_fields(input)
        .filter(|(field, _)| is_relation(&field.ty))
        .map(|(field, ident)| Field::parse(field, ident, &SeaOrmAttrs::default(), errors))
        .collect()
}

fn named_fields(input: &DeriveInput) -> impl Iterator<Item = (&syn::Field, &Ident)> {
    let fields = match &input.data {
        Data::Struct(data) => Some(&data.fields),
        Data::Enum(_) | Data::Union(_) => None,
    };
    let fields = fields.into_iter().flatten();
    fields.filter_map(|field| Some((field, field.ident.as_ref()?)))
}

impl Kind {
    fn of(field: &syn::Field, ident: &Ident, entity: &SeaOrmAttrs) -> Self {
        let attrs = SeaOrmAttrs::parse(&field.attrs);
        if is_relation(&field.ty) {
            return Self::Relation;
        }
        let ignored = attrs.ignore;
        let column = Column::new(ident, attrs, entity);
        if ignored {
            Self::Ignored(column)
        } else {
            Self::Column(column)
        }
    }
}

/// SeaORM, too, knows its relations by these three names alone.
fn is_relation(ty: &Type) -> bool {
    let Type::Path(ty) = ty else { return false };
    let last = ty.path.segments.last();
    last.is_some_and(|last| {
        ["HasOne", "HasMany", "BelongsTo"]
            .iter()
            .any(|name| last.ident == name)
    })
}
