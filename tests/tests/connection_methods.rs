//! An audited connection implements every method of SeaORM's connection traits, the provided ones too: a provided
//! one that is not forwarded goes another way than the connection inside does.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value as Json;

/// The source of the SeaORM that this workspace resolves.
fn sea_orm_source(path: &str) -> String {
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    // Of this platform only: the packages of others need not be there.
    let rustc = Command::new("rustc").arg("-vV").output();
    let rustc = String::from_utf8(rustc.expect("rustc runs").stdout).expect("rustc prints text");
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: "));
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--offline"])
        .args(["--filter-platform", host.expect("rustc names its host")])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let metadata: Json = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    let manifest = packages
        .iter()
        .find(|package| package["name"] == "sea-orm")
        .and_then(|package| package["manifest_path"].as_str())
        .expect("SeaORM is among them");
    read(&PathBuf::from(manifest).with_file_name("src").join(path))
}

fn ours(path: &str) -> String {
    let crates = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    read(&crates.join("audit-sea-orm/src").join(path))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names of the functions and types that stand at the first level of the blocks that `head` opens.
fn items_of(source: &str, head: &str) -> BTreeSet<String> {
    let mut items = BTreeSet::new();
    let mut lines = source.lines();
    while lines
        .by_ref()
        .any(|line| line.starts_with(head) && !line.ends_with(';'))
    {
        for line in lines.by_ref().take_while(|line| *line != "}") {
            let item = line.strip_prefix("    ").unwrap_or_default();
            let item = item.strip_prefix("pub ").unwrap_or(item);
            let item = item.strip_prefix("async ").unwrap_or(item);
            let name = item
                .strip_prefix("fn ")
                .or_else(|| item.strip_prefix("type "));
            let end = |c: char| !(c.is_alphanumeric() || c == '_');
            items.extend(
                name.and_then(|name| name.split(end).next())
                    .map(str::to_owned),
            );
        }
    }
    items
}

/// Of an implementation of a trait for one of the wrappers, found by the end of its first line.
fn implemented(file: &str, of: &str, wrapper: &str) -> BTreeSet<String> {
    let source = ours(file);
    let heads: Vec<&str> = source
        .lines()
        .filter(|line| line.starts_with("impl") && line.contains(&format!("{of} for {wrapper}<")))
        .collect();
    assert_eq!(heads.len(), 1, "{of} for {wrapper} in {file}: {heads:?}");
    items_of(&source, heads[0])
}

#[test]
fn every_method_of_every_trait_is_implemented() {
    let traits = sea_orm_source("database/connection.rs");
    let places = [
        (
            "ConnectionTrait",
            "connection.rs",
            "connection/transaction.rs",
        ),
        (
            "TransactionTrait",
            "connection.rs",
            "connection/transaction.rs",
        ),
        (
            "StreamTrait",
            "connection/stream.rs",
            "connection/stream.rs",
        ),
    ];
    for (of, connection, transaction) in places {
        let methods = items_of(&traits, &format!("pub trait {of}"));
        assert!(methods.len() > 3, "{of}: {methods:?}");
        assert_eq!(implemented(connection, of, "AuditedConnection"), methods);
        assert_eq!(implemented(transaction, of, "AuditedTransaction"), methods);
    }
    let methods = items_of(&traits, "pub trait TransactionSession");
    let ours = implemented(
        "connection/transaction.rs",
        "TransactionSession",
        "AuditedTransaction",
    );
    assert_eq!(ours, methods);
}

/// The public methods that a type of SeaORM's has beside those of its traits, without those of mocks, and those of features
/// that an application turns on for itself.
fn inherent(file: &str, of: &str) -> BTreeSet<String> {
    const OTHERS: [&str; 4] = [
        "as_mock_connection",
        "as_proxy_connection",
        "get_schema_registry",
        "into_transaction_log",
    ];
    let source = sea_orm_source(file);
    let is_public = |name: &String| {
        source.contains(&format!("pub fn {name}"))
            || source.contains(&format!("pub async fn {name}"))
    };
    let items = items_of(&source, &format!("impl {of} {{")).into_iter();
    items
        .filter(|name| is_public(name) && !OTHERS.contains(&name.as_str()))
        .collect()
}

fn ours_beside_traits(file: &str, wrapper: &str) -> BTreeSet<String> {
    [file, "connection/inherent.rs"]
        .iter()
        .flat_map(|file| {
            let source = ours(file);
            let heads = source.lines().filter(|line| {
                line.starts_with("impl") && line.contains(&format!("> {wrapper}<"))
                    || line.starts_with(&format!("impl {wrapper}<"))
            });
            let items = heads.flat_map(|head| items_of(&source, head));
            items.collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn every_inherent_method_is_mirrored() {
    let places = [
        (
            "database/db_connection.rs",
            "DatabaseConnection",
            "connection.rs",
            "AuditedConnection",
            15,
        ),
        (
            "database/transaction.rs",
            "DatabaseTransaction",
            "connection/transaction.rs",
            "AuditedTransaction",
            4,
        ),
    ];
    for (file, of, our_file, wrapper, least) in places {
        let methods = inherent(file, of);
        assert!(methods.len() >= least, "{of}: {methods:?}");
        let missing: Vec<_> = methods
            .difference(&ours_beside_traits(our_file, wrapper))
            .cloned()
            .collect();
        assert!(missing.is_empty(), "{wrapper} has no {missing:?}");
    }
}

#[test]
fn no_wrapper_gives_the_connection_away_by_deref() {
    for file in [
        "connection.rs",
        "connection/inherent.rs",
        "connection/transaction.rs",
        "connection/stream.rs",
    ] {
        let source = ours(file);
        for way in ["Deref for", "AsRef<", "Borrow<"] {
            assert!(!source.contains(way), "{way} in {file}");
        }
    }
}
