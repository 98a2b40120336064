//! The one place that reads the time, and how a time is sent.

use chrono::{DateTime, FixedOffset, SubsecRound, Utc};

/// Now, cut to the microseconds that every database keeps.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the clock that the others must use"
)]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// A time as a parameter. sqlx sends a `DateTime<Utc>` to MariaDB as a `TIMESTAMP`, which is `NULL` outside the
/// years 1970 to 2038; one with an offset it sends as text. For the other databases the two are the same.
pub(crate) fn bound(time: DateTime<Utc>) -> DateTime<FixedOffset> {
    time.fixed_offset()
}
