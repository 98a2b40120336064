//! The derive macro `Audited` of `audit-sea-orm`.
//!
//! Depend on `audit-sea-orm`, which re-exports the macro beside the trait of the same name, at the version that the
//! macro was written for.

mod ast;
mod attr;
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
use syn::{DeriveInput, parse_macro_input};

#[doc = include_str!("docs.md")]
#[proc_macro_derive(Audited, attributes(audited))]
pub fn derive_audited(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::derive(&input).into()
}
