//! The page on coverage and the suite have the same lines.

use audit_tests::suite::{ALL, coverage};

#[test]
fn every_line_of_the_page_has_its_test_and_every_test_its_line() {
    let tests: Vec<_> = ALL
        .iter()
        .filter_map(|(name, _)| name.strip_prefix("coverage::"))
        .collect();
    let lines: Vec<_> = coverage::table().into_iter().map(|(way, _)| way).collect();
    assert!(lines.len() > 20, "{lines:?}");
    assert_eq!(tests, lines);
}
