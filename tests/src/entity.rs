//! The entities that the tests write.

pub mod cake;
pub mod order_line;
pub mod pie;
