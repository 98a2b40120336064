//! Questions that people ask the trail, as SeaORM selects that can be refined further.

mod column;
mod condition;
mod page;
mod record;
mod trail;

pub use column::{ByEntity, ByName, RecordedColumn};
pub use page::{Cursor, Page};
pub use record::RecordQuery;
pub use trail::{TrailEntity, TrailQuery};
