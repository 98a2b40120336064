//! The shop's tables. The derive of `Audited` is all that puts them into the trail.

pub mod baker;
pub mod cake;
pub mod order;
pub mod order_line;
