//! Misuse of the derive is an error that points at its place and names the way out; every right use compiles.

#[test]
fn misuse_is_explained() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui-pass/*.rs");
    cases.compile_fail("ui/*.rs");
}
