//! Misuse of the derive is an error that points at its place and names the way out.

#[test]
fn misuse_is_explained() {
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}
