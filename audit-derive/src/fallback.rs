use proc_macro2::TokenStream;
use quote::quote;
use syn::Error;

use crate::ast::Model;

/// The error and the plainest impls, so that code which uses the entity does not fail too.
pub(crate) fn expand(model: &Model<'_>, error: &Error) -> TokenStream {
    let error = error.to_compile_error();
    let private = model.private();
    let behavior = model.attrs.manual_hooks.is_none().then(|| {
        quote! {
            #[automatically_derived]
            impl #private::sea_orm::ActiveModelBehavior for ActiveModel {}
        }
    });
    quote! {
        #error

        const _: () = {
            #[automatically_derived]
            impl #private::Audited for Entity {}

            #behavior
        };
    }
}
