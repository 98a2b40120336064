//! The one place that reads the time, and how a time is sent.

use chrono::{DateTime, FixedOffset, SubsecRound, TimeDelta, Utc};

/// Now, cut to the microseconds that every database keeps.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the clock that the others must use"
)]
pub(crate) fn now() -> DateTime<Utc> {
    #[cfg(feature = "test-util")]
    if let Ok(Some(time)) = FIXED.try_with(|time| *time) {
        return time.trunc_subsecs(6);
    }
    Utc::now().trunc_subsecs(6)
}

#[cfg(feature = "test-util")]
tokio::task_local! {
    static FIXED: Option<DateTime<Utc>>;
}

/// Has it be that time, for what a future does itself.
#[cfg(feature = "test-util")]
pub(crate) async fn fixed<F: Future>(time: Option<DateTime<Utc>>, future: F) -> F::Output {
    FIXED.scope(time, future).await
}

/// A time as a parameter. sqlx sends a `DateTime<Utc>` to MariaDB as a `TIMESTAMP`, which is `NULL` outside the
/// years 1970 to 2038; one with an offset it sends as text. For the other databases the two are the same.
pub(crate) fn bound(time: DateTime<Utc>) -> DateTime<FixedOffset> {
    time.fixed_offset()
}

/// The first time that the databases tell from this one and is after it.
pub(crate) fn just_after(time: DateTime<Utc>) -> DateTime<Utc> {
    let time = time.trunc_subsecs(6);
    time.checked_add_signed(TimeDelta::microseconds(1))
        .unwrap_or(time)
}
