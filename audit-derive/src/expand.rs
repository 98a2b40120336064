use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::DeriveInput;

use crate::ast::Model;
use crate::error::Errors;
use crate::{fallback, glob, valid};

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    if input.ident == "ModelEx" {
        valid::check_model_ex(input, &mut errors);
        return errors.into_compile_error();
    }
    let Some(model) = Model::parse(input, &mut errors) else {
        return errors.into_compile_error();
    };
    valid::check(&model, &mut errors);
    match errors.finish() {
        Ok(()) => expand(&model),
        Err(error) => fallback::expand(&model, &error),
    }
}

fn expand(model: &Model<'_>) -> TokenStream {
    let audited = impl_audited(model);
    let behavior = model
        .attrs
        .manual_hooks
        .is_none()
        .then(|| impl_active_model_behavior(&model.private()));
    let private = model.private();
    quote! {
        const _: () = {
            #audited
            #behavior
            #private::register_audited!(Entity);
        };
    }
}

fn impl_audited(model: &Model<'_>) -> TokenStream {
    let private = model.private();
    let audit_table = audit_table(model);
    let field_policy = field_policy(model, &private);
    let object_repr = object_repr(model, &private);
    let capture = capture(model, &private);
    let ignored_columns = ignored_columns(model);
    let former_tables = former_tables(model);
    let former_columns = former_columns(model, &private);
    quote! {
        #[automatically_derived]
        impl #private::Audited for Entity {
            #audit_table
            #field_policy
            #ignored_columns
            #object_repr
            #capture
            #former_tables
            #former_columns
        }
    }
}

fn audit_table(model: &Model<'_>) -> Option<TokenStream> {
    let table = model.attrs.table.as_ref()?;
    Some(quote! {
        fn audit_table() -> ::std::string::String {
            ::std::string::String::from(#table)
        }
    })
}

/// What stands on a field holds whatever the lists of the struct say.
fn field_policy(model: &Model<'_>, private: &TokenStream) -> Option<TokenStream> {
    let arms: Vec<TokenStream> = policy_arms(model, private).collect();
    let listed = policy_by_name(model, private);
    if arms.is_empty() && listed.is_none() {
        return None;
    }
    let others = listed.unwrap_or_else(|| quote!(#private::FieldPolicy::Record));
    let body = if arms.is_empty() {
        others
    } else {
        quote!(match column { #(#arms,)* _ => #others })
    };
    Some(quote! {
        fn field_policy(column: <Self as #private::sea_orm::EntityTrait>::Column) -> #private::FieldPolicy {
            #body
        }
    })
}

fn policy_arms(model: &Model<'_>, private: &TokenStream) -> impl Iterator<Item = TokenStream> {
    model.columns().filter_map(move |(field, column)| {
        let key = field.attrs.hides()?;
        let policy = if key == "skip" {
            format_ident!("Skip")
        } else {
            format_ident!("Mask")
        };
        let variant = &column.variant;
        Some(quote_spanned!(variant.span()=> Column::#variant => #private::FieldPolicy::#policy))
    })
}

fn policy_by_name(model: &Model<'_>, private: &TokenStream) -> Option<TokenStream> {
    let (skip, mask) = (&model.attrs.skip, &model.attrs.mask);
    if skip.is_empty() && mask.is_empty() {
        return None;
    }
    Some(quote! {
        #private::policy_by_name(
            #private::sea_orm::IdenStatic::as_str(&column),
            &[#(#skip),*],
            &[#(#mask),*],
        )
    })
}

/// The columns that SeaORM ignores and that are skipped, on the field or by a list of the struct.
fn ignored_columns(model: &Model<'_>) -> Option<TokenStream> {
    let skipped: Vec<&str> = model
        .ignored()
        .filter(|(field, column)| {
            let mut listed = model.attrs.skip.iter();
            field.attrs.skip.is_some()
                || listed.any(|pattern| glob::matches(&pattern.value(), &column.name))
        })
        .map(|(_, column)| column.name.as_str())
        .collect();
    (!skipped.is_empty()).then(|| {
        quote! {
            fn ignored_columns() -> &'static [&'static str] {
                &[#(#skipped),*]
            }
        }
    })
}

fn object_repr(model: &Model<'_>, private: &TokenStream) -> Option<TokenStream> {
    let repr = model.attrs.repr.as_ref()?;
    let (_, column) = model.columns().find(|(field, _)| field.is_named(repr))?;
    let variant = &column.variant;
    Some(quote! {
        fn object_repr(model: &<Self as #private::sea_orm::EntityTrait>::Model) -> ::std::string::String {
            #private::column_repr::<Self>(model, Column::#variant)
        }

        fn repr_column() -> ::core::option::Option<<Self as #private::sea_orm::EntityTrait>::Column> {
            ::core::option::Option::Some(Column::#variant)
        }
    })
}

fn capture(model: &Model<'_>, private: &TokenStream) -> Option<TokenStream> {
    let way = model.attrs.capture.as_ref()?;
    let way = if way.value() == "triggers" {
        format_ident!("Triggers")
    } else {
        format_ident!("Hooks")
    };
    Some(quote! {
        fn capture() -> #private::Capture {
            #private::Capture::#way
        }
    })
}

fn former_tables(model: &Model<'_>) -> Option<TokenStream> {
    let former = &model.attrs.renamed;
    (!former.is_empty()).then(|| {
        quote! {
            fn former_tables() -> &'static [&'static str] {
                &[#(#former),*]
            }
        }
    })
}

fn former_columns(model: &Model<'_>, private: &TokenStream) -> Option<TokenStream> {
    let renamed = model
        .columns()
        .filter(|(field, _)| !field.attrs.former.is_empty());
    let arms: Vec<TokenStream> = renamed
        .map(|(field, column)| {
            let (variant, former) = (&column.variant, &field.attrs.former);
            quote_spanned!(variant.span()=> Column::#variant => &[#(#former),*])
        })
        .collect();
    (!arms.is_empty()).then(|| {
        quote! {
            #[allow(unreachable_patterns)]
            fn former_columns(
                column: <Self as #private::sea_orm::EntityTrait>::Column
            ) -> &'static [&'static str] {
                match column { #(#arms,)* _ => &[] }
            }
        }
    })
}

fn impl_active_model_behavior(private: &TokenStream) -> TokenStream {
    let sea_orm = quote!(#private::sea_orm);
    let result = |ok| quote!(::core::result::Result<#ok, #sea_orm::DbErr>);
    let (result_self, result_model) = (result(quote!(Self)), result(quote!(Model)));
    quote! {
        #[#private::async_trait]
        #[automatically_derived]
        impl #sea_orm::ActiveModelBehavior for ActiveModel {
            async fn before_save<C>(self, db: &C, insert: bool) -> #result_self
            where
                C: #sea_orm::ConnectionTrait,
            {
                #private::hooks::before_save::<Self, C>(self, db, insert).await
            }

            async fn after_save<C>(model: Model, db: &C, insert: bool) -> #result_model
            where
                C: #sea_orm::ConnectionTrait,
            {
                #private::hooks::after_save::<Self, C>(model, db, insert).await
            }

            async fn before_delete<C>(self, db: &C) -> #result_self
            where
                C: #sea_orm::ConnectionTrait,
            {
                #private::hooks::before_delete::<Self, C>(self, db).await
            }

            async fn after_delete<C>(self, db: &C) -> #result_self
            where
                C: #sea_orm::ConnectionTrait,
            {
                #private::hooks::after_delete::<Self, C>(self, db).await
            }
        }
    }
}
