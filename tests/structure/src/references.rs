//! The paths within an item that lead through the crate.

use proc_macro2::{TokenStream, TokenTree};
use syn::{Item, ItemMod, Macro, UseTree, visit::Visit};

use crate::module::{ModulePath, is_for_tests};

/// The paths of the item in the module `here` that begin with `crate`, `self` or `super`, from the root of the crate on,
/// without those of its modules, which have their own.
pub(crate) fn of(item: &Item, here: &[String]) -> Vec<ModulePath> {
    let mut references = References {
        here,
        found: Vec::new(),
    };
    references.visit_item(item);
    references.found
}

/// The path from the root of the crate on, where it leads through the crate by its keywords.
pub(crate) fn from_root(path: &[String], here: &[String]) -> Option<ModulePath> {
    let (first, rest) = path.split_first()?;
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        "self" => Some(here.iter().chain(rest).cloned().collect()),
        "super" => {
            let (_, parent) = here.split_last()?;
            let again: Vec<_> = ["self".to_owned()].iter().chain(rest).cloned().collect();
            match rest.first().is_some_and(|next| next == "super") {
                true => from_root(rest, parent),
                false => from_root(&again, parent),
            }
        }
        _ => None,
    }
}

struct References<'h> {
    here: &'h [String],
    found: Vec<ModulePath>,
}

impl References<'_> {
    fn note(&mut self, path: &[String]) {
        self.found.extend(from_root(path, self.here));
    }

    fn note_tree(&mut self, tree: &UseTree, before: &[String]) {
        let with = |name: String| before.iter().cloned().chain([name]).collect::<Vec<_>>();
        match tree {
            UseTree::Path(path) => self.note_tree(&path.tree, &with(path.ident.to_string())),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.note_tree(tree, before);
                }
            }
            UseTree::Name(name) if name.ident == "self" => self.note(before),
            UseTree::Name(name) => self.note(&with(name.ident.to_string())),
            UseTree::Rename(rename) => self.note(&with(rename.ident.to_string())),
            UseTree::Glob(_) => self.note(before),
        }
    }

    /// What a macro takes is no syntax tree, but paths can be read in it.
    fn note_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) if path.is_empty() || colons == 2 => {
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                other => {
                    self.note(&path);
                    path.clear();
                    colons = 0;
                    match other {
                        TokenTree::Ident(name) => path.push(name.to_string()),
                        TokenTree::Group(group) => self.note_tokens(group.stream()),
                        TokenTree::Punct(_) | TokenTree::Literal(_) => {}
                    }
                }
            }
        }
        self.note(&path);
    }
}

impl<'ast> Visit<'ast> for References<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            _ => return syn::visit::visit_item(self, item),
        };
        if !is_for_tests(attributes) {
            syn::visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, _: &'ast ItemMod) {}

    /// What a macro stands for is used where it is called.
    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        if item.ident.is_none() {
            syn::visit::visit_item_macro(self, item);
        }
    }

    fn visit_item_use(&mut self, import: &'ast syn::ItemUse) {
        self.note_tree(&import.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<_> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        self.note(&names);
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.note_tokens(call.tokens.clone());
        syn::visit::visit_macro(self, call);
    }
}
