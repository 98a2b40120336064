//! The modules of each crate are a house without circles: of two siblings, one may use the other, and never, not through
//! others either, the other way round. A parent and its own child may use each other.

use audit_structure_tests::{CRATES, Crate, circles};

#[test]
fn no_two_modules_import_each_other() {
    let found: Vec<_> = CRATES
        .iter()
        .flat_map(|name| {
            let circles = circles(&Crate::read(name).uses());
            circles
                .into_iter()
                .map(move |circle| format!("{name} {circle}"))
        })
        .collect();
    assert!(
        found.is_empty(),
        "{} circles:\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn the_sources_are_seen() {
    for name in CRATES {
        assert!(!Crate::read(name).uses().is_empty(), "{name} has no uses");
    }
}

#[test]
fn circles_are_found() {
    let uses = |pairs: &[(&str, &str)]| {
        let owned = pairs
            .iter()
            .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()));
        circles(&owned.collect::<Vec<_>>())
    };
    assert_eq!(uses(&[("a", "b"), ("b", "c"), ("a", "c")]).len(), 0);
    assert_eq!(uses(&[("a", "a::b"), ("a::b", "a"), ("a", "")]).len(), 0);
    assert_eq!(uses(&[("a", "b"), ("b", "a")]).len(), 1);
    assert_eq!(uses(&[("a", "b"), ("b", "c"), ("c", "a")]).len(), 1);
    assert_eq!(uses(&[("a::x", "b::y"), ("b::z", "a::w")]).len(), 1);
    assert_eq!(uses(&[("p::a", "p::b"), ("p::b", "p::a")]).len(), 1);
}
