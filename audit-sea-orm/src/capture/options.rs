//! What may be chosen when triggers are installed.

use serde::{Deserialize, Serialize};

/// What the triggers of a table do, as [`install_with`](super::install_with) takes it.
///
/// # Example
/// ```
/// use audit_sea_orm::capture::{CaptureOptions, OnSkip};
///
/// let options = CaptureOptions::new().on_skip(OnSkip::Leave);
/// assert_ne!(options, CaptureOptions::new());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaptureOptions {
    pub(super) on_skip: OnSkip,
}

impl CaptureOptions {
    /// The defaults: see each setter.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What a trigger does with a change that the context says to skip. Default: [`OnSkip::Record`].
    #[must_use]
    pub fn on_skip(mut self, on_skip: OnSkip) -> Self {
        self.on_skip = on_skip;
        self
    }
}

/// What a trigger does with a change that the context says to skip: one that is `unaudited`, or of a table or an action
/// in its lists.
///
/// The context is a setting of the session, so whoever can run SQL can set it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum OnSkip {
    /// It leaves a record with the action `SKIPPED`: who, when and which object, without values and without the text for
    /// people. `metadata` tells what was skipped and why, as `{"skipped": "UPDATE", "by": "unaudited"}`. The default, as
    /// else nobody could tell a change that was kept from the trail from none.
    #[default]
    Record,
    /// It leaves nothing: for tables whose bulk writes run `unaudited`, where nobody but the application runs SQL.
    Leave,
}
