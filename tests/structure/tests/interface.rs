//! The public interface of each crate is what `public-api.txt` says, and so changes only where somebody means it.
//!
//! After a change that is meant: `UPDATE_INTERFACE=yes cargo test -p audit-structure-tests --test interface`, and review
//! the difference.

use std::{env, fmt::Write as _, fs, path::PathBuf, process::Command};

use audit_structure_tests::CRATES;
use similar::TextDiff;

fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().nth(2);
    root.expect("the package is two folders down").to_owned()
}

/// Documents the workspace as JSON, with the features that its crates have together, and returns the folder of it.
fn documented() -> PathBuf {
    let root = root();
    let target = env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["doc", "--workspace", "--no-deps", "--quiet"])
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
        writeln!(interface, "# {name}\n\n{listed}").expect("text is written");
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
