//! The public interface of each crate is what `public-api.txt` says, and so changes only where somebody means it.
//!
//! After a change that is meant: `UPDATE_INTERFACE=yes cargo test -p audit-structure-tests --test interface`, and review
//! the difference.

use std::{collections::BTreeSet, env, fmt::Write as _, fs, path::PathBuf, process::Command};

use audit_structure_tests::CRATES;
use similar::TextDiff;

fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().nth(2);
    root.expect("the package is two folders down").to_owned()
}

/// Documents the libraries as JSON, with all their features, and returns the folder of it.
fn documented() -> PathBuf {
    let root = root();
    let target = env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["doc", "--no-deps", "--quiet", "--all-features"])
        .args(CRATES.into_iter().flat_map(|name| ["-p", name]))
        .arg("--target-dir")
        .arg(&target)
        .env("RUSTDOC", root.join("scripts/rustdoc-json"))
        .env("RUSTDOCFLAGS", "-D warnings")
        .current_dir(&root)
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    target.join("doc")
}

/// The crates of others whose types stand in signatures: a new major version of one is one of ours.
fn foreign_crates(listed: &str) -> BTreeSet<&str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let paths = listed.split(|c| !is_name(c));
    let crates = paths.filter_map(|path| Some(path.split_once("::")?.0));
    let is_foreign = |name: &&str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && !name.starts_with("audit_")
            && !["alloc", "core", "std"].contains(name)
    };
    crates.filter(is_foreign).collect()
}

#[test]
fn the_public_interface_is_the_reviewed_one() {
    let documented = documented();
    let mut interface = String::new();
    for name in CRATES {
        let json = documented.join(format!("{}.json", name.replace('-', "_")));
        let listed = public_api::Builder::from_rustdoc_json(json)
            .omit_auto_derived_impls(true)
            .omit_auto_trait_impls(true)
            .omit_blanket_impls(true)
            .build()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(listed.items().next().is_some(), "{name} has nothing");
        let listed = listed.to_string();
        let foreign = Vec::from_iter(foreign_crates(&listed)).join(", ");
        let line = if foreign.is_empty() {
            ""
        } else {
            "\n# with types of: "
        };
        writeln!(interface, "# {name}{line}{foreign}\n\n{listed}").expect("text is written");
    }
    let file = root().join("public-api.txt");
    if env::var_os("UPDATE_INTERFACE").is_some() {
        return fs::write(file, interface).expect("it can be written");
    }
    let reviewed = fs::read_to_string(file).unwrap_or_default();
    let difference = TextDiff::from_lines(&reviewed, &interface);
    let difference = difference.unified_diff().context_radius(0).to_string();
    assert!(
        difference.is_empty(),
        "not as in public-api.txt:\n{difference}"
    );
}
