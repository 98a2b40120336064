//! Work on the triggers of one table at the same time, on MySQL and MariaDB, which refuse one of two that meet.

use std::time::Duration;

use sea_orm::DbErr;
use tokio::runtime::Handle;

/// How often it is tried, the longer apart the more often: some ten seconds in all.
pub(super) const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(8);

/// Whether somebody else's work came between: the errors for a trigger that there is, and for two who wait for each other.
pub(super) fn met_another(error: &DbErr) -> bool {
    let error = error.to_string();
    ["1359 ", "1213 "]
        .iter()
        .any(|number| error.contains(number))
}

/// Waits before the next try, where tokio runs: elsewhere there is no clock to wait by.
pub(super) async fn pause(tried: u32) {
    if Handle::try_current().is_ok() {
        tokio::time::sleep(PAUSE * tried).await;
    }
}
