//! The one place that reads the time.

use chrono::{DateTime, SubsecRound, Utc};

/// Now, cut to the microseconds that every database keeps.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the clock that the others must use"
)]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}
