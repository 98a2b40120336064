//! The derive macro `Audited` of `audit-sea-orm`, and the attribute `audited_hooks`.
//!
//! Depend on `audit-sea-orm`, which re-exports the derive beside the trait of the same name, at the version that the
//! macros were written for.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod ast;
mod attr;
mod behavior;
mod column;
mod error;
mod expand;
mod fallback;
mod glob;
mod hint;
mod item;
mod renamed;
mod shape;
#[cfg(test)]
mod tests;
mod valid;

use proc_macro::TokenStream;
use quote::quote;
use syn::{DeriveInput, ItemImpl, parse_macro_input};

#[doc = include_str!("docs.md")]
#[proc_macro_derive(Audited, attributes(audited))]
pub fn derive_audited(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::derive(&input).into()
}

/// Adds the hooks that record to an `ActiveModelBehavior` of the application's own.
///
/// For entities that say [`#[audited(manual_hooks)]`](derive@Audited#manual_hooks), such as those that loco generates beside
/// their hooks. What the implementation does itself stays: before a write it comes first, so that the record has what
/// is really written, and after a write it comes last. Write it above `#[async_trait]`; without one it brings its own.
///
/// ```text
/// #[audited_hooks]
/// #[async_trait::async_trait]
/// impl ActiveModelBehavior for ActiveModel {
///     async fn before_save<C>(mut self, _db: &C, _insert: bool) -> Result<Self, DbErr>
///     where
///         C: ConnectionTrait,
///     {
///         self.updated_at = Set(now());
///         Ok(self)
///     }
/// }
/// ```
///
/// `#[audited_hooks(crate = "..")]` is the path of `audit-sea-orm`, if your crate knows it by another name.
#[proc_macro_attribute]
pub fn audited_hooks(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let arguments = arguments.into();
    let item = parse_macro_input!(item as ItemImpl);
    let added = behavior::add(&arguments, item.clone()).unwrap_or_else(|error| {
        let error = error.into_compile_error();
        // The rest as it was written, so that nothing else is an error where it is used.
        quote!(#item #error)
    });
    added.into()
}
