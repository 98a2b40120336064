//! Questions that people ask the trail, as SeaORM selects that can be refined further.

mod page;
mod record;
mod trail;

pub use page::{Cursor, Page};
pub use record::RecordQuery;
pub use trail::{TrailEntity, TrailQuery};
