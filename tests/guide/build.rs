//! Makes a module of each Rust block of the guide and of the crates' readmes, for the tests to compile and run.
//!
//! A block names its module behind the language: `rust cake`. A block of SQL becomes a constant: `sql by_hand` is `BY_HAND`.

use std::{
    env,
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    for page in pages(&root)? {
        println!("cargo::rerun-if-changed={}", page.display());
        let text = fs::read_to_string(&page)?;
        fs::write(
            out.join(module(&page)).with_extension("rs"),
            code(&page, &text),
        )?;
    }
    println!("cargo::rerun-if-changed={}", root.join("docs").display());
    Ok(())
}

/// The chapters of the guide, and the readme of each crate.
fn pages(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut pages: Vec<_> = fs::read_dir(root.join("docs"))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()?;
    pages.retain(|page| page.extension().is_some_and(|extension| extension == "md"));
    let crates = [
        "audit-core",
        "audit-derive",
        "audit-migration",
        "audit-sea-orm",
        "audit-web",
    ];
    pages.extend(crates.map(|name| root.join(name).join("README.md")));
    Ok(pages)
}

/// `start` of `docs/start.md`, `audit_web` of `audit-web/README.md`.
fn module(page: &Path) -> String {
    let is_readme = page.ends_with("README.md");
    let named = if is_readme { page.parent() } else { Some(page) };
    let stem = named.and_then(Path::file_stem).expect("a page has a name");
    stem.to_string_lossy().replace('-', "_")
}

fn code(page: &Path, text: &str) -> String {
    let mut code = String::new();
    for (language, name, block) in blocks(text) {
        let place = || format!("{}: a block of {language}", page.display());
        match (language, name) {
            ("rust", Some(name)) => writeln!(code, "pub mod {name} {{\n{block}}}"),
            ("sql", Some(name)) => {
                let name = name.to_uppercase();
                writeln!(code, "pub const {name}: &str = r#\"{block}\"#;")
            }
            ("rust" | "sql" | "", None) => panic!("{} has no name or no language", place()),
            _ => Ok(()),
        }
        .expect("a string takes any text");
    }
    code
}

/// Each fenced block with its language and its name.
fn blocks(text: &str) -> Vec<(&str, Option<&str>, &str)> {
    let fences = text.split("\n```").skip(1).step_by(2);
    fences
        .filter_map(|fence| {
            let (info, block) = fence.split_once('\n')?;
            let mut words = info.split_whitespace();
            Some((words.next().unwrap_or_default(), words.next(), block))
        })
        .map(|(language, name, block)| (language, name, block.strip_suffix('\n').unwrap_or(block)))
        .collect()
}
