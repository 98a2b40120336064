//! The modules of a crate: their items, their children, and what their names stand for.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use syn::{Attribute, Expr, ExprLit, Item, ItemMod, Lit, Meta, UseTree};

use crate::references;

/// The names from the root of the crate to a module; the root has none.
pub(crate) type ModulePath = Vec<String>;

/// The modules of one crate, without those of its unit tests.
#[derive(Debug, Default)]
pub struct Crate {
    modules: BTreeMap<ModulePath, Module>,
}

#[derive(Debug, Default)]
struct Module {
    /// What each imported or re-exported name stands for.
    names: BTreeMap<String, ModulePath>,
    /// What is named from the root of the crate on.
    references: Vec<ModulePath>,
}

impl Crate {
    /// Reads the crate in that folder of the workspace.
    ///
    /// # Panics
    /// Where a source is missing or is no Rust.
    #[must_use]
    pub fn read(folder: &str) -> Self {
        let source = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("../..")
            .join(folder)
            .join("src");
        let mut modules = Self::default();
        modules.read_file(Vec::new(), &source.join("lib.rs"), &source);
        modules
    }

    /// Each module with those that it uses, by the names that rustc has for them.
    #[must_use]
    pub fn uses(&self) -> Vec<(String, String)> {
        let mut uses = Vec::new();
        for (path, module) in &self.modules {
            for reference in &module.references {
                let used = self.resolve(reference, 0);
                if used != *path {
                    uses.push((path.join("::"), used.join("::")));
                }
            }
        }
        uses.sort();
        uses.dedup();
        uses
    }

    /// The module that defines what a path names, behind the re-exports on the way.
    fn resolve(&self, path: &[String], depth: usize) -> ModulePath {
        let known = (0..=path.len())
            .rev()
            .find(|length| self.modules.contains_key(&path[..*length]))
            .expect("the root is known");
        let (module, rest) = path.split_at(known);
        let target = rest
            .first()
            .and_then(|name| self.modules[module].names.get(name));
        match target {
            // What another crate brings stands for itself.
            Some(target) if depth < 10 && self.leads_on(target, module) => {
                let path: Vec<_> = target.iter().chain(&rest[1..]).cloned().collect();
                self.resolve(&path, depth + 1)
            }
            _ => module.to_vec(),
        }
    }

    /// Whether a name that the module imports stands for something of another module.
    fn leads_on(&self, target: &[String], module: &[String]) -> bool {
        let is_within = target.starts_with(module);
        !is_within
            || target
                .get(..=module.len())
                .is_some_and(|child| self.modules.contains_key(child))
    }

    /// Reads the module in that file, whose children have theirs in that folder.
    fn read_file(&mut self, path: ModulePath, file: &Path, children: &Path) {
        let text = fs::read_to_string(file)
            .unwrap_or_else(|error| panic!("{} cannot be read: {error}", file.display()));
        let parsed = syn::parse_file(&text)
            .unwrap_or_else(|error| panic!("{} is no Rust: {error}", file.display()));
        self.add(path, &parsed.items, file, children);
    }

    fn add(&mut self, path: ModulePath, items: &[Item], file: &Path, children: &Path) {
        let mut module = Module::default();
        for item in items {
            match item {
                Item::Mod(child) if is_for_tests(&child.attrs) => {}
                Item::Mod(child) => self.add_child(&path, child, file, children),
                Item::Use(import) => note_names(&import.tree, &path, &[], &mut module.names),
                _ => {}
            }
            module.references.extend(references::of(item, &path));
        }
        self.modules.insert(path, module);
    }

    fn add_child(&mut self, parent: &[String], child: &ItemMod, file: &Path, children: &Path) {
        let name = child.ident.to_string();
        let path: ModulePath = parent.iter().cloned().chain([name.clone()]).collect();
        let folder = children.join(&name);
        if let Some((_, items)) = &child.content {
            return self.add(path, items, file, &folder);
        }
        let file = match file_of(&child.attrs) {
            Some(named) => file.with_file_name(named),
            None => children.join(format!("{name}.rs")),
        };
        self.read_file(path, &file, &folder);
    }
}

/// Whether the item is compiled for unit tests only.
pub(crate) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Ident>()
                .is_ok_and(|condition| condition == "test")
    })
}

/// The file of `#[path = "…"]`.
fn file_of(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| {
        let Meta::NameValue(meta) = &attribute.meta else {
            return None;
        };
        match &meta.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(file),
                ..
            }) if meta.path.is_ident("path") => Some(file.value()),
            _ => None,
        }
    })
}

/// What the names of an import stand for, from the root of the crate on.
fn note_names(
    tree: &UseTree,
    here: &[String],
    before: &[String],
    names: &mut BTreeMap<String, ModulePath>,
) {
    let mut note = |name: String, segment: Option<String>| {
        let path: Vec<_> = before.iter().cloned().chain(segment).collect();
        let in_child = || here.iter().chain(&path).cloned().collect();
        let target = references::from_root(&path, here).unwrap_or_else(in_child);
        names.insert(name, target);
    };
    match tree {
        UseTree::Path(path) => {
            let before: Vec<_> = before
                .iter()
                .cloned()
                .chain([path.ident.to_string()])
                .collect();
            note_names(&path.tree, here, &before, names);
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                note_names(tree, here, before, names);
            }
        }
        UseTree::Name(name) if name.ident == "self" => {
            if let Some(name) = before.last() {
                note(name.clone(), None);
            }
        }
        UseTree::Name(name) => note(name.ident.to_string(), Some(name.ident.to_string())),
        UseTree::Rename(rename) => {
            note(rename.rename.to_string(), Some(rename.ident.to_string()));
        }
        UseTree::Glob(_) => {}
    }
}
