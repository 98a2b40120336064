use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::{Attribute, Error, Meta, Result};

/// One of the comma separated items of `#[name(key, key = value, key(..))]`.
pub(crate) struct Item {
    pub(crate) key: Ident,
    pub(crate) value: Value,
}

pub(crate) enum Value {
    None,
    Assigned(TokenStream),
    List(Group),
}

/// The items of an attribute, each read on its own.
///
/// `Attribute::parse_nested_meta` stops at the first thing it does not know. Here that must not hide the rest: of our own
/// attribute every error is reported, and of `#[sea_orm(..)]` we read a few keys among many that are not our business.
pub(crate) fn items(attr: &Attribute) -> Vec<Result<Item>> {
    match &attr.meta {
        Meta::List(list) => split(list.tokens.clone()).iter().map(item).collect(),
        Meta::Path(_) | Meta::NameValue(_) => Vec::new(),
    }
}

/// The parts between the top-level commas; a trailing comma adds none.
pub(crate) fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = Vec::new();
    let mut part = TokenStream::new();
    for token in tokens {
        match token {
            TokenTree::Punct(comma) if comma.as_char() == ',' => {
                parts.push(std::mem::take(&mut part));
            }
            other => part.extend([other]),
        }
    }
    parts.push(part);
    parts.retain(|part| !part.is_empty());
    parts
}

fn item(tokens: &TokenStream) -> Result<Item> {
    let error = || {
        Error::new_spanned(
            tokens,
            "expected `key`, `key = \"value\"` or `key(\"a\", \"b\")`",
        )
    };
    let mut rest = tokens.clone().into_iter();
    let Some(TokenTree::Ident(key)) = rest.next() else {
        return Err(error());
    };
    let value = match rest.next() {
        None => Value::None,
        Some(TokenTree::Punct(equals)) if equals.as_char() == '=' => {
            Value::Assigned(rest.by_ref().collect())
        }
        Some(TokenTree::Group(list)) if list.delimiter() == Delimiter::Parenthesis => {
            Value::List(list)
        }
        Some(_) => return Err(error()),
    };
    match rest.next() {
        None => Ok(Item { key, value }),
        Some(_) => Err(error()),
    }
}
