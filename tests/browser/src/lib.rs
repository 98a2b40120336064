//! The admin in Chromium: what people do there, and what they see.
//!
//! The browser is Debian's, found by `AUDIT_TEST_CHROMIUM` and `AUDIT_TEST_CHROMEDRIVER`, which `scripts/browser`
//! sets. Without it the tests are ignored, saying so, but where `CI` is set that is a failure.

#![expect(
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    reason = "a test says in its name what holds; that it fails where it does not goes without saying"
)]

pub mod accessibility;
pub mod chromium;
pub mod hostile;
pub mod journeys;
pub mod payloads;
pub mod person;
pub mod prefixes;
pub mod season;
pub mod served;

use audit_tests::{list, runner::TestFn};

/// The tests that run on every database.
pub const ON_EVERY_DATABASE: &[(&str, TestFn)] = list! {
    journeys: [
        who_changed_a_price_is_found,
        an_export_arrives_and_is_recorded,
        an_error_is_resolved,
        a_viewer_is_refused_deletion,
        a_superuser_deletes_what_the_confirmation_names,
        a_wrong_request_is_undone,
    ],
};

/// Hostile texts, which take minutes: on SQLite, and on every database in `scripts/soak`. That each database keeps them is
/// tested without a browser.
pub const HOSTILE: &[(&str, TestFn)] = list! {
    hostile: [scripts_stay_text, naughty_strings_stay_text],
};

/// The tests of what is shown: the pages are the same whatever the database, which only the rows come from.
pub const ON_SQLITE: &[(&str, TestFn)] = list! {
    accessibility: [no_page_breaks_a_rule],
    hostile: [the_canary_fires_where_nothing_is_escaped],
    prefixes: [every_link_leads_to_a_page],
};

/// What goes wrong in a test.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
