//! Questions that people ask the trail, as SeaORM selects that can be refined further.

mod column;
mod condition;
mod counts;
mod page;
mod record;
mod rows;
mod summary;
mod trail;

pub(crate) use column::stands_in;
pub use column::{ByEntity, ByName, RecordedColumn};
pub(crate) use condition::tables_of;
pub use counts::{Period, PeriodCount};
pub use page::TrailPage;
pub use record::RecordQuery;
pub(crate) use record::{of_objects, of_table, of_values, of_whole_table};
pub(crate) use rows::{behind, between};
pub use summary::{AuditSummary, SummaryQuery};
pub use trail::TrailQuery;
pub(crate) use trail::by_index;
