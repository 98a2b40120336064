use std::fmt;

use sea_orm::DatabaseConnection;
use uuid::Uuid;

/// What the application set.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) title: String,
    pub(super) page_size: u64,
    pub(super) record_views: bool,
    pub(super) token_key: [u8; 32],
}

impl Settings {
    pub(super) fn new() -> Self {
        let mut token_key = [0; 32];
        // Each of the two holds 122 random bits from the operating system.
        token_key[..16].copy_from_slice(Uuid::new_v4().as_bytes());
        token_key[16..].copy_from_slice(Uuid::new_v4().as_bytes());
        Self {
            title: "Audit trail".to_owned(),
            // What a person reads before filtering is less work than reading on.
            page_size: 50,
            // Off: a trail that grows by being read is a surprise.
            record_views: false,
            token_key,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("title", &self.title)
            .field("page_size", &self.page_size)
            .field("record_views", &self.record_views)
            .finish_non_exhaustive()
    }
}

/// What every page needs.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) db: DatabaseConnection,
    pub(super) settings: Settings,
}
